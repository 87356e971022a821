"The third stage: training of the released sizes on virtual cameras, to be continued"
import shutil
from dataclasses import replace
from pathlib import Path
from diffhpe.core import DiffhpeError
from diffhpe.presets import PRESETS
from diffhpe.recipes import motion_split, recipe, train_lifter
from diffhpe.training import PlannedStop

PART = 15*2**20 # bytes; larger files travel in parts
BATCH = 1024    # windows of a step: with 100, starting the kernels would take longer than running them

RECIPES = {
    'mixste-large-video':  ('mixste', 'mixste-video'),
    'wrapper-large-video': ('diffhpe-wrapper', 'diffhpe-wrapper-video'),
}

def large(name, small):
    "The recipe of a video model at the released size; 57.7 million windows, as in the released schedule"
    if name not in RECIPES: raise DiffhpeError(f'unknown recipe {name!r}; there are: {", ".join(RECIPES)}')
    size,small_one = RECIPES[name]
    if small: return recipe(small_one, epochs=1, windows=64, batch_size=32, validate_every=1)
    like = PRESETS[small_one]
    PRESETS[name] = replace(PRESETS[size], loss=like.loss, view=like.view, visibility=like.visibility)
    if like.diffusion: PRESETS[name] = replace(PRESETS[name], diffusion=like.diffusion)
    return recipe(small_one, preset=name, epochs=100, windows=577_000, batch_size=BATCH, lr=1e-3, ema=.999, amp='bf16', validate_every=2)

def join_parts(folder):
    "Put files together that travelled in parts"
    for first in folder.glob('*.part00'):
        whole = first.with_suffix('')
        parts = sorted(folder.glob(whole.name+'.part*'))
        whole.write_bytes(b''.join(p.read_bytes() for p in parts))
        for p in parts: p.unlink()

def split_parts(folder):
    "Cut files that are too large to travel"
    for f in [p for p in folder.iterdir() if p.is_file() and p.stat().st_size>PART]:
        data = f.read_bytes()
        for i,a in enumerate(range(0, len(data), PART)): Path(f'{f}.part{i:02d}').write_bytes(data[a:a+PART])
        f.unlink()

def run(a, device):
    "Train until the time is over; what came from an earlier run goes on"
    folder = a.out/a.recipe
    if a.came and (a.came/a.recipe).is_dir():
        shutil.copytree(a.came/a.recipe, folder, dirs_exist_ok=True)
        join_parts(folder)
    r = large(a.recipe, a.small)
    conditioner = 'mixste-video' if r.conditioner else None
    if r.conditioner and not a.small: conditioner = a.out/'mixste-large-video'/'best.safetensors'
    try:
        train_lifter(r, motion_split(), folder, conditioner=conditioner, device=device.type, minutes=a.minutes, progress=False)
        state = 'finished'
    except PlannedStop as e: state = str(e)
    finally: split_parts(folder)
    log = (folder/'log.csv').read_text().splitlines() if (folder/'log.csv').exists() else []
    return dict(state=state, recipe=a.recipe, log=log[:1]+log[-3:])

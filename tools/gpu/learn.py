"The third stage: training of the released sizes on virtual cameras, to be continued"
import shutil
from dataclasses import replace
from pathlib import Path
from diffhpe.core import DiffhpeError
from diffhpe.presets import PRESETS
from diffhpe.recipes import motion_split, get_recipe, train_lifter
from diffhpe.training import PlannedStop

PART = 15*2**20 # bytes; larger files travel in parts
BATCH = 1024    # windows of a step: with 100, starting the kernels would take longer than running them

RECIPES = {
    'mixste-large-video':  ('mixste', 'mixste-video'),
    'wrapper-large-video': ('diffhpe-wrapper', 'diffhpe-wrapper-video'),
}

def large(name, small):
    "The recipe of a video model at the released size; 57.7 million windows, as in the released schedule, or eight in small"
    if name not in RECIPES: raise DiffhpeError(f'unknown recipe {name!r}; there are: {", ".join(RECIPES)}')
    size,small_one = RECIPES[name]
    like = PRESETS[small_one]
    seen = dict(loss=like.loss, view=like.view, visibility=like.visibility)
    if like.diffusion: seen |= dict(diffusion=like.diffusion, cond=replace(PRESETS[size].cond, kind=like.cond.kind))
    PRESETS[name] = replace(PRESETS[size], **seen)
    length = dict(epochs=1, windows=8, batch_size=4) if small else dict(epochs=100, windows=577_000, batch_size=BATCH)
    return get_recipe(small_one, preset=name, lr=1e-3, ema=.999, amp='bf16', validate_every=1 if small else 2, **length)

def conditioner_of(a):
    "The supervised model of the released size that this run or the one before it has trained"
    places = [place/'mixste-large-video'/'best.safetensors' for place in (a.out, a.came) if place]
    found = next((file for file in places if file.exists()), None)
    if found is None: raise DiffhpeError(f'no {places[-1]}: train mixste-large-video first, and give its folder by --came')
    return found

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
    if a.small: # every recipe can be described, also those that this run does not train
        for name in RECIPES: large(name, True)
    r = large(a.recipe, a.small)
    conditioner = conditioner_of(a) if r.conditioner else None
    motion = motion_split()
    if a.draw:
        motion = motion._replace(train=motion.train.to(device))
    try:
        train_lifter(r, motion, folder, conditioner=conditioner, device=device.type, minutes=a.minutes, progress=False)
        state = 'finished'
    except PlannedStop as e: state = str(e)
    finally: split_parts(folder)
    log = (folder/'log.csv').read_text().splitlines() if (folder/'log.csv').exists() else []
    return dict(state=state, recipe=a.recipe, log=log[:1]+log[-3:])

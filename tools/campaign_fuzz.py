"""Fuzz of the campaign: valid files of every kind with something wrong in them, and arrays of all sorts for `lift_video`."""
import json
import random
from functools import partial
from pathlib import Path
import numpy as np
import pandas as pd
import torch
from campaign_tries import tries
from diffhpe.bvh import read_bvh
from diffhpe.checkpoint import load_lifter, save_lifter
from diffhpe.core import load_json, rng, safe_load
from diffhpe.data import synthetic_data
from diffhpe.flat_files import read_flat, write_flat
from diffhpe.datasets import load_set, save_set
from diffhpe.export import EXPORTS, Motion3D, export_motion, read_motion
from diffhpe.h36m import read_npz
from diffhpe.keypoints import Keypoints, read_keypoints
from diffhpe.lifter import Lifter, make_lifter
from diffhpe.masks import load_masks, save_masks
from diffhpe.motion import load_motion, open_motion, save_motion
from diffhpe.occlusion_study import read_record
from diffhpe.presets import get_preset
from diffhpe.processes import start_run
from diffhpe.released import to_released
from diffhpe.video import lift_video

SIZE = (1000,1000)
PARTS = [ # what takes the place of a part of a JSON
    None, True, False, 0, -1, 1.5, 2**63, -2**63-1, 10**400, 1e308, float('nan'), float('inf'),
    '', 'x', '../x', '=1+1', '\0', [], {}, [[]], [None], {'a': None}, [0]*1000]

# valid files

def motion(F=12):
    "A motion with all that a motion can have"
    x = torch.randn(F, 17, 3, generator=rng(0))*.3
    x[:,0] = 0
    return Motion3D(
        x, 50.,
        root=torch.tensor([0.,0,4]).expand(F, 3),
        hypotheses=x[None].repeat(2,1,1,1),
        spread=torch.ones(F,17)*.01,
        mask=torch.ones(F,17,dtype=torch.bool),
        x2d=torch.rand(F,17,2)*900)

def people(F=8):
    "Seventeen joints, (F, 17, 3): pixels and confidence"
    return np.random.default_rng(0).random((F,17,3))*[800,900,0]+[100,50,1]

def small_data():
    "Two short recordings"
    return synthetic_data(0, takes=1, n_frames=20, kinds=('walking',), subjects=('S1','S9'))

def small_lifter(name='mixste-small'):
    "A lifter with random weights"
    return make_lifter(get_preset(name, L=9)).eval()

def _detector_json():
    "{detector: what it writes}"
    k = people().tolist()
    flat = [np.reshape(frame, -1).tolist() for frame in k]
    xy = [[joint[:2] for joint in frame] for frame in k]
    score = [[joint[2] for joint in frame] for frame in k]
    names = [dict(id=i, file_name=f'{i}.jpg') for i in range(len(k))]
    return dict(
        mmpose=[dict(frame_id=i, instances=[dict(keypoints=a, keypoint_scores=b)]) for i,(a,b) in enumerate(zip(xy, score))],
        alphapose=[dict(image_id=f'{i}.jpg', keypoints=v, score=1., idx=1) for i,v in enumerate(flat)],
        coco=dict(images=names, annotations=[dict(image_id=i, keypoints=v) for i,v in enumerate(flat)]),
        openpose=dict(version=1.3, people=[dict(person_id=[-1], pose_keypoints_2d=(np.arange(75)+1.).tolist())]),
        mediapipe=[[dict(x=.3+.01*j, y=.1+.02*j, z=0., visibility=.9) for j in range(33)] for _ in k])

def _detector_files(d):
    "{target: (valid file, reader)} of the layouts of detectors"
    read = partial(read_keypoints, size=SIZE)
    files = {f'keypoints {name}': d/f'{name}.json' for name in _detector_json()}
    for path,content in zip(files.values(), _detector_json().values()):
        path.write_text(json.dumps(content))
    rows = [dict(frame=f, joint=j, x=x, y=y, conf=c) for f,frame in enumerate(people()) for j,(x,y,c) in enumerate(frame)]
    pd.DataFrame(rows).to_csv(d/'keys.csv', index=False)
    np.save(d/'keys.npy', people())
    np.savez(d/'keys.npz', keypoints=people())
    (d/'keys_000000.txt').write_text('0 0.5 0.5 0.2 0.4 ' + ' '.join(f'{.3+.01*j} {.1+.02*j} 0.9' for j in range(17)) + '\n')
    as_coco = partial(read_keypoints, format='coco17', size=SIZE)
    for name in ('keys.csv','keys.npy','keys.npz','keys_000000.txt'):
        files[f'keypoints {Path(name).suffix[1:]}'] = d/name
    return {k: (path, read if path.suffix=='.json' else as_coco) for k,path in files.items()}

def _motion_files(d):
    "{target: (valid file, reader)} of motions"
    out = {f'motion {end[1:]}': (Path(export_motion(motion(), d/f'motion{end}')), read_motion) for end in EXPORTS}
    out['bvh'] = Path(export_motion(motion(), d/'own.bvh')),read_bvh
    some = open_motion('bench_test')
    save_motion(some.take([0]), d/'motion.dhm')
    out['open motion'] = d/'motion.dhm',load_motion
    return out

def _model_files(d):
    "{target: (valid file, reader)} of models and states"
    save_lifter(small_lifter(), d/'model.safetensors')
    torch.save(dict(to_released(small_lifter('mixste'))), d/'model.pth')
    torch.save(dict(a=torch.ones(3), b=[1,2], c=dict(x=1.)), d/'state.pt')
    return dict(
        model=(d/'model.safetensors', load_lifter),
        released=(d/'model.pth', load_lifter),
        state=(d/'state.pt', safe_load))

def _data_files(d):
    "{target: (valid file, reader)} of data sets, masks and runs"
    data = small_data()
    config = dict(lr=1., recipe=dict(epochs=3))
    write_flat(data, d/'flat', 'own')
    save_set(data, d/'set.safetensors', 'x')
    save_masks(data, d/'masks.npz', {'random':None, 'noisy':None}, L=9)
    start_run(d/'run', config)
    (d/'record.json').write_text(json.dumps(dict(settings=dict(lr=1.), model='abc', seconds=1.)))
    positions = {'S1': {'Walking': np.zeros((5,32,3), 'f4')}}
    np.savez(d/'h36m.npz', positions_3d=np.array(positions, dtype=object))
    in_folder = lambda path: read_flat(path.parent)
    return {
        'json': (d/'record.json', load_json),
        'record': (d/'record.json', read_record),
        'run': (d/'run'/'config.json', lambda path: start_run(path.parent, config)),
        'cache': (d/'set.safetensors', load_set),
        'masks': (d/'masks.npz', load_masks),
        'h36m': (d/'h36m.npz', lambda path: read_npz(path, 'positions_3d')),
        'cameras': (d/'flat'/'cameras_own.json', in_folder),
        'flat 3D': (d/'flat'/'data_3d_own.npz', in_folder),
        'flat 2D': (d/'flat'/'data_2d_own_det.npz', in_folder)}

def readers(d):
    "{target: (valid file, function that reads it)}"
    d.mkdir(parents=True)
    return {**_data_files(d), **_model_files(d), **_motion_files(d), **_detector_files(d)}

# something wrong

def mutated(raw, draw):
    "Bytes with something wrong"
    b = bytearray(raw)
    how = draw.choice(('cut','random','zero','lose','twice','insert','flip'))
    at = draw.randrange(max(1, len(b)))
    n = draw.choice((1, 2, 4, 16, 200))
    if how=='cut':
        del b[at:]
    elif how=='random':
        b[at:at+n] = draw.randbytes(n)
    elif how=='zero':
        b[at:at+n] = bytes(n)
    elif how=='lose':
        del b[at:at+n]
    elif how=='twice':
        b[at:at] = b[at:at+n]
    elif how=='insert':
        b[at:at] = draw.randbytes(n)
    else:
        for _ in range(draw.choice((1, 3, 30))):
            b[draw.randrange(len(b))] ^= 1<<draw.randrange(8)
    return bytes(b)

def mutated_json(o, draw):
    "The same structure with one part replaced, left out, put in twice or turned into text"
    is_leaf = not isinstance(o, (dict, list)) or not o
    if is_leaf or draw.random()<.2: return draw.choice(PARTS)
    out = dict(o) if isinstance(o, dict) else list(o)
    k = draw.choice(list(o) if isinstance(o, dict) else range(len(o)))
    how = draw.random()
    if how<.1:
        del out[k]
    elif how<.2 and isinstance(out, list):
        out.insert(0, out[k])
    elif how<.3:
        out[k] = str(out[k])
    else:
        out[k] = mutated_json(o[k], draw)
    return out

def mutated_lines(raw, draw):
    "Text with a word of one line replaced, or lines lost, repeated or exchanged"
    lines = raw.split(b'\n')
    i,j = draw.randrange(len(lines)), draw.randrange(len(lines))
    how = draw.choice(('word','word','word','lose','twice','exchange'))
    if how=='lose':
        del lines[i]
    elif how=='twice':
        lines.insert(j, lines[i])
    elif how=='exchange':
        lines[i],lines[j] = lines[j],lines[i]
    else:
        words = lines[i].replace(b',', b' , ').replace(b'\t', b' \t ').split(b' ')
        words[draw.randrange(len(words))] = str(draw.choice(PARTS)).encode()[:400]
        lines[i] = b' '.join(words)
    return b'\n'.join(lines)

_TEXT = ('.csv','.txt','.bvh','.trc')

def hostile_bytes(raw, tree, suffix, draw):
    "A file's content with something wrong, for its kind"
    if draw.random()<.05: return draw.randbytes(draw.choice((0, 1, 50, 5000)))
    by_structure = draw.random()<.6
    if by_structure and tree is not None: return json.dumps(mutated_json(tree, draw)).encode()
    if by_structure and suffix in _TEXT: return mutated_lines(raw, draw)
    if by_structure and suffix=='.safetensors': return _mutated_header(raw, draw)
    return mutated(raw, draw)

def _mutated_header(raw, draw):
    "A safetensors file whose header is well-formed JSON with something wrong"
    n = int.from_bytes(raw[:8], 'little')
    head = json.loads(raw[8:8+n])
    notes = head.get('__metadata__', {})
    k = draw.choice(list(notes) or ['x'])
    if draw.random()<.5 and k in notes:
        with_json = _as_json(notes[k])
        notes[k] = json.dumps(mutated_json(with_json, draw)) if with_json is not None else draw.choice(('', 'x', '[]'))
    else:
        head = mutated_json(head, draw)
    new = json.dumps(head).encode()
    return len(new).to_bytes(8, 'little') + new + raw[8+n:]

def _as_json(text):
    try: return json.loads(text)
    except ValueError: return None

# what comes out

def check(value):
    "Whatever is read must make sense: an error if it is a wrong result in silence"
    for o in value if isinstance(value, (list, tuple)) else [value]:
        if isinstance(o, Keypoints):
            _require(len(o)>0, 'no frame')
            _require(o.xy.isfinite().all(), 'keypoints that are no numbers')
            _require((o.frames.diff()==1).all(), 'frames with gaps')
            _require(o.mask.shape==o.conf.shape==o.xy.shape[:2], 'shapes that differ')
        elif isinstance(o, Motion3D):
            _require(o.pose.isfinite().all(), 'a pose that is no number')
            _require(0<o.fps<float('inf'), 'a frame rate that is none')
            _require((o.times.diff()>0).all(), 'times that fall')
        elif isinstance(o, Lifter):
            finite = [v.isfinite().all() for v in o.state_dict().values() if v.is_floating_point()]
            _require(all(finite), 'weights that are no numbers')

def _require(true, what):
    if not true: raise AssertionError(f'a wrong result in silence: {what}')

_SLOW = dict(model=8, released=40) # a network is built for each try

def _share(n, target):
    return max(10, n//_SLOW.get(target, 1))

def fuzz_files(d, n, seed, only=''):
    "Readers against any bytes, a target after the other"
    valid = readers(d/'valid')
    for target,(path,read) in valid.items():
        if only not in target: continue
        raw = path.read_bytes()
        tree = json.loads(raw) if path.suffix=='.json' else None
        def case(i):
            draw = random.Random(f'{seed} {target} {i}')
            path.write_bytes(hostile_bytes(raw, tree, path.suffix, draw))
            return lambda: check(read(path))
        check(read(path)) # the valid one must pass
        yield tries('fuzzed files', target, case, _share(n, target))
        path.write_bytes(raw)

# arrays for lift_video

_TYPES = ('f4','f8','i4','f2','u1','c8','O','U5','?')
_SIZES = ((1920,1080), (0,0), (-1,5), (1e9,1), (np.nan,1), (1,), None, 'a', (True,False), [[1,2],[3,4]], 5)
_RATES = (1000, 0, -1, np.nan, np.inf, 'x', None, 1e-9, [50], 10**400, 1j)
_LARGE = (1000,)*14 + (1, 2, 100, 1e30, 3e38)

def _array(draw, g, i):
    "Keypoints, most of them of the right shape and size"
    F = draw.choice((1, 2, 9, 9, 9, 9, 30, 0))
    J = draw.choice((17,)*14 + (16,1))
    width = draw.choice((2,)*14 + (3,))
    x = g.random((F,J,width))*draw.choice(_LARGE)
    with np.errstate(all='ignore'):
        x = x.astype(draw.choice(_TYPES) if i%8==0 else 'f4')
    if x.dtype.kind=='f' and x.size and i%8==1:
        some = g.integers(0, x.size, 5)
        x.flat[some] = draw.choice((np.nan, np.inf, 0, -1e9))
    return x

def _options(draw, g, F):
    "Arguments beside keypoints, size and rate; most often none"
    odd = lambda: draw.choice((None, 'x', -1, 0, 1.5, 1e-9, np.nan, np.inf, True, [1], {}, 10**400))
    return draw.choice((
        {}, {}, {}, {},
        dict(camera=draw.choice((0, 180, 1e-9, 90, odd()))),
        dict(n=draw.choice((2, odd()))),
        dict(steps=odd()),
        dict(mask=g.random((F,17))>.5),
        dict(mask=g.random((F,17))>.95),
        dict(mask=g.random((F,16))>.5),
        dict(mask=odd()),
        dict(conf=g.random((F,17))),
        dict(conf=odd()),
        {draw.choice(('sampler','rate','overlap','batch','pose','max_gap','smooth','threshold')): odd()},
        dict(generator=odd()),
        dict(model=odd()),
        dict(unknown=1)))

def fuzz_video(n, seed):
    "`lift_video` against arrays, sizes and options of all sorts: a finite motion of the right length, or a named error"
    lifters = [small_lifter(), small_lifter('diffhpe-wrapper-small')]
    def case(i):
        draw = random.Random(f'{seed} video {i}')
        g = np.random.default_rng(draw.randrange(2**32))
        x = _array(draw, g, i)
        size = SIZE if draw.random()<.9 else draw.choice(_SIZES)
        fps = draw.choice((50, 50, 25, 30)) if draw.random()<.9 else draw.choice(_RATES)
        options = dict(model=lifters[i%10==0], n=1, steps=1) | _options(draw, g, len(x))
        def lift():
            with np.errstate(all='ignore'):
                m = lift_video(x, size, fps, **options)
            check(m)
            _require(len(m)==len(x), 'another length')
        return lift
    return tries('fuzzed lift_video', 'arrays', case, n)

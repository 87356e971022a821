"""Fuzz of the campaign: valid files of every kind with something wrong in them, and arrays of all sorts for `lift_video`."""
import random
import numpy as np
from campaign_files import SIZE, readers, small_lifter
from campaign_mutate import hostile_bytes
from campaign_tries import silence, tries
from diffhpe.export import Motion3D
from diffhpe.keypoints import Keypoints
from diffhpe.lifter import Lifter
from diffhpe.video import lift_video

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

_SHARES = { # of the inputs, for targets whose readers take longer than others
    'log': 1/10, 'keypoints': 1/8, 'folder': 1/8,
    'cameras': 1/4, 'flat': 1/4, 'model': 1/4, 'released': 1/4, 'bvh': 1/4, 'motion bvh': 1/4, 'motion people': 1/4,
    'lift_video': 1/4}

def _share(n, target):
    "Inputs of a target: a part of `n` where its reader is slow"
    kind = target.split()[0]
    share = _SHARES.get(target, _SHARES.get(kind, 1))
    return max(10, round(n*share))

def _once(read, path):
    "Read the valid file, which must pass"
    with silence():
        check(read(path))

def fuzz_files(d, n, seed, only=''):
    "Readers against any bytes, a target after the other"
    valid = readers(d/'valid')
    contents = [path.read_bytes() for path,_ in valid.values()]
    for target,(path,read) in valid.items():
        if only not in target: continue
        raw = path.read_bytes()
        def case(i):
            draw = random.Random(f'{seed} {target} {i}')
            path.write_bytes(hostile_bytes(raw, path.suffix, contents, draw))
            return lambda: check(read(path))
        _once(read, path)
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
    return tries('fuzzed lift_video', 'arrays', case, _share(n, 'lift_video'))

"The first stage: the same numbers on the device as in double precision on the CPU, and as the released code's"
import copy
import time
import torch
from diffhpe.checkpoint import load_lifter
from diffhpe.core import rng
from diffhpe.data import synthetic_data
from diffhpe.evaluation import evaluate
from diffhpe.lifter import make_lifter
from diffhpe.presets import PRESETS, get_preset
from diffhpe.samplers import SAMPLERS
from diffhpe.video import lift_video

FORWARD,CHAIN = 1e-5,1e-3 # share of the largest value: one evaluation; a whole sample, along which rounding grows
MILLIMETRE = 1e-3

def gap(found, wanted):
    "Largest difference, as a share of the largest value"
    found,wanted = found.detach().double().cpu(),wanted.detach().double().cpu()
    return ((found-wanted).abs().max()/wanted.abs().max().clamp(min=1e-12)).item()

def random_batch(config, B=2):
    "Keypoints, poses and a mask of a few windows, in double precision on the CPU"
    g = torch.Generator().manual_seed(1)
    shape = (B, config.L, config.J)
    x2d = .5*torch.randn(*shape, 2, generator=g, dtype=torch.float64)
    x3d = .3*torch.randn(*shape, 3, generator=g, dtype=torch.float64)
    mask = torch.rand(shape, generator=g)>.1
    return x2d, x3d, mask

def two_lifters(name, device):
    "The same lifter twice: in double precision on the CPU, in single precision on the device"
    torch.manual_seed(0)
    exact = make_lifter(get_preset(name)).double()
    with torch.no_grad():
        for p in exact.parameters(): p.add_(.02*torch.randn_like(p)) # so that nothing is left at zero
    return exact, copy.deepcopy(exact).float().to(device)

def check_forward(name, device):
    "One evaluation of a preset's network"
    exact,ours = two_lifters(name, device)
    exact.eval()
    ours.eval()
    x2d,x3d,mask = random_batch(exact.config)
    x = x2d.float().to(device)
    with torch.no_grad():
        if not exact.stochastic: return gap(ours(x, mask.to(device)), exact(x2d, mask)), FORWARD
        t = torch.tensor([3, 41])
        wanted = exact.denoise(x3d, t, exact.cond(x2d, mask))
        found = ours.denoise(x3d.float().to(device), t.to(device), ours.cond(x, mask.to(device)))
    return gap(found, wanted), FORWARD

def check_gradient(name, device):
    "The gradient of one training step, all weights in one vector"
    exact,ours = two_lifters(name, device)
    x2d,x3d,mask = random_batch(exact.config)
    def gradient(lifter, kind, where):
        lifter.eval() # no dropout: two devices draw different units
        x,y,m = x2d.to(where, kind), x3d.to(where, kind), mask.to(where)
        if lifter.stochastic:
            eps = torch.randn(x3d.shape, generator=rng(2), dtype=torch.float64).to(where, kind)
            loss = lifter.loss_at(y, lifter.cond(x, m), torch.tensor([3, 41], device=where), eps)
        else: loss = (lifter(x, m)-y).square().mean()
        loss.backward()
        return torch.cat([p.grad.flatten().double().cpu() for p in lifter.parameters() if p.grad is not None])
    wanted = gradient(exact, torch.float64, 'cpu')
    found = gradient(ours, torch.float32, device)
    return ((found-wanted).norm()/wanted.norm()).item(), 10*FORWARD

def check_sampler(sampler, device):
    "A whole sample, from the same noise"
    exact,ours = two_lifters('diffhpe-2d-small', device)
    x2d,_,mask = random_batch(exact.config)
    start = torch.randn(2, 2, *x2d.shape[1:3], 3, generator=rng(3), dtype=torch.float64)
    noise = torch.randn(9, 4, *x2d.shape[1:3], 3, generator=rng(4), dtype=torch.float64)
    def lift(lifter, kind, where):
        drawn = dict(init_noise=start.to(where, kind))
        if sampler=='ancestral': drawn['noise'] = noise.to(where, kind)
        return lifter.lift(x2d.to(where, kind), n=2, steps=10, sampler=sampler, mask=mask.to(where), **drawn)
    return gap(lift(ours, torch.float32, device), lift(exact, torch.float64, 'cpu')), CHAIN

def check_golden(name, golden, device):
    "A released checkpoint's samples, as the released code drew them"
    from safetensors.torch import load_file
    lifter = load_lifter(golden/name).to(device)
    g = {k: v.to(device) for k,v in load_file(golden/f'{name}.safetensors').items()}
    channels_last = lambda x: x.transpose(-1, -3) # (..., C, J, L) -> (..., L, J, C)
    if not lifter.stochastic: return gap(lifter.lift(g['pose_2d'], n=1)[:,0], channels_last(g['out'])), FORWARD
    start = channels_last(g['start']).transpose(0, 1)
    noise = channels_last(g['noise']).transpose(0, 1).transpose(1, 2).flatten(1, 2)
    found = lifter.lift(g['pose_2d'], n=2, init_noise=start, noise=noise)
    return gap(found, channels_last(g['samples'])), CHAIN

def check_evaluate(device):
    "The error on a small set, in metres"
    data = synthetic_data(takes=1, subjects=('S9',), kinds=('walking',))
    def error(where): return evaluate(load_lifter('mixste-cmu').to(where), data, progress=False)['mpjpe']/1000
    return abs(error(device)-error('cpu')), MILLIMETRE/100

def check_video(device):
    "The poses of a short video, in metres"
    recording = synthetic_data(takes=1, subjects=('S9',), kinds=('walking',)).recordings[0]
    pixels = (recording.x2d[:60]+1)*500
    def poses(where): return lift_video(pixels, (1000, 1000), 50, load_lifter('mixste-cmu').to(where)).pose.cpu()
    return (poses(device)-poses('cpu')).abs().max().item(), MILLIMETRE/10

def checks(a, device):
    "Name and function of every check"
    small = ('mixste-small', 'diffhpe-2d-small', 'diffhpe-wrapper-small', 'gcn-small', 'mixste-video')
    names = small if a.small else tuple(PRESETS)
    every = {}
    for n in names:
        every[f'forward {n}'] = lambda n=n: check_forward(n, device)
        every[f'gradient {n}'] = lambda n=n: check_gradient(n, device)
    for s in SAMPLERS: every[f'sampler {s}'] = lambda s=s: check_sampler(s, device)
    if a.golden:
        for n in ('sup-mixste', 'diffhpe-2d', 'diffhpe-wrapper'): every[f'released {n}'] = lambda n=n: check_golden(n, a.golden, device)
    every['evaluate'] = lambda: check_evaluate(device)
    every['lift_video'] = lambda: check_video(device)
    return every

def run(a, device):
    "All checks; one that fails does not keep the others from running"
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    rows,failed = {},[]
    for name,check in checks(a, device).items():
        start = time.monotonic()
        try:
            found,bound = check()
            good = found<=bound
            rows[name] = f'{found:.1e}, bound {bound:.0e}'
        except Exception as e: # whatever goes wrong is the finding
            good = False
            rows[name] = f'{type(e).__name__}: {e}'[:300]
        if not good: failed.append(name)
        print(f'{"ok  " if good else "FAIL"} {name}: {rows[name]} ({time.monotonic()-start:.1f} s)', flush=True)
    return dict(checks=rows, failed=failed)

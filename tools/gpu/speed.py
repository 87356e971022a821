"The second stage: what lifting and a training step reach of what the device can do"
import contextlib
import time
import torch
from torch.utils.flop_counter import FlopCounterMode
from diffhpe.core import rng
from diffhpe.data import Batch
from diffhpe.lifter import make_lifter
from diffhpe.presets import get_preset

def clock(f, device, seconds=1., least=3):
    "Median seconds of a call, after a warm-up, over about so many seconds"
    def wait():
        if device.type=='cuda': torch.cuda.synchronize()
    for _ in range(2): f()
    wait()
    taken,end = [],time.monotonic()+seconds
    while len(taken)<least or time.monotonic()<end:
        start = time.perf_counter()
        f()
        wait()
        taken.append(time.perf_counter()-start)
    return sorted(taken)[len(taken)//2]

def limits(device, small):
    "Rates of a large matrix product in each precision (FLOP/s) and of a copy (bytes/s)"
    n = 512 if small else 8192
    found = {}
    for name,kind,tf32 in (('fp32', torch.float32, False), ('tf32', torch.float32, True), ('bf16', torch.bfloat16, False)):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a = torch.randn(n, n, device=device, dtype=kind)
        found[name] = 2*n**3/clock(lambda a=a: a@a, device, .5)
    x = torch.empty(2**(22 if small else 30), dtype=torch.uint8, device=device)
    y = torch.empty_like(x)
    found['copy'] = 2*x.numel()/clock(lambda: y.copy_(x), device, .5)
    return found

def example(config, B, device):
    "A batch of random windows"
    g = rng(0)
    x2d = .3*torch.randn(B, config.L, config.J, 2, generator=g)
    x3d = .3*torch.randn(B, config.L, config.J, 3, generator=g)
    mask = torch.ones(B, config.L, config.J, dtype=torch.bool)
    return Batch(x2d.to(device), x3d.to(device), mask.to(device), None, x3d[:,:,0].to(device), torch.zeros(B, 9, device=device))

def operations(f):
    "Floating-point operations of a call"
    with FlopCounterMode(display=False) as counter: f()
    return counter.get_total_flops()

def autocast(name, device):
    "The context of a precision"
    torch.backends.cuda.matmul.allow_tf32 = name=='tf32'
    return torch.autocast(device.type, torch.bfloat16) if name=='bf16' else contextlib.nullcontext()

def training_step(lifter, batch, precision, device):
    "One step of training, ready to run"
    optimizer = torch.optim.Adam([p for p in lifter.parameters() if p.requires_grad], lr=1e-5, fused=device.type=='cuda')
    def step():
        with autocast(precision, device): loss = lifter.loss(batch)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return step

def lifting(lifter, batch, precision, device):
    "A lift of five hypotheses in ten steps, ready to run"
    if not lifter.stochastic:
        def lift():
            with autocast(precision, device): lifter.lift(batch.x2d, mask=batch.mask, n=1)
        return lift
    products = torch.bfloat16 if precision=='bf16' else None # the copy for inference has a precision of its own
    def sample():
        torch.backends.cuda.matmul.allow_tf32 = precision=='tf32'
        lifter.lift(batch.x2d, mask=batch.mask, n=5, steps=10, sampler='dpmpp_2m', dtype=products)
    return sample

def graphed(net, example_input):
    "A network's evaluation as a CUDA graph, ready to run"
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream), torch.no_grad():
        for _ in range(3): net(*example_input)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph), torch.no_grad(): net(*example_input)
    return graph.replay

def one_evaluation(lifter, batch):
    "The network alone and what it is called with: no checks, no sampler"
    if not lifter.stochastic: return lifter.net, (torch.cat([batch.x2d, batch.mask[...,None].float()], -1)[...,:2+lifter.config.visibility],)
    with torch.no_grad(): c = lifter.cond(batch.x2d, batch.mask)
    xt = torch.randn_like(batch.x3d)
    t = torch.full((len(xt),), 7, device=xt.device)
    return (lambda xt, t: lifter.denoise(xt, t, c)), (xt, t)

def row(seconds, flop, windows, top):
    "Seconds, rate and share of the matrix product's rate"
    return dict(ms=round(1e3*seconds, 2), windows_per_second=round(windows/seconds), share_of_matmul=round(flop/seconds/top, 4))

def measure(name, B, device, top, seconds):
    "All variants of one preset"
    lifter = make_lifter(get_preset(name)).to(device)
    batch = example(lifter.config, B, device)
    found = {}
    def note(what, f, flop, precision):
        try: found[what] = row(clock(f, device, seconds), flop, B, top[precision])
        except Exception as e: found[what] = f'{type(e).__name__}: {e}'[:200] # a variant that fails is a finding
        print(f'{name}, {what}: {found[what]}', flush=True)
    work = operations(training_step(lifter, batch, 'fp32', device))
    for p in ('fp32', 'tf32', 'bf16'): note(f'training {p}', training_step(lifter, batch, p, device), work, p)
    lifter.eval()
    net,args = one_evaluation(lifter, batch)
    with torch.no_grad():
        work = operations(lambda: net(*args))
        for p in ('fp32', 'tf32', 'bf16'):
            note(f'lift {p}', lifting(lifter, batch, p, device), operations(lifting(lifter, batch, 'fp32', device)), p)
        note('evaluation fp32', lambda: net(*args), work, 'fp32')
        if device.type=='cuda':
            torch.backends.cuda.matmul.allow_tf32 = True
            note('evaluation tf32, graph', graphed(net, args), work, 'tf32')
            compiled = torch.compile(lifter.net) if not lifter.stochastic else torch.compile(net)
            note('evaluation tf32, compiled', lambda: compiled(*args), work, 'tf32')
    return found

def run(a, device):
    "The limits of the device, then every system at the released size"
    top = limits(device, a.small)
    print('limits', {k: f'{v:.3g}' for k,v in top.items()}, flush=True)
    names = ('mixste-small', 'diffhpe-wrapper-small') if a.small else ('mixste', 'diffhpe-2d', 'diffhpe-wrapper')
    B,seconds = (2, .05) if a.small else (1000, 1.)
    return dict(limits=top, windows=B, **{n: measure(n, B, device, top, seconds) for n in names})

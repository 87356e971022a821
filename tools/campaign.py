"""Try to break it, and write down what happened: hostile files with a canary, fuzzed files and arrays, kills, a full disk.

    python tools/campaign.py --small          # three minutes at most, for CI; ends with 1 if anything did not hold
    python tools/campaign.py --inputs 2000    # at length; figures go to results/campaign.csv with --out

Every try runs in a forked process of its own kind: what it may use is bounded (2 s, 1 GB above the start), and a canary
shows whether code of a file has run. What counts as held: a value, or a `DiffhpeError`; after a kill the same bits as
without; on a full disk a named error and no half-written file. Needs a system with `fork` (Linux, macOS)."""
import contextlib, io, json, math, os, pickle, random, resource, shutil, signal, sys, tempfile, time, traceback, warnings, zipfile
from collections import Counter
from pathlib import Path
import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse
from torch import nn
from diffhpe.callbacks import Checkpoint, CSVLog, EMA
from diffhpe.checkpoint import load_lifter, save_lifter
from diffhpe.core import DiffhpeError, WriteError, load_json, rng, safe_load
from diffhpe.data import read_flat, synthetic_data, write_flat
from diffhpe.datasets import cached, load_set, save_set
from diffhpe.evaluation import protocol
from diffhpe.export import Motion3D, export_motion, read_motion
from diffhpe.h36m import read_npz
from diffhpe.keypoints import read_keypoints
from diffhpe.lifter import make_lifter
from diffhpe.masks import load_masks, save_masks
from diffhpe.occlusion_study import run_study, score_files, study
from diffhpe.presets import preset
from diffhpe.processes import seed_all, start_run
from diffhpe.released import to_released
from diffhpe.training import Learner
from diffhpe.video import lift_video

LIMITS = dict(seconds=2., megabytes=1024) # What one try may take
ODD = [None, True, False, 0, -1, 1.5, 2**63, -2**63-1, 10**400, 1e308, float('nan'), float('inf'), '', 'x', '../x', '=1+1', '\0', [], {}, [[]], [None], {'a': None}, [0]*1000] # What takes the place of a part of a JSON

# ---------------------------------------------------------------- one try in a process of its own

def _memory():
    "Address space of this process, bytes"
    with open('/proc/self/statm') as f: return int(f.read().split()[0])*resource.getpagesize()

def _bound():
    "Bound memory and time of this process"
    if os.path.exists('/proc/self/statm'):
        most = _memory()+(LIMITS['megabytes']<<20)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError('too long')))

def _judge(f):
    "What became of one try: `value`, `refused`, or what went wrong; and the seconds it took"
    start = time.process_time()
    signal.setitimer(signal.ITIMER_REAL, 20*LIMITS['seconds']) # wall clock, far above what counts, so that a busy machine is no fault
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter('ignore')
            f()
        out = 'value'
    except DiffhpeError: out = 'refused'
    except BaseException as e: # anything else is what we look for
        where = traceback.extract_tb(e.__traceback__)[-1]
        out = f'{type(e).__name__} in {Path(where.filename).name}:{where.lineno}: {str(e)[:80]}'
    signal.setitimer(signal.ITIMER_REAL, 0)
    took = time.process_time()-start
    if took>LIMITS['seconds'] and out in ('value','refused'): out = f'{took:.1f} s'
    return out,took

def in_child(f, *args):
    "What `f` returns, computed in a forked process; None if that died"
    read,write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(read)
            with os.fdopen(write, 'wb') as out: pickle.dump(f(*args), out)
        finally: os._exit(0)
    os.close(write)
    with os.fdopen(read, 'rb') as got: data = got.read()
    os.waitpid(pid, 0)
    return pickle.loads(data) if data else None

def tries(stage, target, cases, size=100):
    "Judge many cases, pairs of (name, function); a row for the table, and what did not hold"
    def some(part):
        _bound()
        return [(name, *_judge(f)) for name,f in part]
    results = []
    for i in range(0, len(cases), size):
        part = cases[i:i+size]
        got = in_child(some, part)
        if got is None: got = [(in_child(some, [c]) or [(c[0], 'the process died', 0.)])[0] for c in part] # which one was it?
        results += got
    kinds = Counter(o if o in ('value','refused') else 'fault' for _,o,_ in results)
    faults = [f'{stage} {target} {name}: {o}' for name,o,_ in results if o not in ('value','refused')]
    return dict(stage=stage, target=target, tried=len(results), value=kinds['value'], refused=kinds['refused'], fault=kinds['fault'], slowest=round(max(s for *_,s in results), 2)),faults

# ---------------------------------------------------------------- valid files of every kind, and their readers

def _motion(F=12):
    x = torch.randn(F, 17, 3, generator=rng(0))*.3
    x[:,0] = 0
    return Motion3D(x, 50., root=torch.tensor([0.,0,4]).expand(F, 3), hypotheses=x[None].repeat(2,1,1,1), spread=torch.ones(F,17)*.01, mask=torch.ones(F,17,dtype=torch.bool), x2d=torch.rand(F,17,2)*900)

def _people(F=8): return (np.random.default_rng(0).random((F,17,3))*[800,900,0]+[100,50,1])

def _json_files(d):
    "The layouts of detectors, small"
    k = _people().tolist()
    flat = [[float(v) for row in f for v in row] for f in k]
    xy,score = [[[r[:2] for r in f] for f in k], [[r[2] for r in f] for f in k]]
    files = {'mmpose': [dict(frame_id=i, instances=[dict(keypoints=a, keypoint_scores=b)]) for i,(a,b) in enumerate(zip(xy, score))],
             'alphapose': [dict(image_id=f'{i}.jpg', keypoints=f, score=1., idx=1) for i,f in enumerate(flat)],
             'coco': dict(images=[dict(id=i, file_name=f'{i}.jpg') for i in range(len(flat))], annotations=[dict(image_id=i, keypoints=f) for i,f in enumerate(flat)])}
    for name,o in files.items(): (d/f'{name}.json').write_text(json.dumps(o))
    return {f'keypoints {n}': (d/f'{n}.json', lambda p: read_keypoints(p, size=(1000,1000))) for n in files}

def readers(d):
    "{name: (valid file, function that reads it)}"
    d.mkdir(parents=True)
    lifter = make_lifter(preset('mixste-small', L=9))
    save_lifter(lifter, d/'model.safetensors')
    torch.save({k:v for k,v in to_released(make_lifter(preset('mixste', L=9))).items()}, d/'model.pth')
    torch.save(dict(a=torch.ones(3), b=[1,2], c=dict(x=1.)), d/'state.pt')
    data = synthetic_data(0, takes=1, n_frames=20, kinds=('walking',), subjects=('S1','S9'))
    write_flat(data, d/'flat', 'own')
    save_set(data, d/'set.safetensors', 'x')
    save_masks(d/'masks.npz', data, {'random':None, 'noisy':None}, L=9)
    start_run(d/'run', dict(lr=1., recipe=dict(epochs=3)))
    np.savez(d/'h36m.npz', positions_3d=np.array({'S1': {'Walking': np.zeros((5,32,3), 'f4')}}, dtype=object))
    np.save(d/'keys.npy', _people())
    np.savez(d/'keys.npz', keypoints=_people())
    pd.DataFrame([dict(frame=f, joint=j, x=x, y=y, conf=c) for f,p in enumerate(_people()) for j,(x,y,c) in enumerate(p)]).to_csv(d/'keys.csv', index=False)
    out = dict(json=(d/'run'/'config.json', load_json), run=(d/'run'/'config.json', lambda p: start_run(p.parent, dict(lr=1., recipe=dict(epochs=3)))),
        state=(d/'state.pt', safe_load), model=(d/'model.safetensors', load_lifter), released=(d/'model.pth', load_lifter), cache=(d/'set.safetensors', load_set), masks=(d/'masks.npz', load_masks),
        cameras=(d/'flat'/'cameras_own.json', lambda p: read_flat(p.parent)), **{f'flat {n}': (d/'flat'/f, lambda p: read_flat(p.parent)) for n,f in (('3D','data_3d_own.npz'), ('2D','data_2d_own_det.npz'))},
        h36m=(d/'h36m.npz', lambda p: read_npz(p, 'positions_3d')))
    for end in ('npy','npz','csv'): out[f'keypoints {end}'] = d/f'keys.{end}', lambda p, f=None: read_keypoints(p, 'coco17', size=(1000,1000))
    for end in ('npz','csv','json','bvh','c3d'):
        with contextlib.suppress(DiffhpeError): out[f'motion {end}'] = export_motion(d/f'motion.{end}', _motion()),read_motion
    return out | _json_files(d)

# ---------------------------------------------------------------- fuzz

def mutated(raw, draw):
    "Bytes with something wrong"
    b = bytearray(raw)
    how = draw.randrange(7)
    at = draw.randrange(max(1, len(b)))
    n = draw.choice((1, 2, 4, 16, 200))
    if how==0: return bytes(b[:at])
    if how==1: b[at:at+n] = draw.randbytes(n)
    if how==2: b[at:at+n] = bytes(n)
    if how==3: del b[at:at+n]
    if how==4: b[at:at] = b[at:at+n]
    if how==5: b[at:at] = draw.randbytes(n)
    if how==6:
        for _ in range(draw.choice((1, 3, 30))): b[draw.randrange(max(1, len(b)))] ^= 1<<draw.randrange(8)
    return bytes(b)

def mutated_json(o, draw):
    "The same structure with one part replaced, left out or put in twice"
    if not isinstance(o, (dict, list)) or not o or draw.random()<.2: return draw.choice(ODD)
    keys = list(o) if isinstance(o, dict) else list(range(len(o)))
    k = draw.choice(keys)
    out = dict(o) if isinstance(o, dict) else list(o)
    how = draw.random()
    if how<.1: del out[k]
    elif how<.2 and isinstance(out, list): out.insert(0, out[k])
    elif how<.3: out[k] = str(out[k])
    else: out[k] = mutated_json(o[k], draw)
    return out

def fuzz_files(d, n, draw):
    "Readers against any bytes"
    for name,(path,read) in readers(d/'valid').items():
        raw = path.read_bytes()
        tree = json.loads(raw) if path.suffix=='.json' else None
        def case(i):
            if i%10==0: return draw.randbytes(draw.choice((0, 1, 50, 5000)))
            if tree is not None and i%2: return json.dumps(mutated_json(tree, draw)).encode()
            return mutated(raw, draw)
        def put(data):
            def f():
                path.write_bytes(data)
                read(path)
            return f
        cases = [(f'#{i}', put(case(i))) for i in range(n)]
        yield tries('fuzzed files', name, cases)
        path.write_bytes(raw)

def fuzz_video(n, draw):
    "lift_video against arrays, sizes and options of all sorts: a finite motion of the right length, or a named error"
    model = make_lifter(preset('mixste-small', L=9)).eval()
    def case(i):
        g = np.random.default_rng(draw.randrange(2**32))
        F = draw.choice((0, 1, 2, 9, 30))
        x = (g.random((F, draw.choice((17,17,17,17,16,1)), draw.choice((2,2,2,2,3))))*draw.choice((1, 2, 100, 1000, 1000, 1000, 1e30, 3e38))).astype(draw.choice(('f4','f8','i4','f2','u1','c8','O','U5','?')) if i%3==0 else 'f4')
        if x.dtype.kind=='f' and x.size and i%2: x.flat[g.integers(0, x.size, 5)] = draw.choice((np.nan, np.inf, 0, -1e9))
        size = (1000,1000) if draw.random()<.7 else draw.choice(((1920,1080), (0,0), (-1,5), (1e9,1), (np.nan,1), (1,), None, 'a'))
        fps = draw.choice((50, 25, 30)) if draw.random()<.7 else draw.choice((1000, 0, -1, np.nan, np.inf, 'x', None, 1e-9))
        more = draw.choice(({}, {}, {}, dict(camera=draw.choice((0, 180, -1, 'x', 1e-9, 90))), dict(n=draw.choice((0, -1, 1.5, None))), dict(mask=g.random((F,17))>.5), dict(mask=g.random((F,16))>.5), dict(conf=g.random((F,17))), dict(sampler='x'), dict(smooth=-1), dict(max_gap=draw.choice((0, -1, 9)))))
        def f():
            with np.errstate(all='ignore'): m = lift_video(x, size, fps, model, **{'n':1, **more})
            if len(m)!=F or not m.pose.isfinite().all(): raise AssertionError('a wrong result in silence')
        return f
    return tries('fuzzed lift_video', 'arrays', [(f'#{i}', case(i)) for i in range(n)])

# ---------------------------------------------------------------- hostile files

def hostile(d):
    "Files that would run code or eat memory, at every reader that takes their kind"
    canary = d/'canary'
    class Evil:
        def __init__(self, call): self.call = call
        def __reduce__(self): return self.call
    calls = [(os.mkdir, (str(canary),)), (os.system, (f'touch {canary}',)), (eval, (f'__import__("os").mkdir({str(canary)!r})',)), (exec, (f'open({str(canary)!r},"w")',)), (open, (str(canary),'w')),
             (getattr, ('', 'join')), (shutil.rmtree, (str(d/'valuable'),)), (__import__, ('os',)), (pickle.loads, (pickle.dumps(0),)), (np.load, (str(canary),)), (torch.load, (str(canary),))]
    cases,files = [],d/'files'
    files.mkdir(parents=True)
    (d/'valuable').mkdir()
    def add(name, path, read): cases.append((name, lambda: read(path)))
    for i,call in enumerate(calls):
        for protocol_ in (0, 2, 4):
            raw = pickle.dumps(dict(x=Evil(call)), protocol_)
            head = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }"
            npy = b'\x93NUMPY\x01\x00' + len(head).to_bytes(2, 'little') + head + raw
            for j,(end,data) in enumerate((('pth',raw), ('pt',raw), ('npy',npy))):
                p = files/f'{i}-{protocol_}-{j}.{end}'
                p.write_bytes(data)
                add(p.name, p, read_keypoints if end=='npy' else load_lifter if end=='pth' else safe_load)
            p = files/f'{i}-{protocol_}.npz'
            with zipfile.ZipFile(p, 'w') as z: z.writestr('positions_3d.npy', npy)
            for k,read in enumerate((lambda p: read_npz(p, 'positions_3d'), read_keypoints, read_motion, load_masks)): add(f'{p.name} {k}', p, read)
        p = files/f'{i}.zip.pth'
        torch.save({'model.x': Evil(call)}, p)
        add(p.name, p, load_lifter)
    for k,o in {'deep.json': '['*200_000, 'long.json': '9'*10_000}.items():
        (files/k).write_text(o)
        for j,read in enumerate((load_json, read_keypoints, read_motion)): add(f'{k} {j}', files/k, read)
    with zipfile.ZipFile(files/'bomb.npz', 'w', zipfile.ZIP_DEFLATED) as z:
        with z.open('keypoints.npy', 'w') as f:
            head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000000, 17, 2), }"
            f.write(b'\x93NUMPY\x01\x00' + len(head).to_bytes(2, 'little') + head)
            for _ in range(300): f.write(bytes(1<<20))
    for j,read in enumerate((read_keypoints, read_motion, load_masks)): add(f'bomb {j}', files/'bomb.npz', read)
    row,faults = tries('hostile files', 'all readers', cases)
    row |= dict(value=0, fault=row['fault']+row['value']) # no hostile file may give a value
    if canary.exists() or not (d/'valuable').exists(): faults.append('hostile files: CODE RAN')
    return row,faults

# ---------------------------------------------------------------- kills

class _Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(.1), nn.Linear(8, 1))
    def loss(self, x): return ((self.net(x + .1*torch.randn_like(x))[:,0]-x[:,0]*x[:,1])**2).mean()

class _Data:
    def __len__(self): return 5
    def set_epoch(self, epoch): self.epoch = epoch
    def __getitem__(self, i): return torch.randn(8, 2, generator=rng(9*self.epoch+i))

def train(folder):
    "A training with everything that has a state, saving at each pause"
    torch.manual_seed(1)
    m = _Net()
    seed_all(time.time_ns()%1000) # what was before must not matter
    start_run(folder, dict(lr=.02))
    cbs = [Checkpoint(0., command='the same again'), CSVLog(every=0.), EMA(.9)]
    Learner(m, _Data(), torch.optim.Adam(m.parameters(), .02), cbs, validate=lambda m: dict(error=m.loss(torch.randn(64, 2)).item()), validate_every=1, folder=folder).fit(3)

def cache(folder):
    "Prepare a set and keep it, and open it again"
    make = lambda: synthetic_data(0, takes=1, n_frames=20, kinds=('walking',), subjects=('S1','S9'))
    cached(make, Path(folder)/'set.safetensors', 'stamp')
    load_set(Path(folder)/'set.safetensors', 'stamp')

def export(folder):
    "Write a motion in every format"
    for end in ('npz','csv','json','bvh'): export_motion(Path(folder)/f'm.{end}', _motion())

def small_study(folder):
    "Two trainings and four tests of tiny size"
    flat = Path(folder).parent/'study-data'
    if not flat.exists(): write_flat(synthetic_data(0, takes=1, n_frames=18, kinds=('walking',)), flat, 'tiny')
    s = study('small', systems=('mixste-small',), train={'no_miss':None, 'random':None}, test={'no_miss':None, 'misplaced':None}, data=str(flat), thin=1, every=1, changes=dict(epochs=1, batch_size=16), protocol=protocol('fast', n=1, steps=1))
    run_study(s, folder, workers=0)
    if len(score_files(folder))!=4: raise AssertionError(f'{len(score_files(folder))} tests where 4 are')

def _killed_at(job, folder, k):
    "Run a job in a forked process that kills itself at its k-th file operation in the folder; 0 if it came to its end"
    pid = os.fork()
    if pid: return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    seen = [0]
    def count(event, args):
        if event not in ('open','os.rename','os.remove','os.mkdir','os.chmod') or not args or str(folder) not in str(args[0]): return
        seen[0] += 1
        if seen[0]==k: os.kill(os.getpid(), signal.SIGKILL)
    code = 1
    try:
        with open(os.devnull, 'w') as null, contextlib.redirect_stdout(null), warnings.catch_warnings():
            warnings.simplefilter('ignore')
            sys.addaudithook(count)
            job(folder)
        code = 0
    except BaseException: traceback.print_exc()
    finally: os._exit(code)

def _killed_after(job, folder, seconds):
    "The same, killed from outside after some time"
    pid = os.fork()
    if not pid:
        code = 1
        try:
            with open(os.devnull, 'w') as null, contextlib.redirect_stdout(null), warnings.catch_warnings():
                warnings.simplefilter('ignore')
                job(folder)
            code = 0
        except BaseException: traceback.print_exc()
        finally: os._exit(code)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def _flat(x, at=''):
    "All entries of nested containers, by their path"
    if isinstance(x, dict): return {k:v for n,o in x.items() for k,v in _flat(o, f'{at}/{n}').items()}
    if isinstance(x, (list, tuple)): return _flat(dict(enumerate(x)), at)
    return {at: x.tolist() if isinstance(x, torch.Tensor) else x}

_BUT = ('seconds','cpu','time','command') # what may differ from run to run

def contents(folder):
    "Every number in a folder, but for times"
    out = {}
    for f in sorted(Path(folder).rglob('*')):
        name = str(f.relative_to(folder))
        if f.is_dir() or f.name in ('environment.json','curves.png'): continue
        if f.suffix=='.pt': out[name] = _flat(torch.load(f, weights_only=True))
        elif f.suffix=='.safetensors' and f.name!='set.safetensors': out[name] = _flat({k:v for k,v in load_lifter(f).state_dict().items()})
        elif f.suffix=='.json' and f.name[0]!='m': out[name] = _flat(json.loads(f.read_text()))
        elif f.suffix=='.csv' and f.name=='log.csv': out[name] = _flat(pd.read_csv(f).drop(columns='seconds').to_dict('list'))
        else: out[name] = {'bytes': f.read_bytes() if f.suffix!='.npz' else [v.tolist() for v in np.load(f).values()]}
    return {n: {k:v for k,v in o.items() if not any(b in k for b in _BUT)} for n,o in out.items()}

def kills(d, name, job, moments, draw):
    "Kill a job at some moments, finish it, and compare with what was left in peace"
    d.mkdir(parents=True)
    peace = d/'peace'
    peace.mkdir()
    start = time.monotonic()
    if _killed_at(job, peace, -1): raise SystemExit(f'{name} does not run at all')
    took = time.monotonic()-start
    want = repr(contents(peace))
    n,faults,k = 0,[],0
    while n<moments:
        k += 1
        f = d/f'run{k}'
        f.mkdir()
        at = k if k<=moments//2 else 'time' # every file operation from the first on, then any moment
        code = _killed_at(job, f, at*max(1, 40//max(1, moments))) if at!='time' else _killed_after(job, f, draw.uniform(0, took))
        n += 1
        again = _killed_at(job, f, -1)
        left = [o.name for o in f.rglob('*') if o.suffix=='.tmp' or o.name=='.lock']
        if again or left or repr(contents(f))!=want: faults.append(f'kills {name} at {at}: exit code {code}, then {again}; left over {left}; {"same" if repr(contents(f))==want else "other"} bits')
        shutil.rmtree(f)
    return dict(stage='kills', target=name, tried=n, value=n-len(faults), refused=0, fault=len(faults), slowest=round(took, 2)),faults

# ---------------------------------------------------------------- full disk

def full_disk(d, limits):
    "Jobs under a limit on the size of a file, which stands in for a full disk: a named error or none, and nothing half-written"
    def one(job, folder, limit):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter('ignore')
                job(folder)
            return 'value'
        except WriteError as e: return 'refused' if 'could not be written' in str(e) else f'unnamed: {e}'
        except BaseException as e: return f'{type(e).__name__}: {e}'
    whole = lambda folder: cached(lambda: synthetic_data(0, takes=1, n_frames=20, kinds=('walking',), subjects=('S1','S9')), Path(folder)/'set.safetensors', 'stamp')
    jobs = dict(training=train, cache=whole, export=export, model=lambda f: save_lifter(make_lifter(preset('mixste-small', L=9)), Path(f)/'m.safetensors'))
    kinds,faults = Counter(),[]
    for name,job in jobs.items():
        for limit in limits:
            f = d/f'{name}-{limit}'
            f.mkdir(parents=True)
            got = in_child(one, job, f, limit)
            fits = [o for o in f.rglob('*') if o.is_file() and o.suffix=='.tmp']
            if got not in ('value','refused') or fits: faults.append(f'full disk {name} at {limit} bytes: {got}, {fits}')
            try: contents(f) # whatever is there under its final name is whole
            except Exception as e: faults.append(f'full disk {name} at {limit} bytes: half-written ({e})')
            kinds[got if got in ('value','refused') else 'fault'] += 1
    return dict(stage='full disk', target=' '.join(jobs), tried=sum(kinds.values()), value=kinds['value'], refused=kinds['refused'], fault=len(faults), slowest=math.nan),faults

# ---------------------------------------------------------------- all

@call_parse
def main(small:bool=False,  # Three minutes at most
         inputs:int=300,    # Fuzzed inputs for each reader
         moments:int=40,    # Kills of each job
         seed:int=0,        # Of all that is drawn
         stages:str='',     # Only these, separated by commas: files, video, hostile, kills, disk
         jobs:str='training,cache,export,study', # What is killed
         out:str=None):     # CSV to add the figures to
    "Try to break it; ends with 1 if anything did not hold"
    torch.set_num_threads(1)
    if small: inputs,moments = 40,6
    draw = random.Random(seed)
    rows,faults = [],[]
    wanted = lambda s: not stages or s in stages.split(',')
    def note(result):
        rows.append(result[0])
        faults.extend(result[1])
        print('{stage:18} {target:22.22} {tried:6} tried, {value:6} values, {refused:6} refused, {fault:3} faults, slowest {slowest} s'.format(**result[0]), flush=True)
        for f in result[1][:5]: print(f'    {f}'[:300], flush=True)
    with tempfile.TemporaryDirectory() as tmp:
        d = Path(tmp)
        if wanted('hostile'): note(hostile(d/'hostile'))
        if wanted('files'):
            for result in fuzz_files(d/'fuzz', inputs, draw): note(result)
        if wanted('video'): note(fuzz_video(inputs, draw))
        if wanted('kills'):
            for name,job in dict(training=train, cache=cache, export=export, study=small_study).items():
                if name in jobs.split(','): note(kills(d/name, name, job, max(2, moments//(6 if name=='study' else 1)), draw))
        if wanted('disk'): note(full_disk(d/'disk', (0, 100, 4096, 20_000) if small else (0, 1, 64, 100, 1000, 4096, 8192, 20_000, 100_000)))
    table = pd.DataFrame(rows).assign(date=time.strftime('%Y-%m-%d'), torch=torch.__version__, python=sys.version.split()[0], seed=seed)
    if out: pd.concat([pd.read_csv(out), table] if Path(out).exists() else [table]).to_csv(out, index=False)
    print(f'{table.tried.sum()} tries, {len(faults)} did not hold')
    sys.exit(bool(faults))

"""Kills of the campaign: jobs that are killed at file operations and at random moments, and jobs on a full disk."""
import contextlib
import json
import math
import os
import resource
import shutil
import signal
import statistics
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
import numpy as np
import pandas as pd
import torch
from torch import nn
from campaign_files import motion, small_data, small_lifter
from campaign_tries import in_child, row, silence
from diffhpe.callbacks import EMA, Checkpoint, CSVLog
from diffhpe.camera import to_pixels
from diffhpe.checkpoint import load_lifter, save_lifter
from diffhpe.core import WriteError, rng
from diffhpe.data import synthetic_data
from diffhpe.flat_files import write_flat
from diffhpe.datasets import cached, load_set
from diffhpe.evaluation import get_protocol
from diffhpe.export import export_motion
from diffhpe.keypoints import read_keypoints
from diffhpe.occlusion_study import run_study, score_files, get_study
from diffhpe.processes import seed_all, start_run
from diffhpe.training import Learner
from diffhpe.video import lift_video

# jobs: functions of a folder, which take up what they find there

class Net(nn.Module):
    "A network with a state of every kind: weights, running statistics, random numbers"
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(.1), nn.Linear(8, 1))
    def loss(self, x):
        noisy = x + .1*torch.randn_like(x)
        product = x[:,0]*x[:,1]
        return ((self.net(noisy)[:,0]-product)**2).mean()

class Batches:
    "Five batches an epoch, others in each"
    def __len__(self): return 5
    def set_epoch(self, epoch): self.epoch = epoch
    def __getitem__(self, i): return torch.randn(8, 2, generator=rng(9*self.epoch+i))

def train(folder):
    "A training with everything that has a state, saving at each pause"
    torch.manual_seed(1)
    net = Net()
    seed_all(time.time_ns()%1000) # what was before must not matter
    start_run(folder, dict(lr=.02))
    callbacks = [Checkpoint(0., command='the same again'), CSVLog(interval=0.), EMA(.9)]
    optimizer = torch.optim.Adam(net.parameters(), .02)
    validate = lambda net: dict(error=net.loss(torch.randn(64, 2)).item())
    Learner(net, Batches(), optimizer, callbacks, validate=validate, validate_every=1, folder=folder).fit(3)

def cache(folder):
    "Prepare a set and keep it, and open it again"
    path = Path(folder)/'set.safetensors'
    cached(small_data, path, 'stamp')
    load_set(path, 'stamp')

def keep(folder):
    "Prepare a set and keep it, if there is room"
    cached(small_data, Path(folder)/'set.safetensors', 'stamp')

def export(folder):
    "Write a motion in every format that needs no other package"
    for end in ('npz','csv','json','bvh','trc'):
        export_motion(motion(), Path(folder)/f'm.{end}')

def lift(folder):
    "Keypoints of a file to motions in files"
    keys = Path(folder).parent/'keys.npy'
    if not keys.exists():
        np.save(keys, to_pixels(small_data()[0].x2d, (1000,1000)))
    person = read_keypoints(keys, 'h36m17', size=(1000,1000))[0]
    lifted = lift_video(person, (1000,1000), 50, n=2, steps=1, generator=rng(5))
    for end in ('npz','csv','bvh'):
        export_motion(lifted, Path(folder)/f'lifted.{end}')

def small_study(folder):
    "Two trainings and four tests of tiny size"
    data = Path(folder).parent/'study-data'
    if not data.exists():
        write_flat(synthetic_data(0, takes=1, n_frames=18, kinds=('walking',)), data, 'tiny')
    asked = get_study(
        'small', systems=('mixste-small',),
        train={'no_miss':None, 'random':None}, test={'no_miss':None, 'misplaced':None},
        data=str(data), thin=1, every=1,
        changes=dict(epochs=1, batch_size=16), protocol=get_protocol('fast', n=1, steps=1))
    run_study(asked, folder, workers=0)
    found = len(score_files(folder))
    if found!=4: raise AssertionError(f'{found} tests where 4 are')

JOBS = dict(training=train, study=small_study, lift=lift, cache=cache, export=export)

# a job in a process of its own

_OPERATIONS = ('open','os.rename','os.remove','os.mkdir','os.rmdir','os.truncate','os.link','os.symlink','os.chmod')

def _count_operations(folder, at):
    "Count operations on files of a folder in this process, which kills itself at the `at`-th; the count, a list of one"
    seen = [0]
    def one_more():
        seen[0] += 1
        if seen[0]==at:
            os.kill(os.getpid(), signal.SIGKILL)
    def hook(event, args):
        if event in _OPERATIONS and args and str(folder) in str(args[0]):
            one_more()
    fsync = os.fsync
    def counted_fsync(fd): # between the last byte of a file and its final name
        one_more()
        fsync(fd)
    os.fsync = counted_fsync
    sys.addaudithook(hook)
    return seen

def begin(job, folder, at=0):
    "Start a job in a forked process that kills itself at its `at`-th file operation (0: at none); its number"
    pid = os.fork()
    if pid: return pid
    code = 1
    try:
        with open(os.devnull, 'w') as nothing, contextlib.redirect_stdout(nothing), silence():
            seen = _count_operations(folder, at)
            job(folder)
        Path(f'{folder}.operations').write_text(str(seen[0]))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)

def end(pid):
    "Wait for a process; its exit code, negative for a signal"
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def kill_at(job, folder, at):
    "Run a job that dies at a file operation; was it killed?"
    return end(begin(job, folder, at))==-signal.SIGKILL

def kill_after(job, folder, seconds):
    "Run a job and kill it from outside after some time; was it killed?"
    pid = begin(job, folder)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    return end(pid)==-signal.SIGKILL

# what is in a folder

_TIMES = ('seconds','cpu','time','command') # what may differ from run to run

def _flat(x, at=''):
    "Entries of nested containers by their path, without times"
    if isinstance(x, (list, tuple)):
        x = dict(enumerate(x))
    if not isinstance(x, dict): return {at: x.tolist() if isinstance(x, torch.Tensor) else x}
    return {path: v for name,o in x.items() if name not in _TIMES for path,v in _flat(o, f'{at}/{name}').items()}

def _content(path):
    "The numbers or bytes of a file, without times"
    if path.suffix=='.pt': return _flat(torch.load(path, weights_only=True))
    if path.name=='model.safetensors': return _flat(dict(load_lifter(path).state_dict()))
    if path.name=='log.csv': return _flat(pd.read_csv(path).drop(columns='seconds').to_dict('list'))
    if path.name in ('config.json','trained.json') or path.parent.name=='test': return _flat(json.loads(path.read_text()))
    if path.suffix=='.npz': return {k: v.tolist() for k,v in np.load(path).items()} # an archive holds the time it was made
    return path.read_bytes()

def contents(folder):
    "What is in a folder, but for times, the account of the machine and the picture of the log"
    files = [f for f in sorted(Path(folder).rglob('*')) if f.is_file() and f.name not in ('environment.json','curves.png')]
    return {str(f.relative_to(folder)): _content(f) for f in files}

def left_over(folder):
    "Temporary files and locks"
    return [f.name for f in Path(folder).rglob('*') if f.suffix=='.tmp' or f.name=='.lock']

# kills

def _moments(operations, n, draw):
    "When to kill: every file operation, or as many as fit into half of the kills, evenly spaced; then random moments"
    half = n//2
    step = max(1, operations/max(1, half))
    at = sorted({min(operations, 1+int(i*step)) for i in range(half)})
    return [('operation', k) for k in at] + [('moment', draw.random()) for _ in range(n-len(at))]

def _kill(job, folder, how, when, took):
    if how=='operation': return kill_at(job, folder, when)
    return kill_after(job, folder, when*took)

def _peace(job, d):
    "Run a job undisturbed: what it leaves, its number of file operations, its seconds"
    for name in ('warm','peace'):
        (d/name).mkdir(parents=True)
    with silence():
        job(d/'warm') # in this process: what it imports is there in all that are forked
    folder = d/'peace'
    start = time.monotonic()
    if end(begin(job, folder)): raise SystemExit('the job does not run at all')
    took = time.monotonic()-start
    operations = int(Path(f'{folder}.operations').read_text())
    return repr(contents(folder)), operations, took

def kills(d, name, n, draw):
    "Kill a job at some moments, finish it, and compare with what it leaves when it is left in peace"
    job = JOBS[name]
    want,operations,took = _peace(job, d)
    lasts = [took]
    faults = []
    killed = finished = 0
    moments = _moments(operations, n, draw)
    while killed<n and finished<3*n:
        how,when = moments[finished] if finished<len(moments) else ('moment', draw.random())
        folder = d/f'run{finished}'
        folder.mkdir()
        hit = _kill(job, folder, how, when, statistics.median(lasts[-9:]))
        killed += hit
        if hit and finished%3==2: # and once more while it is taken up
            killed += _kill(job, folder, 'moment', draw.random(), statistics.median(lasts[-9:]))
        start = time.monotonic()
        code = end(begin(job, folder))
        lasts.append(time.monotonic()-start)
        left = left_over(folder)
        same = not code and repr(contents(folder))==want
        if not same or left:
            faults.append(f'kills, {name} at {how} {when:.3g}: exit code {code} when taken up, {"the same" if same else "other"} bits, left over: {left}')
        shutil.rmtree(folder)
        finished += 1
    print(f'    {name}: {operations} file operations, {killed} kills, taken up {finished} times', flush=True)
    return row('kills', name, killed, killed-len(faults), 0, len(faults), statistics.median(lasts)), faults

# a full disk

def _on_full_disk(job, folder, limit):
    "Run a job under a limit on the size of a file, which stands in for a full disk; what came of it"
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        with silence():
            job(folder)
        return 'value'
    except WriteError as e:
        return 'refused' if 'could not be written' in str(e) else f'unnamed: {e}'
    except BaseException as e:
        return f'{type(e).__name__}: {e}'

def _model(folder):
    save_lifter(small_lifter(), Path(folder)/'model.safetensors')

def full_disk(d, limits):
    "Jobs under limits: a named error or none, nothing left over, and what stands under its final name is whole"
    jobs = dict(training=train, cache=keep, export=export, model=_model)
    kinds = Counter()
    faults = []
    for name,job in jobs.items():
        for limit in limits:
            folder = d/f'{name}-{limit}'
            folder.mkdir(parents=True)
            got = in_child(_on_full_disk, job, folder, limit)
            kinds[got] += 1
            faults += [f'full disk, {name} at {limit} bytes: {o}' for o in _disk_faults(folder, got)]
    tried = sum(kinds.values())
    return row('full disk', ' '.join(jobs), tried, kinds['value'], kinds['refused'], len(faults), math.nan), faults

def _disk_faults(folder, got):
    if got not in ('value','refused'): yield str(got)
    if left := left_over(folder): yield f'left over: {left}'
    try: contents(folder)
    except Exception as e: yield f'half-written: {e}'

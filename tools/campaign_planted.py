"""Planted readers of the campaign: each breaks one promise, and the campaign must notice every one of them.

A limit that cannot fail proves nothing. So these readers are too slow, too greedy, die, hang, end the process, raise what is no named
error, or return what makes no sense; beside them are two that do nothing wrong."""
import contextlib
import os
import signal
import sys
import time
import numpy as np
import torch
import campaign_tries
from campaign_fuzz import check
from campaign_tries import outcomes, row
from diffhpe.core import DiffhpeError
from diffhpe.safe_files import reading
from diffhpe.export import Motion3D

def _slow_python():
    "Endless in Python"
    while True: pass

def _slow_library():
    "Endless inside a library, where Python cannot interrupt"
    sum(range(10**12))

def _slow_but_refused():
    "A named error, too late"
    end = time.process_time()+1.1*campaign_tries.SECONDS
    while time.process_time()<end: pass
    raise DiffhpeError('this file is damaged')

def _hanging():
    "No processor time, and no answer"
    time.sleep(3600)

def _greedy():
    "More than 1 GB"
    bytearray(3<<30)

def _greedy_but_refused():
    "More than 1 GB, behind a named error"
    with reading('large.npz', 'archive'):
        np.ones((3<<30)//8)

def _greedy_tensor():
    "More than 1 GB, taken by PyTorch, behind a named error"
    with reading('large.pt', 'PyTorch file'):
        torch.ones((3<<30)//4)

def _growing():
    "More than 1 GB, little by little"
    kept = []
    while True:
        kept.append(bytearray(1<<22))

def _crashing():
    "A crash of the interpreter"
    os.kill(os.getpid(), signal.SIGSEGV)

def _leaving():
    "The end of the process"
    os._exit(0)

def _exiting():
    "The end of the program"
    sys.exit(0)

def _unnamed():
    "A plain error of Python"
    dict()['fps']

def _wrong():
    "A pose that is no number, as if it were one"
    motion = Motion3D(torch.zeros(2,17,3), 50., root=torch.zeros(2,3))
    motion.pose[:] = torch.nan
    check(motion)

def _good():
    "A value"
    check(torch.zeros(3))

def _refusing():
    "A named error in time"
    with reading('cut.json', 'JSON file'):
        raise ValueError('cut off')

_BROKEN = dict( # reader: what the campaign must say of it
    _slow_python='processor time', _slow_library='processor time', _slow_but_refused='took',
    _greedy='MemoryError', _greedy_but_refused='asked for more', _greedy_tensor='asked for more',
    _growing='MemoryError', _crashing='SIGSEGV', _leaving='ended with 0', _exiting='SystemExit',
    _unnamed='KeyError', _wrong='wrong result')
_FINE = dict(_good='value', _refusing='refused')
_PATIENCE = 3. # for the one that hangs, seconds

@contextlib.contextmanager
def _limits(**changed):
    "Other limits of the campaign for a block: smaller ones, so that breaking them takes no minute"
    usual = {name: getattr(campaign_tries, name) for name in changed}
    vars(campaign_tries).update(changed)
    try:
        yield
    finally:
        vars(campaign_tries).update(usual)

def _outcomes(names):
    "What the campaign says of some readers"
    readers = [globals()[name] for name in names]
    return outcomes(lambda i: readers[i], len(readers))

def planted():
    "Are the planted faults noticed, each as what it is, and nothing where there is none?"
    want = [*_FINE.items(), *_BROKEN.items(), ('_refusing','refused'), ('_hanging','no answer')]
    names = [name for name,_ in want]
    with _limits(SECONDS=.4, MEGABYTES=128):
        found = _outcomes(names[:-1])
    with _limits(PATIENCE=_PATIENCE):
        found += _outcomes(names[-1:])
    missed = [f'planted {name[1:]}: {got}, should be: {says}'
              for (name,says),(got,_) in zip(want, found, strict=True) if says not in got]
    slowest = max(seconds for _,seconds in found)
    return row('planted faults', 'all', len(found), 0, len(found)-len(missed), len(missed), slowest), missed

"""One try of the campaign: a case in a forked process with bounds on time and memory, and what became of it.

Cases run one after the other in a forked worker. A watchdog of the system ends the worker when one of them takes more than 2 s of
processor time, whatever it is doing; a limit of the system refuses it more than 1 GB. Another worker goes on behind the case that
ended one. So neither a crash nor an endless loop ends the campaign, and both are told as faults."""
import contextlib
import io
import os
import pickle
import re
import resource
import select
import signal
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from diffhpe.core import DiffhpeError

SECONDS = 2.           # of processor time that one try may take
MEGABYTES = 1024       # that one try may take above what the process has
PATIENCE = 60.         # seconds without an answer after which a process is given up: a busy machine is no fault
PER_PROCESS = 500      # tries in one process, so that nothing piles up
HELD = ('value','refused')

def _fork(child):
    "Run `child` in a forked process, with a pipe to write to; its number, and the end of the pipe to read from"
    read,write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(read)
            child(write)
        finally:
            os._exit(0)
    os.close(write)
    return pid, read

def in_child(f, *args):
    "What `f` returns, computed in a forked process; None if that died"
    def child(write):
        with os.fdopen(write, 'wb') as out:
            pickle.dump(f(*args), out)
    pid,read = _fork(child)
    with os.fdopen(read, 'rb') as got:
        data = got.read()
    os.waitpid(pid, 0)
    return pickle.loads(data) if data else None

@contextlib.contextmanager
def silence():
    "No warnings and no text"
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter('ignore')
        yield

def _bound_memory():
    "Bound the memory of this process, where the system tells how much it has"
    if not os.path.exists('/proc/self/statm'): return
    pages = int(Path('/proc/self/statm').read_text().split()[0])
    most = pages*resource.getpagesize() + (MEGABYTES<<20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))

@contextlib.contextmanager
def _watchdog():
    "End this process if the block takes too much processor time; a little more than `SECONDS`, so that Python may tell it first"
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, 1.25*SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)

def judge(f):
    "What became of one try, `value`, `refused` or what went wrong; and the seconds of processor time"
    start = time.process_time()
    try:
        with silence():
            f()
        outcome = 'value'
    except DiffhpeError as e:
        outcome = _asked_for_more(e) or 'refused'
    except BaseException as e: # anything else is what we look for
        outcome = _in_words(e)
    seconds = time.process_time()-start
    if seconds>SECONDS and outcome in HELD:
        outcome = f'took {seconds:.1f} s'
    return outcome,seconds

_NO_MEMORY = ("can't allocate memory", 'not enough memory', 'out of memory', 'Unable to allocate', 'bad_alloc', 'Cannot allocate memory')

def _asked_for_more(e):
    "What behind a named error is one of memory: without the limit, it would have been taken"
    while e is not None:
        if isinstance(e, MemoryError) or any(words in str(e) for words in _NO_MEMORY):
            return f'asked for more than {MEGABYTES} MB: {_in_words(e)}'
        e = e.__cause__ or e.__context__
    return None

def _in_words(e):
    "An exception in one line, with its place"
    where = traceback.extract_tb(e.__traceback__)[-1]
    text = re.sub(r'\s+', ' ', str(e))[:100]
    return f'{type(e).__name__} in {Path(where.filename).name}:{where.lineno}: {text}'

def _answer(case, numbers, write):
    "Judge some cases, and send a line for each"
    _bound_memory()
    for i in numbers:
        f = case(i)
        with _watchdog():
            outcome,seconds = judge(f)
        os.write(write, f'{seconds:.3f} {outcome}\n'.encode(errors='replace'))

def _some(case, first, last):
    "Outcomes of cases in one forked process, and why there are not more of them"
    pid,read = _fork(lambda write: _answer(case, range(first, last), write))
    lines,answers = _lines(read)
    if not answers:
        os.kill(pid, signal.SIGKILL)
    os.close(read)
    _,status = os.waitpid(pid, 0)
    parts = [line.split(' ', 1) for line in lines]
    why = _end_in_words(status) if answers else f'no answer in {PATIENCE:g} s'
    return [(outcome, float(seconds)) for seconds,outcome in parts], why

def _end_in_words(status):
    "How a process ended that should have gone on"
    code = os.waitstatus_to_exitcode(status)
    if code==-signal.SIGPROF: return f'took more than {1.25*SECONDS:g} s of processor time'
    return f'the process died of {signal.Signals(-code).name}' if code<0 else f'the process ended with {code}'

def _lines(read):
    "Lines from a pipe until it ends, or until nothing comes for too long; did it end?"
    data = b''
    while True:
        ready,_,_ = select.select([read], [], [], PATIENCE)
        if not ready: return data.decode().splitlines(), False
        new = os.read(read, 1<<16)
        if not new: return data.decode().splitlines(), True
        data += new

def outcomes(case, n):
    "Outcomes of `n` cases, (what, seconds); `case(i)` returns the function to try"
    found = []
    while len(found)<n:
        first = len(found)
        last = min(n, first+PER_PROCESS)
        some,why = _some(case, first, last)
        found += some
        if first+len(some)<last:
            found.append((why, SECONDS if 'processor time' in why else 0.)) # this one ended the process; go on behind it
    return found

def tries(stage, target, case, n):
    "Judge many cases: a row for the table, and what did not hold"
    found = outcomes(case, n)
    faults = [f'{stage}, {target} #{i}: {what}' for i,(what,_) in enumerate(found) if what not in HELD]
    kinds = Counter(what for what,_ in found)
    slowest = max(seconds for _,seconds in found)
    return row(stage, target, len(found), kinds['value'], kinds['refused'], len(faults), slowest), faults

def row(stage, target, tried, value, refused, fault, slowest):
    "A row of the table of figures"
    return dict(stage=stage, target=target, tried=tried, value=value, refused=refused, fault=fault, slowest=round(slowest, 2))

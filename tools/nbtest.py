"""Run `nbdev_test` and end with one line a CI can read: `N passed, N failed, N skipped`.

Which notebooks and cells run (flags, `eval: false`, `skip_exec`) is nbdev's own choice. Each notebook runs in a
process of its own with a time limit, so that a crash or a hang counts as failed and hides nobody else. An exception
that ipywidgets would swallow (a callback, `interact`, `with Output()`), one in a thread, or a failing `!command` fails the notebook."""
import os, sys, threading, time, traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from execnb.nbio import read_nb
from fastcore.script import call_parse
from IPython.core.interactiveshell import InteractiveShell
from nbdev.config import get_config
from nbdev.process import extract_directives
import nbdev.test as T

CTX = get_context('forkserver')

def _catch_hidden(errors):
    "Record exceptions that would otherwise only be shown"
    show,system = InteractiveShell.showtraceback,InteractiveShell.system
    def showtraceback(self, exc_tuple=None, *args, **kw):
        errors.append(''.join(traceback.format_exception(*(exc_tuple or sys.exc_info()))))
        return show(self, exc_tuple, *args, **kw)
    def run_system(self, cmd):
        system(self, cmd)
        if self.user_ns.get('_exit_code'): errors.append(f'`!{cmd}` ended with {self.user_ns["_exit_code"]}\n')
    InteractiveShell.showtraceback,InteractiveShell.system = showtraceback,run_system
    threading.excepthook = lambda a: errors.append(''.join(traceback.format_exception(a.exc_type, a.exc_value, a.exc_traceback)))

def _child(conn, f, fn, kw):
    errors = []
    _catch_hidden(errors)
    ok,secs = f(fn, **kw)
    if ok and errors: print(f'{fn}: an exception was hidden\n{errors[0]}', file=sys.stderr, flush=True)
    conn.send((ok and not errors, secs, 'an exception was hidden' if ok and errors else ''))
    conn.close()

def _run_one(f, fn, timeout, kw):
    "`(passed, seconds, note)` of `f(fn)` in its own process; no reported result means failed"
    a,b = CTX.Pipe(False)
    p = CTX.Process(target=_child, args=(b, f, fn, kw))
    start = time.time()
    p.start(); b.close()
    try:
        if a.poll(timeout): ok,secs,note = a.recv()
        else: p.kill(); ok,secs,note = False, timeout, f'timed out after {timeout:g}s'
    except EOFError: p.join(); ok,secs,note = False, time.time()-start, f'process ended without a result (exit code {p.exitcode})'
    p.join(5)
    if p.is_alive(): p.kill() # a result came, but the process will not end
    if ok and secs==0: note = 'skipped (skip_exec)' # nbdev returns exactly `True, 0` for these
    print(f"{'SKIP' if note.startswith('skipped') else 'ok  ' if ok else 'FAIL'} {secs:7.1f}s  {os.path.relpath(fn)}  {note}", flush=True)
    return ok,secs,note

def skipped_cells(files, skip):
    "How many code cells each skipped flag holds back"
    cells = (c for f in files for c in read_nb(f).cells if c.cell_type=='code')
    return Counter(flag for c in cells for flag in skip & extract_directives(c, remove=False).keys())

@call_parse # comes last: run as a script, `call_parse` calls the function right here
def main(path:str=None,       # A notebook or folder (default: all of nbs_path)
         flags:str='',        # Space separated flags to run that `tst_flags` skips, e.g. 'slow data'
         n_workers:int=2,     # Notebooks at a time
         timeout:float=600.,  # Seconds allowed to one notebook
         preload:str='torch matplotlib.pyplot pandas'): # Modules to import once and share between the processes
    "Run nbdev_test and print `N passed, N failed, N skipped`"
    os.environ.setdefault('OMP_NUM_THREADS', '1') # workers should not fight over the cores
    CTX.set_forkserver_preload(['nbdev.test', *preload.split()]) # (modules that are not there are passed over)
    res,files = [],[]
    def parallel(f, fns, n_workers=0, pause=0, **kw): # stands in for `fastcore.parallel.parallel`
        files.extend(fns)
        with ThreadPoolExecutor(max(1,n_workers)) as ex: res.extend(ex.map(lambda fn: _run_one(f, fn, timeout, kw), fns))
        return [r[:2] for r in res]
    T.parallel = parallel
    try: T.nbdev_test.__wrapped__(path=path, flags=flags, n_workers=n_workers); rc = 0
    except SystemExit as e: rc = e.code or 0
    held = skipped_cells(files, set(get_config().tst_flags.split())-set(flags.split()))
    if held: print('cells not run, by flag: ' + ', '.join(f'{k} {v}' for k,v in sorted(held.items())))
    skipped = sum(r[2].startswith('skipped') for r in res)
    passed = sum(r[0] for r in res)-skipped
    failed = len(res)-passed-skipped
    sys.stderr.flush()
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    sys.exit(int(bool(rc) or failed>0 or passed==0))

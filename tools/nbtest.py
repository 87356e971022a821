"""Run every notebook once, as Jupyter does, and compare what it shows with what is stored.

    python tools/nbtest.py                # all pages
    python tools/nbtest.py --path nbs/00_core.ipynb
    python tools/nbtest.py --selftest     # small notebooks, each broken in a way that must be seen

Each notebook gets a kernel of its own, with a time limit, so that a crash or a hang counts as failed and hides nobody
else. In reference notebooks and studies the cells that `nbdev_test` skips are skipped. A tutorial is run as its reader
runs it: flags mean nothing, there is no GPU and no outside data. An exception that ipywidgets would swallow (a
callback, `interact`, `with Output()`), one in a thread, or a failing `!command` fails the notebook. So does a stored
output that the cell no longer prints: text word for word, numbers to a few per cent, times, paths of temporary files
and pictures aside. A cell with the tag `varies` (in its metadata) is not compared. The last line can be read by a CI."""
import json, os, re, sys, tempfile, time, traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path
import nbformat
from execnb.nbio import read_nb
from fastcore.script import call_parse
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbdev.config import get_config
from nbdev.doclinks import nbglob
from nbdev.process import extract_directives
from nbkernel import FIGURES, IMPORTED, forked_kernel
from nbrun import is_tutorial, make_runner

CTX = get_context('forkserver')
TOLERANCE = .05 # of numbers, relative: training and sums differ a little between processors

# exceptions that a notebook hides

WATCH = '''
def _watch_hidden():
    import sys, threading, traceback
    from IPython.core.interactiveshell import InteractiveShell
    errors,shell = [],get_ipython()
    show = InteractiveShell.showtraceback
    def showtraceback(self, exc_tuple=None, *args, **kw):
        errors.append(''.join(traceback.format_exception(*(exc_tuple or sys.exc_info()))))
        return show(self, exc_tuple, *args, **kw)
    def in_thread(a): errors.append(''.join(traceback.format_exception(a.exc_type, a.exc_value, a.exc_traceback)))
    def after_cell(result):
        code = shell.user_ns.pop('_exit_code', 0)
        if code: errors.append(f'a `!command` ended with {code}')
    InteractiveShell.showtraceback,threading.excepthook = showtraceback,in_thread
    shell.events.register('post_run_cell', after_cell)
    return errors
_hidden_errors = _watch_hidden()
del _watch_hidden'''
REPORT = "if _hidden_errors: raise RuntimeError('an exception was hidden: ' + _hidden_errors[0])"

# what is stored, and what a fresh run shows

NUMBER = re.compile(r'(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w])')
ASIDE = [ # what differs from run to run
    (r'\x1b\[[\d;]*m', ''),                                            # colours
    (r'(?m)^.*(?:\d+%\||\[\d\d:\d\d).*$', ''),                           # progress bars
    (r'(?:/private)?/(?:tmp|var/folders|dev/shm)/[^\s\'",;:)]+', 'TEMPORARY'), # temporary files, to their end
    (r'(?: at)? 0x[0-9a-f]{6,}', ''),                                    # addresses, as `nbdev_clean` removes them
    (r'[-+]?\d[\d.,]*\s*(?:ms|µs|s|sec|seconds?|min|minutes?|hours?)\b(?:/\w+)?', 'TIME'),
    (r'[-+]?\d[\d.,]*\s*(?:\w+/s|frames (?:a|per) second|steps (?:a|per) second|fps)\b', 'RATE')]

def shown_text(outputs):
    "The text of a cell's outputs, without pictures, errors of streams, and what differs from run to run"
    parts = [output_text(o) for o in outputs]
    text = '\n'.join(''.join(part) for part in parts if part is not None)
    for what,instead in ASIDE:
        text = re.sub(what, instead, text)
    return text

def output_text(output):
    "Text of one output, a string or its lines; None for what is not compared"
    if output['output_type']=='stream' and output['name']=='stdout': return output['text']
    data = output.get('data', {})
    picture = any(kind.startswith('image/') or 'widget' in kind for kind in data)
    return None if picture else data.get('text/markdown', data.get('text/plain'))

def close(a, b):
    "Are two numbers the same up to the tolerance, or up to one in the last place that is shown?"
    x = float(a)
    y = float(b)
    shown = 1.01*max(last_place(a), last_place(b)) if '.' in a+b else 0
    allowed = max(TOLERANCE*max(abs(x), abs(y)), shown)
    return abs(x-y) <= allowed

def last_place(number):
    "What one is worth in the last place that a number shows, e.g. 0.01 for `47.83`"
    mantissa = number.partition('e')[0]
    decimals = mantissa.partition('.')[2]
    return 10.**-len(decimals)

def difference(stored, fresh):
    "Where a fresh text is not the stored one; '' if nowhere"
    before = words_of(stored)
    after = words_of(fresh)
    if before!=after:
        at = first_difference(before, after)
        near = slice(max(0, at-2), at+4)
        return f'stored {" ".join(before[near])!r}, now {" ".join(after[near])!r}'
    for x,y in zip(NUMBER.findall(stored), NUMBER.findall(fresh)):
        if not close(x, y): return f'stored {x}, now {y}'
    return ''

def words_of(text):
    "The words of a text, with `#` for each number and without the lines of tables"
    return re.sub(r'[\s\-|:]+', ' ', NUMBER.sub(' # ', text)).split()

def first_difference(a, b):
    "Where two lists begin to differ"
    for i,(x,y) in enumerate(zip(a, b)):
        if x!=y: return i
    return min(len(a), len(b))

def stale(old, new, ran):
    "Cells whose stored output is not what they print now: (number, difference)"
    for i in sorted(ran):
        cell = old.cells[i]
        varies = 'varies' in cell.metadata.get('tags', [])
        if cell.cell_type!='code' or varies: continue
        stored = shown_text(cell.outputs)
        if not stored.strip(): continue
        why = difference(stored, shown_text(new.cells[i].outputs))
        if why: yield i, why

# one notebook

def run_notebook(f, skip_flags, timeout):
    "What is wrong with a notebook, '' if nothing; runs it in a kernel"
    if is_tutorial(f):
        empty = tempfile.mkdtemp(prefix='no-outside-data-')
        os.environ.update(DIFFHPE_DATA=empty, CUDA_VISIBLE_DEVICES='')
    old = nbformat.read(f, as_version=4)
    nb = nbformat.from_dict(json.loads(json.dumps(old)))
    first = nbformat.v4.new_code_cell(WATCH)
    last = nbformat.v4.new_code_cell(REPORT)
    nb.cells = [first, *nb.cells, last]
    runner = make_runner(nb, f, skip_flags, timeout=timeout)
    kernel = nullcontext() if is_tutorial(f) else forked_kernel(Path(f).parent)
    try:
        with kernel as runner.km:
            runner.execute()
    except CellExecutionError as e: return str(e)
    except (CellTimeoutError, DeadKernelError) as e: return f'{type(e).__name__}: {e}'
    nb.cells = nb.cells[1:-1]
    ran = {i-1 for i in runner.ran if 0<i<=len(nb.cells)}
    place = lambda i: f'cell {i} ({old.cells[i].id})'
    return '\n'.join(f'{place(i)}: its stored output is not what it prints: {why}' for i,why in stale(old, nb, ran))

def _child(conn, *args):
    "What the process of a notebook does"
    try: why = run_notebook(*args)
    except Exception: why = traceback.format_exc() # e.g. of a kernel that did not start
    conn.send(why)
    conn.close()

def in_process(f, skip_flags, timeout):
    "`(what is wrong, seconds)` of a notebook in a process of its own"
    here,there = CTX.Pipe(False)
    process = CTX.Process(target=_child, args=(there, str(f), skip_flags, timeout))
    start = time.time()
    process.start()
    there.close()
    why = outcome(process, here, timeout)
    process.join(10)
    if process.is_alive():
        process.kill() # its kernel ends when it sees that its parent is gone
    return why, time.time()-start

def outcome(process, pipe, timeout):
    "What a notebook's process says is wrong, or what is wrong with the process"
    if not pipe.poll(timeout): return f'timed out after {timeout:g} s'
    try: return pipe.recv()
    except EOFError:
        process.join()
        return f'process ended without a result (exit code {process.exitcode})'

def skips_all(f):
    "Does a notebook say that it is not to be run?"
    raw = [cell for cell in read_nb(f).cells if cell.cell_type=='raw']
    return any('skip_exec: true' in cell.source for cell in raw)

def run_all(files, skip_flags, timeout, n_workers):
    "Outcome of each notebook: (file, what is wrong); None for what is skipped as a whole"
    def one(f):
        if skips_all(f):
            print(f'SKIP          {f}')
            return f, None
        why,seconds = in_process(f, skip_flags, timeout)
        verdict = 'FAIL' if why else 'ok  '
        print(f'{verdict} {seconds:7.1f}s  {os.path.relpath(f)}  {why[-3000:]}', flush=True)
        return f, why
    with ThreadPoolExecutor(max(1, n_workers)) as pool: return list(pool.map(one, files))

def longest_first(files):
    "Large notebooks take longest, more or less"
    return sorted(files, key=os.path.getsize, reverse=True)

def held_back(files, skip_flags):
    "How many code cells each skipped flag holds back"
    held = Counter()
    for f in files:
        if is_tutorial(f): continue
        for cell in read_nb(f).cells:
            if cell.cell_type=='code':
                held.update(skip_flags & extract_directives(cell, remove=False).keys())
    return held

# does it fail when it should?

IN_THREAD = """import threading
t = threading.Thread(target=lambda: 1/0)
t.start()
t.join()"""
IN_OUTPUT = """import ipywidgets
with ipywidgets.Output(): 1/0"""

SELFTEST = [ # folder, cells as (source, stored output, tags), what must be said ('': nothing)
    ('', [('1+1', '2', ())], ''),
    ('', [('print("took 3.1 s, 47.8 mm")', 'took 9.9 s, 47.9 mm', ())], ''),
    ('', [('#| data\nraise ValueError("no data")', '7', ())], ''),
    ('', [('print(1)', '5', ('varies',))], ''),
    ('', [('1/0', '', ())], 'ZeroDivisionError'),
    ('', [('print("error 53.3 mm")', 'error 47.8 mm', ())], 'stored 47.8, now 53.3'),
    ('', [('print("three models")', 'two models', ())], "stored 'two models', now 'three models'"),
    ('', [(IN_THREAD, '', ())], 'an exception was hidden'),
    ('', [(IN_OUTPUT, '', ())], 'an exception was hidden'),
    ('', [('!exit 3', '', ())], 'ended with 3'),
    ('', [('import os\nos._exit(1)', '', ())], 'DeadKernelError'),
    ('', [('import time\ntime.sleep(99)', '', ())], 'imed out'),
    ('tutorials', [('#| data\nraise ValueError("no data")', '', ())], 'no data'),
    ('tutorials', [('from diffhpe.core import outside_data\noutside_data("golden")', '', ())], 'MissingFile')]

def broken(folder, cells):
    "A file with a notebook of the self-test"
    where = Path(tempfile.mkdtemp())/folder
    where.mkdir(exist_ok=True)
    nb = nbformat.v4.new_notebook()
    for source,stored,tags in cells:
        cell = nbformat.v4.new_code_cell(source, metadata=dict(tags=list(tags)) if tags else {})
        if stored:
            cell.outputs = [nbformat.v4.new_output('stream', name='stdout', text=stored)]
        nb.cells.append(cell)
    nbformat.write(nb, where/'nb.ipynb')
    return where/'nb.ipynb'

def judge_broken(n_workers):
    "Every broken notebook must be seen, every good one must pass"
    def judged(case):
        folder,cells,says = case
        why,_ = in_process(broken(folder, cells), {'data'}, 30)
        right = says in why if says else not why
        source = cells[0][0]
        expected = says or 'nothing'
        return '' if right else f'{source!r}: expected {expected!r}, got {why[-300:]!r}'
    with ThreadPoolExecutor(n_workers) as pool: said = list(pool.map(judged, SELFTEST))
    missed = [why for why in said if why]
    for why in missed:
        print(why)
    print(f'selftest: {len(SELFTEST)-len(missed)} of {len(SELFTEST)} notebooks judged right')
    return int(bool(missed))

@call_parse # comes last: run as a script, `call_parse` calls the function right here
def main(path:str=None,       # A notebook or folder (default: all of nbs_path)
         flags:str='',        # Space separated flags to run that `tst_flags` skips, e.g. 'slow data'
         n_workers:int=2,     # Notebooks at a time
         timeout:float=900.,  # Seconds allowed to one notebook
         selftest:bool=False): # Only see whether broken notebooks are told from good ones
    "Run every notebook once, compare outputs, and print `N passed, N failed, N skipped`"
    os.environ.setdefault('OMP_NUM_THREADS', '1') # workers should not fight over the cores
    os.environ['IN_TEST'] = '1'
    os.environ['MPLBACKEND'] = FIGURES
    CTX.set_forkserver_preload(IMPORTED)
    if selftest: raise SystemExit(judge_broken(n_workers))
    skip = set(get_config().tst_flags.split()) - set(flags.split())
    files = longest_first(nbglob(path, as_path=True))
    done = run_all(files, skip, timeout, n_workers)
    held = sorted(held_back(files, skip).items())
    if held:
        print('cells not run, by flag: ' + ', '.join(f'{flag} {n}' for flag,n in held))
    skipped = sum(why is None for _,why in done)
    failed = [os.path.relpath(f) for f,why in done if why]
    passed = len(done)-skipped-len(failed)
    for f,why in done: # again, where one looks first and logs are not cut
        if why: print(f'\nFAIL {os.path.relpath(f)}\n{why[-3000:]}')
    if failed:
        print('failed: ' + ' '.join(failed))
    print(f'{passed} passed, {len(failed)} failed, {skipped} skipped')
    sys.exit(int(bool(failed) or not passed))

"""Try to break it, and write down what happened: hostile files with a canary, fuzzed files and arrays, kills, a full disk.

    python tools/campaign.py --small                    # three minutes at most, for CI; ends with 1 if anything did not hold
    python tools/campaign.py --inputs 3300 --moments 200 --out results/campaign.csv # at length

Every try runs in a forked process: what it may use is bounded (2 s, 1 GB above the start), and a canary shows whether code
of a file has run. What counts as held: a value that makes sense, or a `DiffhpeError`; after kills the same bits as without;
on a full disk a named error and nothing half-written. Needs a system with `fork` (Linux, macOS)."""
import os
import random
import sys
import tempfile
import time
from pathlib import Path
import pandas as pd
import torch
from fastcore.script import call_parse
from campaign_fuzz import fuzz_files, fuzz_video
from campaign_hostile import hostile
from campaign_kills import JOBS, full_disk, kills
from campaign_planted import planted

SMALL_LIMITS = (0, 100, 4096, 20_000) # bytes that a file may have on the full disk
LIMITS = (0, 1, 64, 100, 1000, 4096, 8192, 20_000, 100_000)
SMALL_KILLS = dict(training=9, study=4, lift=4, cache=4, export=4)
STAGES = ('planted','hostile','disk','kills','files','video')

def results(d, stages, small, inputs, moments, seed, jobs, target):
    "(row of figures, faults) of one target after the other"
    draw = random.Random(seed)
    if 'planted' in stages:
        yield planted()
    if 'hostile' in stages:
        yield hostile(d/'hostile')
    if 'disk' in stages:
        yield full_disk(d/'disk', SMALL_LIMITS if small else LIMITS)
    if 'kills' in stages:
        for name in jobs:
            yield kills(d/name, name, SMALL_KILLS[name] if small else moments, draw)
    if 'files' in stages:
        yield from fuzz_files(d/'files', inputs, seed, target)
    if 'video' in stages:
        yield fuzz_video(inputs, seed)

def in_memory():
    "A folder in memory where there is one, since files are written and synced by the thousand; None: the usual"
    shm = Path('/dev/shm')
    return shm if shm.is_dir() and os.access(shm, os.W_OK) else None

def tell(row, faults):
    "Print what came of one target"
    line = '{stage:18} {target:22.22} {tried:6} tried, {value:6} values, {refused:6} refused, {fault:3} faults, {slowest} s'
    print(line.format(**row), flush=True)
    for fault in faults[:5]:
        print(f'    {fault}'[:300], flush=True)

def keep(row, out, seed):
    "Add a row to the file of figures"
    about = dict(date=time.strftime('%Y-%m-%d'), torch=torch.__version__, python=sys.version.split()[0], seed=seed)
    new = pd.DataFrame([row | about])
    old = [pd.read_csv(out)] if Path(out).exists() else []
    pd.concat([*old, new]).to_csv(out, index=False)

def chosen(text, among):
    "Names separated by commas; all if there are none"
    names = text.split(',') if text else list(among)
    unknown = set(names)-set(among)
    if unknown: raise SystemExit(f'unknown: {", ".join(sorted(unknown))}; there are: {", ".join(among)}')
    return names

@call_parse # comes last: run as a script, `call_parse` calls the function right here
def main(small:bool=False,  # Three minutes at most
         inputs:int=300,    # Fuzzed inputs for each reader and for lift_video
         moments:int=40,    # Kills of each job
         seed:int=0,        # Seed of everything that is drawn
         stages:str='',     # Stages, separated by commas: planted, hostile, disk, kills, files, video; default: all
         jobs:str='',       # Jobs to kill, separated by commas: training, study, lift, cache, export; default: all
         target:str='',     # Part of the name of the readers to fuzz; default: all
         out:str=None):     # CSV file to add the figures to
    "Try to break it; ends with 1 if anything did not hold"
    torch.set_num_threads(1)
    inputs = 40 if small else inputs
    tried = 0
    broken = 0
    with tempfile.TemporaryDirectory(dir=in_memory()) as tmp:
        for row,faults in results(Path(tmp), chosen(stages, STAGES), small, inputs, moments, seed, chosen(jobs, JOBS), target):
            tell(row, faults)
            tried += row['tried']
            broken += len(faults)
            if out:
                keep(row, out, seed)
    print(f'{tried} tries, {broken} did not hold')
    sys.exit(bool(broken))

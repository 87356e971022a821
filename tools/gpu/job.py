"""One prepared job for a GPU: tests, a benchmark, then training for as long as there is time.

    python tools/gpu/job.py --out out                      # all three stages on the GPU
    python tools/gpu/job.py --out out --came earlier       # goes on with the training that an earlier run left
    python tools/gpu/job.py --out out --small --device cpu # everything in small on the CPU, about a minute

README.md beside this file says what each stage must reach, and how that was worked out."""
import argparse
import json
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])] # the checkout counts, installed or not

import torch
from diffhpe.core import DiffhpeError, atomic_path

import learn
import parity
import speed

STAGES = dict(tests=parity.run, benchmark=speed.run, training=learn.run)

def machine(device):
    "What the numbers were measured on"
    name = torch.cuda.get_device_name(device) if device.type=='cuda' else 'CPU'
    return dict(device=name, torch=torch.__version__, cuda=torch.version.cuda, threads=torch.get_num_threads())

def write_json(path, content):
    "A small file, whole or not at all"
    with atomic_path(path) as tmp: Path(tmp).write_text(json.dumps(content, indent=1))

def read_arguments():
    "What was asked for"
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--out', type=Path, required=True, help='folder for results and checkpoints')
    p.add_argument('--came', type=Path, help='the same folder of an earlier run, to go on with its training')
    p.add_argument('--golden', type=Path, help="folder with the released code's numbers; without it, parity is with this library on the CPU in double precision alone")
    p.add_argument('--stages', default=','.join(STAGES), help='which, with commas between them; default: %(default)s')
    p.add_argument('--minutes', type=float, default=7., help='time of the training stage; default: %(default)s')
    p.add_argument('--recipe', default='mixste-large-video', help=f'what is trained: {", ".join(learn.RECIPES)}; default: %(default)s')
    p.add_argument('--device', default='cuda', help='default: %(default)s')
    p.add_argument('--draw', action='store_true', help='draw the windows on the device, too; default: on the CPU')
    p.add_argument('--small', action='store_true', help='everything in small, to see that it works')
    return p.parse_args()

def main():
    a = read_arguments()
    unknown = [s for s in a.stages.split(',') if s not in STAGES]
    if unknown: raise DiffhpeError(f'unknown stage {unknown[0]!r}; there are: {", ".join(STAGES)}')
    device = torch.device(a.device)
    if device.type=='cuda' and not torch.cuda.is_available(): raise DiffhpeError('there is no CUDA device here; --device cpu --small runs everything in small')
    a.out.mkdir(parents=True, exist_ok=True)
    report = dict(machine=machine(device), small=a.small)
    for stage in a.stages.split(','):
        start = time.monotonic()
        print(f'--- {stage}', flush=True)
        report[stage] = STAGES[stage](a, device)
        report[stage]['seconds'] = round(time.monotonic()-start, 1)
        write_json(a.out/'report.json', report)
    print(json.dumps(report, indent=1))
    failed = report.get('tests', {}).get('failed', [])
    if failed: sys.exit(f'{len(failed)} tests failed: {", ".join(failed)}')

if __name__=='__main__': main()

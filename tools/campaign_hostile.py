"""Hostile files of the campaign: files that would run code, or eat memory or time, at every reader that takes their kind."""
import os
import pickle
import shutil
import zipfile
from pathlib import Path
import numpy as np
import torch
from campaign_tries import tries
from diffhpe.checkpoint import load_lifter
from diffhpe.safe_files import load_json, safe_load
from diffhpe.export import read_motion
from diffhpe.h36m import read_npz
from diffhpe.keypoints import read_keypoints
from diffhpe.masks import load_masks

class Evil:
    "What runs a call when it is unpickled"
    def __init__(self, call): self.call = call
    def __reduce__(self): return self.call

def _calls(canary, valuable):
    "Calls that leave a canary, remove what is valuable, or open a way to do so"
    canary = str(canary)
    return [
        (os.mkdir, (canary,)),
        (os.system, (f'touch {canary}',)),
        (eval, (f'__import__("os").mkdir({canary!r})',)),
        (exec, (f'open({canary!r},"w")',)),
        (open, (canary,'w')),
        (getattr, ('', 'join')),
        (shutil.rmtree, (str(valuable),)),
        (__import__, ('os',)),
        (pickle.loads, (pickle.dumps(0),)),
        (np.load, (canary,)),
        (torch.load, (canary,))]

def _npy(description, data):
    "An .npy file with this header"
    head = description.encode()
    return b'\x93NUMPY\x01\x00' + len(head).to_bytes(2, 'little') + head + data

def _positions(path): return read_npz(path, 'positions_3d')

_OBJECT = "{'descr': '|O', 'fortran_order': False, 'shape': (), }"
_HUGE = "{'descr': '<f8', 'fortran_order': False, 'shape': (100000000, 17, 2), }"

def _pickles(files, calls):
    "(file, reader) of pickles under every name that a reader takes"
    for i,call in enumerate(calls):
        for version in (0, 2, 4):
            raw = pickle.dumps(dict(x=Evil(call)), version)
            array = _npy(_OBJECT, raw)
            for end,data,read in (('pth',raw,load_lifter), ('pt',raw,safe_load), ('npy',array,read_keypoints)):
                path = files/f'{i}-{version}.{end}'
                path.write_bytes(data)
                yield path,read
            path = files/f'{i}-{version}.npz'
            with zipfile.ZipFile(path, 'w') as z:
                z.writestr('positions_3d.npy', array)
            for read in (_positions, read_keypoints, read_motion, load_masks):
                yield path,read
        path = files/f'{i}.zip.pth'
        torch.save({'model.x': Evil(call)}, path)
        yield path,load_lifter

def _large(files):
    "(file, reader) of small files that ask for much"
    for name,text in {'deep.json': '['*200_000, 'long.json': '9'*10_000}.items():
        (files/name).write_text(text)
        for read in (load_json, read_keypoints, read_motion):
            yield files/name,read
    bomb = files/'bomb.npz' # 300 kB that unpack to 300 MB and say 27 GB
    with zipfile.ZipFile(bomb, 'w', zipfile.ZIP_DEFLATED) as z, z.open('keypoints.npy', 'w') as f:
        f.write(_npy(_HUGE, b''))
        for _ in range(300):
            f.write(bytes(1<<20))
    for read in (read_keypoints, read_motion, load_masks):
        yield bomb,read
    nested = b'N'
    for _ in range(60): # each level holds the one below twice: 300 bytes, 2^60 objects
        nested = b'(' + nested + b'q\x002t'
    path = files/'nested.npz'
    with zipfile.ZipFile(path, 'w') as z:
        z.writestr('positions_3d.npy', _npy(_OBJECT, b'\x80\x02' + nested + b'.'))
    yield path,_positions

def hostile(d):
    "Files that would run code or eat memory, at every reader that takes their kind: all are refused, and the canary is not there"
    d = Path(d)
    canary = d/'canary'
    valuable = d/'valuable'
    files = d/'files'
    files.mkdir(parents=True)
    valuable.mkdir()
    cases = [*_pickles(files, _calls(canary, valuable)), *_large(files)]
    def case(i):
        path,read = cases[i]
        return lambda: read(path)
    row,faults = tries('hostile files', 'all readers', case, len(cases))
    faults += [f'hostile files: {row["value"]} gave a value']*bool(row['value'])
    row |= dict(value=0, fault=row['fault']+row['value']) # no hostile file may give a value
    if canary.exists() or not valuable.exists():
        faults.append('hostile files: CODE RAN')
    return row,faults

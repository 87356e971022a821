"""Valid files of the campaign: one of every kind that the library reads, as small as it can be, with the function that reads it."""
import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from torch import nn
from diffhpe.baselines import load_baselines
from diffhpe.bvh_reader import read_bvh
from diffhpe.camera import to_pixels
from diffhpe.camera_study import _ERRORS, _KEY, _kept_rows
from diffhpe.checkpoint import load_lifter, save_lifter
from diffhpe.core import asset, rng
from diffhpe.safe_files import load_json, safe_load
from diffhpe.data import synthetic_data
from diffhpe.flat_files import read_flat, write_flat
from diffhpe.datasets import load_set, save_set
from diffhpe.export import EXPORTS, Motion3D, export_motion, read_motion
from diffhpe.h36m import read_npz
from diffhpe.keypoints import read_keypoints
from diffhpe.lift_files import own_motions
from diffhpe.lifter import make_lifter
from diffhpe.masks import load_masks, save_masks
from diffhpe.motion import load_motion, open_motion, save_motion
from diffhpe.occlusion_study import read_record
from diffhpe.presets import get_preset
from diffhpe.processes import start_run
from diffhpe.recipes import plot_log
from diffhpe.released import to_released
from diffhpe.scores import load_scores
from diffhpe.training import Learner, load_state, save_state

SIZE = (1000,1000)

def motion(F=12):
    "A motion with all that a motion can have"
    x = torch.randn(F, 17, 3, generator=rng(0))*.3
    x[:,0] = 0
    return Motion3D(
        x, 50.,
        root=torch.tensor([0.,0,4]).expand(F, 3),
        hypotheses=x[None].repeat(2,1,1,1),
        spread=torch.ones(F,17)*.01,
        mask=torch.ones(F,17,dtype=torch.bool),
        x2d=torch.rand(F,17,2)*900)

def people(F=4):
    "Seventeen joints of a walking body, (F, 17, 3): pixels and confidence"
    pixels = to_pixels(small_data()[0].x2d[:F], SIZE)
    conf = torch.full((F,17,1), .9)
    return torch.cat([pixels, conf], -1).double().numpy().round(2)

def small_data():
    "Two short recordings"
    return synthetic_data(0, takes=1, n_frames=20, kinds=('walking',), subjects=('S1','S9'))

def small_lifter(name='mixste-small'):
    "A lifter with random weights"
    return make_lifter(get_preset(name, L=9)).eval()

# layouts of detectors

def _detector_json():
    "{detector: what it writes}"
    k = people().tolist()
    flat = [np.reshape(frame, -1).tolist() for frame in k]
    xy = [[joint[:2] for joint in frame] for frame in k]
    score = [[joint[2] for joint in frame] for frame in k]
    names = [dict(id=i, file_name=f'{i}.jpg') for i in range(len(k))]
    return dict(
        mmpose=[dict(frame_id=i, instances=[dict(keypoints=a, keypoint_scores=b)]) for i,(a,b) in enumerate(zip(xy, score))],
        alphapose=[dict(image_id=f'{i}.jpg', keypoints=v, score=1., idx=1) for i,v in enumerate(flat)],
        coco=dict(images=names, annotations=[dict(image_id=i, keypoints=v) for i,v in enumerate(flat)]),
        openpose=dict(version=1.3, people=[dict(person_id=[-1], pose_keypoints_2d=(np.arange(75)+1.).tolist())]),
        mediapipe=[[dict(x=.3+.01*j, y=.1+.02*j, z=0., visibility=.9) for j in range(33)] for _ in k])

_LABEL = '0 0.5 0.5 0.2 0.4 ' + ' '.join(f'{.3+.01*j} {.1+.02*j} 0.9' for j in range(17)) + '\n'

def _write_deeplabcut(path):
    "A table as DeepLabCut writes it: three rows of names, then numbers"
    parts = [f'{side}_{part}' for side in ('left','right') for part in ('hip','knee','ankle','shoulder','elbow','wrist','eye','ear')]
    coords = ('x','y','likelihood')
    columns = [(part, coord) for part in parts for coord in coords]
    head = [
        ['scorer', *('net' for _ in columns)],
        ['bodyparts', *(part for part,_ in columns)],
        ['coords', *(coord for _,coord in columns)]]
    place = lambda i, frame: .9 if i%3==2 else 100+7*i+frame
    rows = [[frame, *(place(i, frame) for i in range(len(columns)))] for frame in range(4)]
    path.write_text('\n'.join(','.join(map(str, row)) for row in head+rows))

def _write_flat_trc(path):
    "2D keypoints as TRC markers"
    names = ('Hip','RKnee','RAnkle','LKnee','LAnkle','Neck','Nose')
    head = [
        'PathFileType\t4\t(X/Y/Z)\tx.trc',
        'DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits',
        f'30\t30\t3\t{len(names)}\tmm',
        'Frame#\tTime\t' + '\t\t\t'.join(names) + '\t\t',
        '\t\t']
    values = '\t'.join(f'{100+9*j}\t{200+5*j}\t0' for j in range(len(names)))
    rows = [f'{f}\t{f/30:.4f}\t{values}' for f in range(1, 4)]
    path.write_text('\n'.join(head+rows))

def _in_folder(d, name, source):
    "A copy of a file in a folder of its own"
    folder = d/f'folder{source.suffix}'
    folder.mkdir()
    return Path(shutil.copy(source, folder/name))

def _detector_files(d):
    "{target: (valid file, reader)} of the layouts of detectors"
    read = partial(read_keypoints, size=SIZE)
    as_told = partial(read_keypoints, format='h36m17', size=SIZE)
    folder = lambda path: read(path.parent)
    for name,content in _detector_json().items():
        (d/f'{name}.json').write_text(json.dumps(content))
    rows = [dict(frame=f, joint=j, x=x, y=y, conf=c) for f,frame in enumerate(people()) for j,(x,y,c) in enumerate(frame)]
    pd.DataFrame(rows).to_csv(d/'keys.csv', index=False)
    np.save(d/'keys.npy', people())
    np.savez(d/'keys.npz', keypoints=people())
    (d/'keys_000000.txt').write_text(_LABEL)
    _write_deeplabcut(d/'deeplabcut.csv')
    _write_flat_trc(d/'keys.trc')
    (d/'lines.jsonl').write_text('\n'.join(map(json.dumps, _detector_json()['mmpose'])))
    plain = {f'keypoints {name}': (d/f'{name}.json', read) for name in _detector_json()}
    named = {f'keypoints {name[5:]}': (d/name, as_told) for name in ('keys.csv','keys.npy','keys.npz')}
    return plain | named | {
        'keypoints txt': (d/'keys_000000.txt', as_told),
        'keypoints deeplabcut': (d/'deeplabcut.csv', read),
        'keypoints trc': (d/'keys.trc', read),
        'keypoints jsonl': (d/'lines.jsonl', read),
        'folder openpose': (_in_folder(d, 'a_000001.json', d/'openpose.json'), folder),
        'folder labels': (_in_folder(d, 'a_000001.txt', d/'keys_000000.txt'), folder)}

# motions

def _several_people(motion_csv, path):
    "The table of a motion, twice, with a column that says who it is"
    table = pd.read_csv(motion_csv)
    parts = [table.assign(person=who)[['person', *table.columns]] for who in (0,1)]
    pd.concat(parts).to_csv(path, index=False)

def _motion_files(d):
    "{target: (valid file, reader)} of motions"
    out = {f'motion {end[1:]}': (Path(export_motion(motion(6), d/f'motion{end}')), read_motion) for end in EXPORTS}
    out['bvh'] = Path(export_motion(motion(6), d/'own.bvh')),read_bvh
    _several_people(d/'motion.csv', d/'people.csv')
    out['motion people'] = d/'people.csv',own_motions
    save_motion(open_motion('bench_test').take([0]), d/'motion.dhm')
    out['open motion'] = d/'motion.dhm',load_motion
    return out

# models and runs

def _thin_released():
    "A network of the released kind, as thin as it can be"
    config = get_preset('mixste', L=9)
    return make_lifter(replace(config, net=replace(config.net, width=16, depth=1))).eval()

class _Tiny(nn.Linear):
    "A network of one layer"
    def __init__(self): super().__init__(2, 1)
    def loss(self, x): return self(x).square().mean()

class _Ones:
    "Two batches an epoch"
    def __len__(self): return 2
    def set_epoch(self, epoch): pass
    def __getitem__(self, i): return torch.ones(4, 2)

def _tiny_run():
    "A training of a network of one layer"
    torch.manual_seed(0)
    net = _Tiny()
    optimizer = torch.optim.Adam(net.parameters())
    return Learner(net, _Ones(), optimizer, [])

def _taken_up(path):
    "Take up a training from its state"
    load_state(_tiny_run(), path)

def _model_files(d):
    "{target: (valid file, reader)} of models and states"
    save_lifter(small_lifter(), d/'model.safetensors')
    torch.save(dict(to_released(_thin_released())), d/'model.pth')
    torch.save(dict(a=torch.ones(3), b=[1,2], c=dict(x=1.)), d/'state.pt')
    run = _tiny_run()
    run.fit(1)
    save_state(run, d/'last.pt')
    return dict(
        model=(d/'model.safetensors', load_lifter),
        released=(d/'model.pth', load_lifter),
        state=(d/'state.pt', safe_load),
        last=(d/'last.pt', _taken_up))

def _drawn(path):
    "The curves of a run, drawn and put away"
    plot_log(path.parent)
    plt.close('all')

def _write_log(path):
    "The log of a run"
    pd.DataFrame(dict(epoch=[0,1], step=[5,10], train_loss=[1.,.5], mpjpe=[80.,60.], seconds=[1.,2.])).to_csv(path, index=False)

def _write_scores(path):
    "Scores of two recordings"
    table = dict(recording=['a','b'], value=[1.,2.])
    parts = dict(conditions=dict(frames=9), recordings=table, sums=table, counts=table, calibration=None, reliability=None)
    path.write_text(json.dumps(dict(format='diffhpe scores', version=1, **parts)))

def _run_files(d):
    "{target: (valid file, reader)} of runs, studies and their tables"
    config = dict(lr=1., recipe=dict(epochs=3))
    start_run(d/'run', config)
    begin = lambda path: start_run(path.parent, config)
    (d/'record.json').write_text(json.dumps(dict(settings=dict(lr=1.), model='abc', seconds=1.)))
    _write_log(d/'log.csv')
    _write_scores(d/'scores.json')
    row = dict.fromkeys(_KEY, 'a') | dict(number=0) | dict.fromkeys(_ERRORS, 1.5)
    pd.DataFrame([row, row]).to_csv(d/'cameras.csv', index=False)
    return {
        'json': (d/'record.json', load_json),
        'record': (d/'record.json', read_record),
        'run': (d/'run'/'config.json', begin),
        'environment': (d/'run'/'environment.json', begin),
        'log': (d/'log.csv', _drawn),
        'scores': (d/'scores.json', load_scores),
        'camera table': (d/'cameras.csv', _kept_rows)}

# data sets

def _data_files(d):
    "{target: (valid file, reader)} of data sets, masks and baselines"
    data = small_data()
    write_flat(data, d/'flat', 'own')
    save_set(data, d/'set.safetensors', 'x')
    save_masks(data, d/'masks.npz', {'random':None, 'noisy':None}, L=9)
    positions = {'S1': {'Walking': np.zeros((5,32,3), 'f4')}}
    np.savez(d/'h36m.npz', positions_3d=np.array(positions, dtype=object))
    shutil.copy(asset('baselines-cmu.npz'), d/'baselines.npz')
    in_folder = lambda path: read_flat(path.parent)
    return {
        'cache': (d/'set.safetensors', load_set),
        'masks': (d/'masks.npz', load_masks),
        'h36m': (d/'h36m.npz', lambda path: read_npz(path, 'positions_3d')),
        'baselines': (d/'baselines.npz', load_baselines),
        'cameras': (d/'flat'/'cameras_own.json', in_folder),
        'flat 3D': (d/'flat'/'data_3d_own.npz', in_folder),
        'flat 2D': (d/'flat'/'data_2d_own_det.npz', in_folder)}

def readers(d):
    "{target: (valid file, function that reads it)}"
    d.mkdir(parents=True)
    return {**_run_files(d), **_data_files(d), **_model_files(d), **_motion_files(d), **_detector_files(d)}

"""The extra `video`, with the real packages: cells of notebooks that are flagged `video`, and a video lifted by the command.

    python tools/video_test.py            # in an environment with `pip install '.[video]' rtmlib`

What needs the real video (`data/video` of the outside data) is passed over where it is absent, and that is said."""
import json, os, re, subprocess, sys, tempfile, time
from pathlib import Path
import matplotlib
from diffhpe.core import MissingFile, outside_data

root = Path(__file__).resolve().parent.parent
NOTEBOOKS = ('65b_detectors', '74_film')
TRUNK_UPRIGHT = .8 # cosine between trunk and vertical, at least, of the man on the roof, half of the time

def real_video():
    "The real video; None where it is absent"
    try: return outside_data('data/video')/'sports2d_demo.mp4'
    except MissingFile: return None

def flags_of(source):
    "Names of the directives of a cell"
    return set(re.findall(r'^#\|\s*(\w+)', source, re.M))

def run_cells(name, flags):
    "Run the code cells of a notebook that have no flags but these; returns how many of them have the flag `video`"
    book = json.loads((root/'nbs'/f'{name}.ipynb').read_text(encoding='utf-8'))
    off = {'notest','slow','cuda','data','video'}-flags
    space,count = dict(__name__='__main__'),0
    for cell in book['cells']:
        source = ''.join(cell['source'])
        if cell['cell_type']!='code' or flags_of(source) & off: continue
        exec(compile(source, f'{name}.ipynb, cell {cell["id"]}', 'exec'), space)
        count += 'video' in flags_of(source)
    return count

def lift(video, folder):
    "Lift a video to a motion and a film by the command; what it said"
    outs = [folder/'walk.bvh', folder/'walk.mp4', folder/'walk.npz']
    line = [sys.executable, '-m', 'diffhpe', 'lift', video, '--out', *outs, '--n', 2, '--steps', 5]
    r = subprocess.run([*map(str, line)], capture_output=True, text=True)
    assert r.returncode==0, r.stdout+r.stderr
    return r.stdout

def check_lift(folder):
    "Is the motion that of the video, does its man stand upright, is the film a film?"
    from diffhpe.bvh_reader import read_bvh
    from diffhpe.detectors import video_info
    from diffhpe.export import read_motion
    motion = read_motion(folder/'walk.npz')
    assert motion.fps==30 and 140<len(motion)<=230, motion
    points,fps = read_bvh(folder/'walk.bvh')
    assert fps==30 and len(points)==len(motion), (fps, len(points))
    world = motion.world()
    trunk = world[:,8]-world[:,0]
    upright = trunk[:,2]/trunk.norm(dim=-1) # z up
    assert upright.median()>TRUNK_UPRIGHT, upright.median()
    film = video_info(folder/'walk.mp4')
    assert abs(len(film)/film.fps-len(motion)/30)<.2, (film, motion)
    return f'{motion}; trunk upright: {upright.median():.2f}; {film}'

def main():
    "All of it"
    began = time.monotonic()
    matplotlib.use('agg')
    video = real_video()
    if video is None: print('no data/video in the outside data: the real video is passed over')
    flags = {'video'} if video is None else {'video','data'}
    for name in NOTEBOOKS if video else NOTEBOOKS[:1]: # films are made of it
        print(f'{name}: {run_cells(name, flags)} cells flagged video')
    if video is not None:
        with tempfile.TemporaryDirectory() as d:
            print(lift(video, Path(d)))
            print(check_lift(Path(d)))
            kept = os.environ.get('DIFFHPE_KEEP') # a folder for the film, to look at
            if kept: [(Path(kept)/o.name).write_bytes(o.read_bytes()) for o in Path(d).iterdir()]
    print(f'video: {time.monotonic()-began:.0f} s')

if __name__=='__main__': main()

"""Use the library in a real browser: the notebook's widgets, those of the tutorials, the HTML player and a report
without a network, live lifting, and all pages as tools/docs.py made them.

    python tools/browser_test.py [--shots FOLDER] [--only player|people|report|live|pages|widgets|tutorials] [--install]

Needs a Chromium, and `pip install playwright voila`. $CHROMIUM names the browser if it is not on the path. With
`--install`, or where CI=true, a missing one is installed (`apt-get`, as root). What cannot run is a failure where
CI=true and skipped elsewhere. The last line is `N passed, N failed, N skipped`."""
import argparse, importlib.util, json, os, re, shutil, socket, subprocess, sys, tempfile, time, traceback
from contextlib import contextmanager
from pathlib import Path
from browser_pages import pages

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync']
WAIT = 60_000 # milliseconds that one change may take on a busy machine

# what there is to run with

def find_browser():
    "A Chromium or Chrome, or None"
    usual = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
    names = [os.environ['CHROMIUM']] if 'CHROMIUM' in os.environ else usual
    paths = map(shutil.which, names)
    return next(filter(None, paths), None)

def install_browser():
    "Debian's Chromium, if we may"
    if os.geteuid() or not shutil.which('apt-get'):
        print('cannot install chromium: that takes root and apt-get')
        return
    quiet = dict(check=True, stdout=subprocess.DEVNULL, env=os.environ | dict(DEBIAN_FRONTEND='noninteractive'))
    subprocess.run(['apt-get', 'update', '-qq'], **quiet)
    subprocess.run(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'chromium'], **quiet)

def lacking(browser):
    "What is missing, as a sentence; empty if nothing is"
    missing = []
    packages = [n for n in ('playwright', 'voila') if importlib.util.find_spec(n) is None]
    if browser is None: missing.append('no Chromium was found: apt-get install chromium, or put its path into $CHROMIUM')
    if packages: missing.append(f'pip install {" ".join(packages)}')
    return '; '.join(missing)

# counting

class Checks:
    "Runs named checks, says how each went, and counts"
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = 0

    def __call__(self, what, act, *args, **kw):
        start = time.time()
        try:
            act(*args, **kw)
        except Exception as e:
            self.failed += 1
            print(f'FAIL {time.time()-start:5.1f}s  {what}: {e}', flush=True)
            if not isinstance(e, AssertionError): traceback.print_exc()
        else:
            self.passed += 1
            print(f'ok   {time.time()-start:5.1f}s  {what}', flush=True)

    def end(self):
        "Print the sums; returns the exit code"
        print(f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped', flush=True)
        nothing = self.passed+self.skipped==0
        return int(self.failed>0 or nothing)

@contextmanager
def no_errors(page, offline=False):
    "An assertion that nothing went wrong in the page, and if `offline`, that it asked for nothing"
    wrong = []
    page.on('pageerror', lambda e: wrong.append(str(e)))
    if offline:
        own = ('file:', 'data:', 'about:')
        page.on('console', lambda m: m.type=='error' and wrong.append(m.text))
        page.on('request', lambda r: r.url.startswith(own) or wrong.append(f'asked for {r.url}'))
    yield wrong
    assert not wrong, wrong

# the HTML player

FRAMES = 100

def turning_body():
    "A rest pose that turns once around, (F, J, 3), metres, world frame"
    import torch
    from diffhpe.skeleton import rest_pose
    angle = torch.linspace(0, 6.283, FRAMES)[:,None]
    x,y,z = rest_pose().expand(FRAMES, 17, 3).unbind(-1)
    turned = angle.cos()*x - angle.sin()*y, angle.sin()*x + angle.cos()*y
    return torch.stack([*turned, z], -1)

def growing_lighter():
    "A video whose pictures become lighter, (F, height, width, 3)"
    import numpy as np
    light = np.arange(FRAMES, dtype=np.uint8)[:,None,None,None]
    return np.broadcast_to(100+light, (FRAMES,48,64,3))

def example():
    "Two systems, hypotheses, truth, region of uncertainty, and 2D input on a video"
    import torch
    from diffhpe.camera import camera_from_fov, project, to_pixels, world_to_camera
    from diffhpe.core import rng
    from diffhpe.player import PoseView
    camera = camera_from_fov(50, (640,480))
    before_it = turning_body() + torch.tensor([0,3.,-1])
    x_cam = world_to_camera(before_it, camera.quat, camera.trans)
    truth = x_cam - x_cam[:,:1]
    x2d = to_pixels(project(x_cam, camera.intrinsics), camera.size)
    errors = .05*torch.randn(6, 1, 17, 3, generator=rng(0))
    poses = {'DiffHPE': truth+errors[:5], 'supervised': truth+errors[5]}
    radius = torch.full((FRAMES,17), .06)
    return PoseView(poses, truth, x2d, camera.size, True, title='Two systems and the truth', radius=radius, video=growing_lighter())

PIXELS = '''id => {
  const c = document.getElementById(id);
  let hash = 0;
  for (const v of c.getContext('2d').getImageData(0, 0, c.width, c.height).data) hash = (hash*31 + v) | 0;
  return hash;
}'''
HEIGHT = '''() => { // of what is drawn, in lines of the canvas
  const c = document.getElementById('turn'), w = c.width;
  const data = c.getContext('2d').getImageData(0, 0, w, c.height).data;
  const lines = [];
  for (let y = 0; y < c.height; y++)
    for (let x = 0; x < w; x++) if (data[4*(y*w + x) + 3] > 99) { lines.push(y); break; }
  return lines[lines.length - 1] - lines[0];
}'''
CORNER = '''() => { // the red of the video's picture in its upper left corner
  const c = document.getElementById('flat');
  const {width, height} = c;
  const k = .96*Math.min(width, height/.75);
  const at = [(width - k)/2 + 9, (height - .75*k)/2 + 9].map(Math.round);
  return c.getContext('2d').getImageData(...at, 1, 1).data[0];
}'''

def changes(page, act, canvas='turn', same=False):
    "`act` must change the canvas, or leave it as it is"
    before = page.evaluate(PIXELS, canvas)
    act()
    end = time.time() + (.3 if same else 10)
    while time.time()<end and page.evaluate(PIXELS, canvas)==before:
        page.wait_for_timeout(50)
    unchanged = page.evaluate(PIXELS, canvas)==before
    assert unchanged==same, f'the picture {"changed" if same else "did not change"}'

def frame(page):
    "Number of the frame that is shown, from 1"
    return int(page.inner_text('#time').split('frame ')[1].split()[0])

def plays(page):
    "Space plays and stops, at the speed of the clock"
    page.locator('#turn').focus()
    first = frame(page)
    start = page.evaluate('performance.now()')
    page.keyboard.press(' ')
    page.wait_for_timeout(1000)
    page.keyboard.press(' ')
    took = page.evaluate('performance.now()') - start
    n = (frame(page)-first) % FRAMES
    assert .5*took/20<n<=took/20+2, f'{n} frames in {took:.0f} ms at 50 frames/s'

def middle(page):
    "Where the middle of the 3D picture is, pixels of the window"
    box = page.locator('#turn').bounding_box()
    return box['x']+box['width']/2, box['y']+box['height']/2

def drag(page):
    x,y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x+80, y+30, steps=4)
    page.mouse.up()

def check_view(check, page):
    "Turn and zoom by mouse, keys and buttons"
    press = page.keyboard.press
    check('player: drag turns', changes, page, lambda: drag(page))
    check('player: wheel zooms', changes, page, lambda: page.mouse.wheel(0, -300))
    check('player: the 2D input does not turn', changes, page, lambda: drag(page), 'flat', same=True)
    page.dblclick('#turn')
    for name in ('Camera', 'Side', 'Top'):
        check(f'player: view {name}', changes, page, lambda: page.click(f'button:text-is("{name}")'))
    page.locator('#turn').focus()
    for key in ('ArrowLeft', 'ArrowUp', '+', '-', '0'):
        check(f'player: key {key}', changes, page, lambda: press(key))

def check_switches(check, page):
    "Each switch changes its picture; the region is off at first"
    check('player: region on', changes, page, lambda: page.check('label:has-text("region") input'))
    switches = dict.fromkeys(('region', 'DiffHPE', '5 hypotheses', 'supervised', 'truth', 'floor'), 'turn') | dict(film='flat')
    for name,canvas in switches.items():
        check(f'player: {name} off', changes, page, lambda: page.uncheck(f'label:has-text("{name}") input'), canvas)
    for name in switches: page.check(f'label:has-text("{name}") input')

def millimetres(view, n=None):
    "What the page says of the error of DiffHPE in its first frame: of the mean, or of hypothesis `n`"
    hypotheses = view.poses['DiffHPE'][:,0]
    pose = hypotheses.mean(0) if n is None else hypotheses[n]
    return f'{1000*(pose-view.truth[0]).norm(dim=-1).mean():.0f} mm'

def check_hypotheses(check, page, view):
    "A single hypothesis can be chosen; errors are those that Python finds"
    error = page.locator('.error')
    def tells_error():
        assert error.nth(0).inner_text()==millimetres(view), f'the error of the mean is {error.nth(0).inner_text()!r}'
        assert not error.nth(1).inner_text(), 'there is an error of one hypothesis while all are shown'
    check('player: error in mm', tells_error)
    for n in (2, 0):
        check(f'player: hypothesis {n+1} alone', changes, page, lambda: page.select_option('.which', str(n)))
        def tells_its_error():
            assert error.nth(1).inner_text()==millimetres(view, n), f'the error of hypothesis {n+1} is {error.nth(1).inner_text()!r}'
        check(f'player: error of hypothesis {n+1}', tells_its_error)
    check('player: all hypotheses again', changes, page, lambda: page.select_option('.which', '-1'))

def check_time(check, page):
    "Slider, steps and play; the video goes along"
    def steps():
        assert frame(page)==3, f'after two steps of the slider the frame is {frame(page)}'
        page.evaluate('document.activeElement.blur()')
        page.keyboard.press('ArrowLeft')
        assert frame(page)==2, f'after a step back the frame is {frame(page)}'
    def film_goes_along():
        page.locator('#at').focus()
        for key,light in dict(End=199, Home=100).items():
            page.keyboard.press(key)
            page.wait_for_timeout(300)
            red = page.evaluate(CORNER)
            assert abs(red-light)<4, f'after {key} the picture has the light {red}, not {light}'
    page.locator('#at').focus()
    for canvas in ('flat', 'turn'):
        check(f'player: slider moves {canvas}', changes, page, lambda: page.keyboard.press('ArrowRight'), canvas)
    check('player: steps count', steps)
    check('player: space plays and stops', plays, page)
    check('player: the video goes along', film_goes_along)

class Fingers:
    "Two fingers on the 3D picture, right and left of its middle"
    def __init__(self, page):
        self.page = page
        self.device = page.context.new_cdp_session(page)

    def touch(self, kind, *places):
        "Send one event of the touch screen; `places`: pixels right of the middle"
        x,y = middle(self.page)
        points = [dict(x=x+dx, y=y, id=n) for n,dx in enumerate(places)]
        self.device.send('Input.dispatchTouchEvent', dict(type=kind, touchPoints=points))

    def pinch(self, start, end):
        "Move both fingers from `start` to `end` pixels from the middle"
        self.touch('touchStart', -start, start)
        for part in (.25, .5, .75, 1):
            at = start + part*(end-start)
            self.touch('touchMove', -at, at)
        self.touch('touchEnd')
        self.page.wait_for_timeout(200)

def check_fingers(check, page):
    "Two fingers zoom, one turns"
    fingers = Fingers(page)
    page.uncheck('label:has-text("floor") input')
    page.wait_for_timeout(200)
    def zooms(start, end):
        before = page.evaluate(HEIGHT)
        fingers.pinch(start, end)
        times = page.evaluate(HEIGHT)/before
        assert abs(times/(end/start)-1)<.15, f'fingers {end/start:.2f} times as far apart make it {times:.2f} times as high'
    def turn():
        fingers.touch('touchStart', 0)
        fingers.touch('touchMove', 50)
        fingers.touch('touchEnd')
    check('player: two fingers make it smaller', zooms, 80, 40)
    check('player: two fingers make it larger', zooms, 40, 70)
    check('player: one finger turns', changes, page, turn)

LOOKS = dict( # name: how the browser is set
    light=dict(color_scheme='light'),
    dark=dict(color_scheme='dark'),
    narrow=dict(viewport=dict(width=400, height=740), has_touch=True),
    notebook={})

def check_notebook(page):
    "The player plays inside a notebook's frame"
    inner = page.frame_locator('iframe')
    inner.locator('#play').click()
    page.wait_for_timeout(700)
    inner.locator('#play').click()
    assert 'frame 1 of' not in inner.locator('#time').inner_text(), 'it does not play'

def check_player(check, page, name, view):
    "What is tried in one of `LOOKS`"
    if name=='light':
        check_hypotheses(check, page, view)
        check_view(check, page)
        check_switches(check, page)
        check_time(check, page)
    if name=='narrow': check_fingers(check, page)
    if name=='notebook': check_notebook(page)

def player(check, browser, shots):
    "The player as a file and in a notebook's frame, light, dark and narrow, without a network"
    with tempfile.TemporaryDirectory() as d:
        view = example()
        alone = view.save(f'{d}/player.html')
        inside = Path(d)/'notebook.html'
        inside.write_text(f'<body style="background:#fff">{view._repr_html_()}')
        for name,look in LOOKS.items():
            page = browser.new_context(**{'offline':True, 'viewport':dict(width=1000, height=560), **look}).new_page()
            address = (inside if name=='notebook' else alone).as_uri()
            def opens():
                with no_errors(page, offline=True):
                    page.goto(address)
                    page.wait_for_timeout(300)
                    check_player(check, page, name, view)
            check(f'player: {name}, nothing fetched, no errors', opens)
            if shots: page.screenshot(path=f'{shots}/player-{name}.png')
            page.context.close()

# a page of several people

COUNT = '''([id, color]) => { // pixels of about this colour
  const c = document.getElementById(id), data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  const rgb = [1, 3, 5].map(i => parseInt(color.slice(i, i + 2), 16));
  let count = 0;
  for (let i = 0; i < data.length; i += 4) count += rgb.every((v, k) => Math.abs(data[i + k] - v) < 3);
  return count;
}'''

def two_people():
    "Two people of one video, in step; the second comes later"
    import torch
    from diffhpe.camera import camera_from_fov, project, to_pixels, world_to_camera
    from diffhpe.export import Motion3D
    from diffhpe.lift_files import in_step
    camera = camera_from_fov(50, (640,480))
    def somebody(right, first):
        "Somebody who turns beside the middle, from a frame on"
        x = world_to_camera(turning_body() + torch.tensor([right,4.,-1]), camera.quat, camera.trans)[first:]
        x2d = to_pixels(project(x, camera.intrinsics), camera.size)
        times = torch.arange(first, FRAMES)/50
        seen = torch.ones(len(x), 17, dtype=torch.bool)
        return Motion3D(x-x[:,:1], 50., root=x[:,0], times=times, x2d=x2d, mask=seen, camera=camera)
    return in_step([somebody(-.8, 0), somebody(.8, 40)])

def check_people(page):
    "Everybody is drawn in 2D and 3D in their colours, from the frame on in which they are there, and can be switched off"
    colors = {o['name']: o['colors'] for o in page.evaluate('JSON.parse(document.getElementById("data").textContent).systems')}
    count = lambda who, canvas: sum(page.evaluate(COUNT, [canvas, c]) for c in set(colors[who]))
    first,second = colors
    def shown(canvas):
        page.wait_for_timeout(200)
        return [count(who, canvas)>20 for who in colors]
    assert not set(colors[first]) & set(colors[second]), f'the same colours: {colors}'
    assert shown('flat')==[True,False], 'in the first frame the first person alone is in the picture'
    page.locator('#at').focus()
    page.keyboard.press('End')
    for canvas in ('flat', 'turn'):
        assert shown(canvas)==[True,True], f'not both are drawn in {canvas}'
    page.uncheck(f'label:has-text("{first}") input')
    for canvas in ('flat', 'turn'):
        assert shown(canvas)==[False,True], f'the switch does not work in {canvas}'
    page.check(f'label:has-text("{first}") input')

def people(check, browser, shots):
    "The page of several people, as the command writes it"
    from diffhpe.lift_files import write_lifts
    with tempfile.TemporaryDirectory() as d:
        (file,),_ = write_lifts(f'{d}/two.html', two_people(), ['0','1'], title='two.mp4')
        page = browser.new_context(offline=True, viewport=dict(width=1000, height=560)).new_page()
        def opens():
            with no_errors(page, offline=True):
                page.goto(file.as_uri())
                page.wait_for_timeout(300)
        check('people: nothing fetched, no errors', opens)
        check('people: everybody in 2D and 3D, in their colours', check_people, page)
        if shots: page.screenshot(path=f'{shots}/people.png')
        page.context.close()

# live lifting

PLAYED = """import time
import numpy as np
class Played: # a detector that plays the keypoints of a file
    format = 'mediapipe33'
    def __init__(self, model): self.keypoints = np.load(model)['keypoints']
    def __call__(self, frames, fps):
        for k,picture in zip(self.keypoints, frames):
            time.sleep(.15) # as long as a detector takes
            size = picture.shape[1]/1768
            yield (k*[size,size,1])[None] if np.isfinite(k).all() else np.zeros((0,33,3))
"""

def install_detector(folder):
    "A package with a detector, as another project would bring it: a module and its entry point"
    about = folder/'played-1.dist-info'
    about.mkdir()
    (about/'METADATA').write_text('Metadata-Version: 2.1\nName: played\nVersion: 1\n')
    (about/'entry_points.txt').write_text('[diffhpe.detectors]\nplayed = played:Played\n')
    (folder/'played.py').write_text(PLAYED)

def stream_file(folder):
    "The real film, if the outside data are there; else a film of the same shape that becomes lighter"
    import numpy as np
    from diffhpe.animate import save_animation
    from diffhpe.core import MissingFile, outside_data
    try: return outside_data('data/video')/'sports2d_demo.mp4'
    except MissingFile: pass
    pictures = (np.full((248,442,3), 60+f//2, np.uint8) for f in range(230))
    return save_animation(pictures, folder/'film.mp4', 30, 230)

@contextmanager
def live_command(folder, *options):
    "`diffhpe_live` of a film, with a detector that plays keypoints; yields the process and the address of its page"
    from diffhpe.core import asset
    install_detector(folder)
    keypoints = asset('roof_mediapipe33.npz')
    command = [sys.executable, '-m', 'diffhpe', 'live', stream_file(folder), '--detector', f'played={keypoints}', '--port', '0', *options]
    env = os.environ | dict(PYTHONPATH=f'{ROOT}{os.pathsep}{folder}', OMP_NUM_THREADS='1')
    process = subprocess.Popen([*map(str, command)], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        first = process.stdout.readline()
        found = re.search(r'http://127\.0\.0\.1:\d+/', first)
        assert found, f'the command does not say where its page is: {first}{process.stdout.read() if process.poll() is not None else ""}'
        yield process, found[0]
    finally:
        if process.poll() is None: process.kill()
        process.wait(20)

SAID = re.compile(r'frame (\d+), ([\d.]+) frames per second, lifting (\d+) ms')

def said(page):
    "Number of the frame and frames per second, as the page tells them"
    page.wait_for_function("/frames per second/.test(document.getElementById('said').textContent)", timeout=WAIT)
    found = SAID.match(page.inner_text('#said'))
    assert found, f'the page says {page.inner_text("#said")!r}'
    return int(found[1]), float(found[2])

def check_stream(page):
    "Pictures arrive, one after the other, and with them frames per second"
    first,_ = said(page)
    page.wait_for_function(f"parseInt(document.getElementById('said').textContent.slice(6)) > {first+5}", timeout=WAIT)
    frame,rate = said(page)
    assert frame>first and rate>0, (frame, rate)
    size = page.evaluate("[document.getElementById('flat').width, document.getElementById('flat').height]")
    assert abs(size[0]/size[1]-1768/994)<.02, f'the picture has the shape {size}'

def check_stopped(page, process):
    "The button ends the stream, the command and nothing else"
    page.click('#stop')
    page.wait_for_function("/stream is over/.test(document.getElementById('said').textContent)", timeout=WAIT)
    assert page.is_disabled('#stop')
    rest,_ = process.communicate(timeout=60)
    assert process.returncode==0, rest
    assert re.search(r'[1-9]\d* frames, [\d.]+ per second', rest) and 'Traceback' not in rest, rest

def live(check, browser, shots):
    "The command `diffhpe_live` on a film, seen in its page, and stopped by its button"
    with tempfile.TemporaryDirectory() as d, live_command(Path(d), '--no-wait') as (process,url):
        page = browser.new_context(viewport=dict(width=1120, height=560)).new_page()
        def opens():
            page.goto(url)
            with no_errors(page): said(page)
        check('live: the page opens, no errors', opens)
        check('live: pictures arrive, frames per second are told', check_stream, page)
        for canvas in ('flat', 'solid'):
            check(f'live: {canvas} moves', changes, page, lambda: None, canvas)
        if shots: page.screenshot(path=f'{shots}/live.png')
        check('live: the button stops it', check_stopped, page, process)
        page.context.close()

# the report

def check_width(page, width):
    "Nothing is wider than the screen; a table that scrolls says so, and no other"
    assert page.evaluate('document.documentElement.scrollWidth')<=width, 'the page is wider than the screen'
    said = page.locator('.scrolls').count()
    assert said==(width<800), f'{said} tables say that they scroll'

def check_first_screen(page, height):
    "The lifted body is on the first screen, and moves by itself"
    inner = page.frame_locator('iframe').first
    picture = inner.locator('#turn').bounding_box()
    assert picture['y']+picture['height']<=height, f'the picture ends at {picture["y"]+picture["height"]:.0f}, below the screen'
    before = inner.locator('#time').inner_text()
    page.wait_for_timeout(1500)
    assert inner.locator('#time').inner_text()!=before, 'it does not play by itself'

def report(check, browser, shots):
    "A report such as that of the demo, on a wide and on a narrow screen, without a network"
    import pandas as pd
    from diffhpe.report import Section, captioned, save_report
    view = example()
    view.autoplay = True
    view.video = None
    wide = pd.DataFrame({f'column number {n}': [1.5] for n in range(7)}, index=['a system'])
    with tempfile.TemporaryDirectory() as d:
        look = Section('A first look', captioned(view, 'What it is.'))
        file = save_report('DiffHPE in a few minutes', [look, Section('Results', wide), Section('Go on', '...')], f'{d}/report.html')
        for width,height in (1280,800), (400,740):
            page = browser.new_context(offline=True, viewport=dict(width=width, height=height)).new_page()
            def opens():
                with no_errors(page, offline=True):
                    page.goto(file.as_uri())
                    page.wait_for_timeout(500)
            check(f'report: {width} pixels, nothing fetched, no errors', opens)
            check(f'report: {width} pixels, fits', check_width, page, width)
            check(f'report: {width} pixels, moves on the first screen', check_first_screen, page, height)
            if shots: page.screenshot(path=f'{shots}/report-{width}.png')
            page.context.close()

# the widgets

WITNESS = """
import traceback
from IPython import get_ipython
def _tell(*args, show=get_ipython().showtraceback, **kw):
    with open(PATH, 'a') as f: f.write(traceback.format_exc())
    return show(*args, **kw)
get_ipython().showtraceback = _tell
""" # an error in a callback is shown nowhere in Voila
TEST = re.compile(r'(?m)^\s*(test_\w+\(|assert )')

def only_tests(cell):
    "Does a cell test?"
    return cell['cell_type']=='code' and TEST.search(''.join(cell['source'])) is not None

def with_witness(path, to, tests=True):
    "A copy of a notebook, perhaps without the cells that only test; it writes errors to a file beside it"
    nb = json.loads(path.read_text())
    source = WITNESS.replace('PATH', repr(str(errors_of(to))))
    witness = dict(cell_type='code', id='witness', metadata={}, execution_count=None, outputs=[], source=source)
    cells = [cell for cell in nb['cells'] if tests or not only_tests(cell)]
    nb['cells'] = [witness, *cells]
    to.write_text(json.dumps(nb))
    return to

def errors_of(notebook):
    "The file that a notebook's witness writes errors to"
    return notebook.with_suffix('.errors')

def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]

def wait_for(port, server, log):
    "Wait until somebody answers at the port, two minutes at most"
    for _ in range(480):
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return
        except OSError: time.sleep(.25)
        assert server.poll() is None, f'Voila ended: {log()[-2000:]}'

@contextmanager
def voila(nb):
    "A Voila that serves a notebook; yields its address, and what it has logged so far"
    port = free_port()
    command = [sys.executable, '-m', 'voila', nb.name, '--no-browser', '--Voila.ip=127.0.0.1', f'--port={port}', '--show_tracebacks=True']
    with tempfile.TemporaryDirectory() as d, open(f'{d}/log', 'w+') as file:
        env = os.environ | dict(PYTHONPATH=str(ROOT))
        server = subprocess.Popen(command, cwd=nb.parent, env=env, stdout=file, stderr=subprocess.STDOUT)
        log = lambda: Path(file.name).read_text()
        try:
            wait_for(port, server, log)
            yield f'http://127.0.0.1:{port}', log
        finally:
            server.terminate()
            server.wait(20)

def plain(text): return text.replace('\u2212', '-') # a minus sign is not a hyphen

class View:
    "One `Live` view in the page"
    def __init__(self, page, slider): # `slider` is one that no other view has, or has first
        self.page = page
        self.box = page.locator(f'.widget-vbox:has(> .widget-image):has(.widget-label:text-is("{slider}"))').first

    def picture(self): return self.box.locator('> img').get_attribute('src')
    def slider(self, name): return self.box.locator(f'.widget-slider:has(.widget-label:text-is("{name}"))')
    def readout(self, name): return plain(self.slider(name).locator('.widget-readout').inner_text())
    def press(self, name, key='ArrowRight'): self.slider(name).locator('.noUi-handle').press(key)
    def button(self, name): return self.box.locator(f'button:text-is("{name}")')

    def says(self, name, value):
        "A slider must say this"
        assert self.readout(name)==value, f'{name} says {self.readout(name)}, not {value}'

    def slide(self, name, to, key='ArrowRight', times=1):
        "Press a slider's key; each time there must be another picture, and in the end the slider must say `to`"
        for _ in range(times): self.redraws(lambda: self.press(name, key))
        self.says(name, to)

    def choose(self, name, value):
        self.box.locator(f'.widget-dropdown:has(.widget-label:text-is("{name}")) select').select_option(value)

    def redraws(self, act, reads=None):
        "`act` must lead to another picture, which the browser can show; `reads`: what a slider then says"
        img = self.box.locator('> img')
        img.scroll_into_view_if_needed()
        before = self.picture()
        act()
        end = time.time()+WAIT/1000
        while self.picture()==before and time.time()<end:
            self.page.wait_for_timeout(50)
        assert self.picture()!=before, 'the picture did not change'
        self.page.wait_for_function('i => i.complete && i.naturalWidth>300', arg=img.element_handle(), timeout=WAIT)
        for name,value in (reads or {}).items(): self.says(name, value)

    def play(self, name):
        "The play button moves a slider, and stops it"
        old = self.readout(name)
        button = self.box.locator('.widget-play button').first
        self.redraws(button.click)
        readout = self.slider(name).locator('.widget-readout').element_handle()
        self.page.wait_for_function('([e, old]) => e.textContent != old', arg=[readout, old], timeout=WAIT)
        button.click()

    def settled(self):
        "Wait until the picture no longer changes"
        last = self.picture()
        same = 0
        while same<6:
            self.page.wait_for_timeout(250)
            now = self.picture()
            same = same+1 if now==last else 0
            last = now

def shot(view, shots, name):
    view.settled()
    if shots: view.box.screenshot(path=f'{shots}/{name}.png')

def check_browser(check, page, shots):
    view = View(page, 'hypotheses')
    check('pose_browser: slide along the frames', view.slide, 'frame', '3', times=3)
    check('pose_browser: turn', view.slide, 'azimuth', '-60', times=2)
    check('pose_browser: a hypothesis off', view.redraws, view.button('2').click)
    check('pose_browser: the truth off', view.redraws, view.button('truth').click)
    check('pose_browser: play', view.play, 'frame')
    shot(view, shots, 'pose_browser')

def check_explorer(check, page, shots):
    view = View(page, 'pattern')
    check('occlusion_explorer: choose a pattern', view.redraws, lambda: view.choose('pattern', 'right_leg'), dict(rate='0.40'))
    check('occlusion_explorer: raise the rate', view.slide, 'rate', '0.60', times=4)
    check('occlusion_explorer: another draw', view.slide, 'draw', '1')
    check('occlusion_explorer: slide along the frames', view.slide, 'frame', '15', times=2) # from 13, which shows most
    shot(view, shots, 'occlusion_explorer')

def check_slider(check, page, shots):
    view = View(page, 'step')
    check('diffusion_slider: slide along the steps', view.slide, 'step', '3', times=3)
    check('diffusion_slider: to the end', view.slide, 'step', '50', 'End')
    shot(view, shots, 'diffusion_slider-end')
    check('diffusion_slider: turn', view.slide, 'azimuth', '-60', times=2)
    check('diffusion_slider: sampler', view.redraws, lambda: view.choose('sampler', 'ddim'))
    check('diffusion_slider: back to the middle', view.slide, 'step', '40', 'PageDown', times=2)
    shot(view, shots, 'diffusion_slider')

ERROR = '[data-mime-type="application/vnd.jupyter.error"]'
VIEWS = '.widget-vbox > .widget-image'

def opens(page, url, n):
    "Open a notebook that Voila runs, and wait for its `n` views"
    page.goto(url, timeout=10*WAIT, wait_until='commit')
    ready = f"document.querySelectorAll('{VIEWS}').length>={n} || document.querySelector('{ERROR}')"
    page.wait_for_function(ready, timeout=15*WAIT)
    errors = page.locator(ERROR)
    assert errors.count()==0, f'a cell failed: {errors.first.inner_text()[-1500:]}'

def quiet(nb, log):
    "Nothing went wrong in the kernel"
    written = errors_of(nb)
    assert not written.exists(), written.read_text()[-1500:]
    assert 'Traceback' not in log(), log()[-1500:]

def widgets(check, browser, shots):
    "The notebook of the widgets, run by Voila; its tests are for `nbdev_test`"
    with tempfile.TemporaryDirectory() as d:
        nb = with_witness(ROOT/'nbs'/'72_widgets.ipynb', Path(d)/'widgets.ipynb', tests=False)
        with voila(nb) as (url, log):
            page = browser.new_context(viewport=dict(width=1100, height=1000)).new_page()
            before = check.failed
            check('the notebook of the widgets runs', opens, page, url, 3)
            if check.failed==before:
                for part in (check_browser, check_explorer, check_slider): part(check, page, shots)
            if shots: page.screenshot(path=f'{shots}/notebook.png', full_page=True)
            check('nothing went wrong in the kernel', quiet, nb, log)

# the tutorials

STARTS = { # tutorial: what the sliders of its view say after all cells have run
    'diffusion': dict(step='0', frame='13', draw='0', azimuth='-70', elevation='10'),
    'occlusions': dict(rate='0.40', draw='0', frame='13', azimuth='-70', elevation='10')}

def is_as_a_reader_wants_it(view, starts, width):
    "The view shows a picture, its sliders stand where they should, and all of it fits the screen"
    for name,value in starts.items(): view.says(name, value)
    picture = view.box.locator('> img')
    assert picture.evaluate('i => i.complete && i.naturalWidth>300'), 'there is no picture'
    for part in view.box.locator('.widget-slider, .widget-dropdown, img').all():
        box = part.bounding_box()
        assert box['x']>=0 and box['x']+box['width']<=width, f'{part.inner_text()!r} ends at {box["x"]+box["width"]:.0f} of {width} pixels'

def tutorials(check, browser, shots):
    "The tutorials that have a view, run to their end on a narrow screen by Voila"
    width = 400
    for name,starts in STARTS.items():
        with tempfile.TemporaryDirectory() as d:
            nb = with_witness(ROOT/'nbs'/'tutorials'/f'{name}.ipynb', Path(d)/f'{name}.ipynb')
            with voila(nb) as (url, log):
                page = browser.new_context(viewport=dict(width=width, height=740)).new_page()
                before = check.failed
                check(f'tutorial {name}: runs', opens, page, url, 1)
                if check.failed==before:
                    view = View(page, 'draw')
                    check(f'tutorial {name}: the view as it starts, {width} pixels', is_as_a_reader_wants_it, view, starts, width)
                    check(f'tutorial {name}: another draw', view.slide, 'draw', '1')
                    shot(view, shots, f'tutorial-{name}')
                check(f'tutorial {name}: nothing went wrong in the kernel', quiet, nb, log)

PARTS = (player, people, report, live, pages, widgets, tutorials)

def arguments():
    arg = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arg.add_argument('--shots', help='folder for screenshots')
    arg.add_argument('--only', choices=[part.__name__ for part in PARTS])
    arg.add_argument('--install', action='store_true')
    return arg.parse_args()

def main():
    arg = arguments()
    ci = os.environ.get('CI')=='true'
    check = Checks()
    start = time.time()
    if find_browser() is None and (ci or arg.install): install_browser()
    if why := lacking(find_browser()):
        print(f'{"FAIL" if ci else "skipped"}: the browser test cannot run: {why}')
        check.failed = int(ci)
        check.skipped = int(not ci)
        return check.end()
    os.environ.setdefault('OMP_NUM_THREADS', '1')
    from playwright.sync_api import sync_playwright
    if arg.shots: Path(arg.shots).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as pw:
        browser = pw.chromium.launch(executable_path=find_browser(), headless=True, args=FLAGS)
        for part in PARTS:
            if arg.only in (None, part.__name__): part(check, browser, arg.shots)
        browser.close()
    print(f'{time.time()-start:.0f} s')
    return check.end()

if __name__=='__main__': sys.exit(main())

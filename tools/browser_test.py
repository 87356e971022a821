"""Use the library in a real browser: the notebook's widgets, and the HTML player without a network.

    python tools/browser_test.py [--shots FOLDER] [--only player|widgets] [--install]

Needs a Chromium, and `pip install playwright voila`. $CHROMIUM names the browser if it is not on the path. With
`--install`, or where CI=true, a missing one is installed (`apt-get`, as root). What cannot run is a failure where
CI=true and skipped elsewhere. The last line is `N passed, N failed, N skipped`."""
import argparse, importlib.util, json, os, re, shutil, socket, subprocess, sys, tempfile, time, traceback
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLAGS = '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'.split()
WAIT = 60_000 # milliseconds that one change may take on a busy machine

# what there is to run with

def find_browser():
    "A Chromium or Chrome, or None"
    names = [os.environ['CHROMIUM']] if 'CHROMIUM' in os.environ else ['chromium','chromium-browser','google-chrome','google-chrome-stable']
    return next((p for n in names if (p := shutil.which(n))), None)

def install_browser():
    "Debian's Chromium, if we may"
    if os.geteuid() or not shutil.which('apt-get'): return print('cannot install chromium: that takes root and apt-get')
    quiet = dict(check=True, stdout=subprocess.DEVNULL, env=os.environ | dict(DEBIAN_FRONTEND='noninteractive'))
    subprocess.run(['apt-get','update','-qq'], **quiet)
    subprocess.run(['apt-get','install','-y','-qq','--no-install-recommends','chromium'], **quiet)

def lacking(browser):
    "What is missing, as a sentence; empty if nothing is"
    need = [n for n in ('playwright','voila') if importlib.util.find_spec(n) is None]
    return '; '.join([*(['no Chromium was found: apt-get install chromium, or put its path into $CHROMIUM'] if browser is None else []),
                      *([f'pip install {" ".join(need)}'] if need else [])])

# counting

class Checks:
    "Runs named checks, says how each went, and counts"
    def __init__(self): self.passed = self.failed = self.skipped = 0
    def __call__(self, what, act, *args, **kw):
        start = time.time()
        try: act(*args, **kw); self.passed += 1; print(f'ok   {time.time()-start:5.1f}s  {what}', flush=True)
        except Exception as e:
            self.failed += 1; print(f'FAIL {time.time()-start:5.1f}s  {what}: {e}', flush=True)
            if not isinstance(e, AssertionError): traceback.print_exc()
    def end(self):
        print(f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped', flush=True)
        return int(self.failed>0 or self.passed+self.skipped==0)

@contextmanager
def no_errors(page, offline=False):
    "An assertion that nothing went wrong in the page, and if `offline`, that it asked for nothing"
    wrong = []
    page.on('pageerror', lambda e: wrong.append(str(e)))
    if offline:
        page.on('console', lambda m: m.type=='error' and wrong.append(m.text))
        page.on('request', lambda r: r.url.startswith(('file:','data:','about:')) or wrong.append(f'asked for {r.url}'))
    yield wrong
    assert not wrong, wrong

# the HTML player

def example(F=100):
    "A rest pose that turns: two systems, hypotheses, truth and 2D input"
    import torch
    from diffhpe.camera import camera_from_fov, project, to_pixels, world_to_camera
    from diffhpe.core import rng
    from diffhpe.player import PoseView
    from diffhpe.skeleton import rest_pose
    a,x = torch.linspace(0, 6.283, F)[:,None], rest_pose().expand(F, 17, 3)
    x = torch.stack([a.cos()*x[...,0] - a.sin()*x[...,1], a.sin()*x[...,0] + a.cos()*x[...,1], x[...,2]], -1)
    cam = camera_from_fov(50, (640,480))
    x_cam = world_to_camera(x + torch.tensor([0,3.,-1]), cam.quat, cam.trans)
    rel = x_cam - x_cam[:,:1]
    off = .05*torch.randn(6, 1, 17, 3, generator=rng(0))
    return PoseView({'DiffHPE': rel+off[:5], 'supervised': rel+off[5]}, rel, to_pixels(project(x_cam, cam.intrinsics), cam.size), cam.size, True, title='Two systems and the truth')

PIXELS = "id => { const c = document.getElementById(id); let h = 0; for (const v of c.getContext('2d').getImageData(0, 0, c.width, c.height).data) h = (h*31 + v) | 0; return h; }"

def changes(page, act, canvas='turn', same=False):
    "`act` must change the canvas, or leave it as it is"
    before = page.evaluate(PIXELS, canvas)
    act()
    end = time.time() + (.3 if same else 10)
    while time.time()<end and page.evaluate(PIXELS, canvas)==before: page.wait_for_timeout(50)
    assert (page.evaluate(PIXELS, canvas)==before)==same, f'the picture {"changed" if same else "did not change"}'

def frame(page): return int(page.inner_text('#time').split('frame ')[1].split()[0])

def plays(page):
    "Space plays and stops, at the speed of the clock"
    page.locator('#turn').focus()
    first,a = frame(page), page.evaluate('performance.now()')
    page.keyboard.press(' '); page.wait_for_timeout(1000); page.keyboard.press(' ')
    took = page.evaluate('performance.now()')-a
    n = (frame(page)-first) % 100
    assert .5*took/20<n<=took/20+2, f'{n} frames in {took:.0f} ms at 50 frames/s'

def check_player(check, page):
    "Mouse, keyboard, buttons"
    press = page.keyboard.press
    box = page.locator('#turn').bounding_box(); x,y = box['x']+box['width']/2, box['y']+box['height']/2
    def drag(): page.mouse.move(x, y); page.mouse.down(); page.mouse.move(x+80, y+30, steps=4); page.mouse.up()
    check('player: drag turns', changes, page, drag)
    check('player: wheel zooms', changes, page, lambda: page.mouse.wheel(0, -300))
    check('player: the 2D input does not turn', changes, page, drag, 'flat', same=True)
    page.dblclick('#turn')
    systems = 'DiffHPE','5 hypotheses','supervised','truth'
    for who in systems: check(f'player: {who} off', changes, page, lambda: page.uncheck(f'label:has-text("{who}") input'))
    for who in systems: page.check(f'label:has-text("{who}") input')
    for name in ('Camera','Side','Top'): check(f'player: view {name}', changes, page, lambda: page.click(f'button:text-is("{name}")'))
    page.locator('#turn').focus()
    for k in ('ArrowLeft','ArrowUp','+','-','0'): check(f'player: key {k}', changes, page, lambda: press(k))
    page.locator('#at').focus()
    for f in ('flat','turn'): check(f'player: slider moves {f}', changes, page, lambda: press('ArrowRight'), f)
    def steps():
        assert frame(page)==3, f'after two steps of the slider the frame is {frame(page)}'
        page.evaluate('document.activeElement.blur()'); press('ArrowLeft')
        assert frame(page)==2, f'after a step back the frame is {frame(page)}'
    check('player: steps count', steps)
    check('player: space plays and stops', plays, page)

def player(check, browser, shots):
    "The player as a file and in a notebook's frame, light, dark and narrow, without a network"
    with tempfile.TemporaryDirectory() as d:
        view = example(); path = view.save(f'{d}/player.html')
        inside = Path(d)/'notebook.html'; inside.write_text(f'<body style="background:#fff">{view._repr_html_()}')
        for name,kw in dict(light=dict(color_scheme='light'), dark=dict(color_scheme='dark'), narrow=dict(viewport=dict(width=400,height=740)), notebook={}).items():
            page = browser.new_context(offline=True, **{'viewport':dict(width=1000,height=560), **kw}).new_page()
            def opens():
                with no_errors(page, offline=True):
                    page.goto((inside if name=='notebook' else path).as_uri()); page.wait_for_timeout(300)
                    if name=='light': check_player(check, page)
                    if name!='notebook': return
                    inner = page.frame_locator('iframe')
                    inner.locator('#play').click(); page.wait_for_timeout(700); inner.locator('#play').click()
                    assert 'frame 1 of' not in inner.locator('#time').inner_text(), 'it does not play'
            check(f'player: {name}, nothing fetched, no errors', opens)
            if shots: page.screenshot(path=f'{shots}/player-{name}.png')
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

def without_tests(path, to):
    "A copy of a notebook without the cells that only test; it writes errors to a file beside it"
    nb = json.loads(path.read_text())
    nb['cells'] = [c for c in nb['cells'] if c['cell_type']!='code' or not re.search(r'(?m)^\s*(test_\w+\(|assert )', ''.join(c['source']))]
    nb['cells'].insert(0, dict(cell_type='code', id='witness', metadata={}, execution_count=None, outputs=[], source=WITNESS.replace('PATH', repr(str(to.with_suffix('.errors'))))))
    to.write_text(json.dumps(nb))
    return to

@contextmanager
def voila(nb):
    "A Voila that serves a notebook; yields its address, and what it has logged so far"
    with socket.socket() as s: s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]
    with tempfile.TemporaryDirectory() as d, open(f'{d}/log', 'w+') as log:
        srv = subprocess.Popen([sys.executable,'-m','voila',nb.name,'--no-browser','--Voila.ip=127.0.0.1',f'--port={port}','--show_tracebacks=True'], cwd=nb.parent, env=os.environ | dict(PYTHONPATH=str(ROOT)), stdout=log, stderr=subprocess.STDOUT)
        try:
            for _ in range(480):
                try: socket.create_connection(('127.0.0.1',port), 1).close(); break
                except OSError: time.sleep(.25)
                assert srv.poll() is None, f'Voila ended: {Path(log.name).read_text()[-2000:]}'
            yield f'http://127.0.0.1:{port}', lambda: Path(log.name).read_text()
        finally: srv.terminate(); srv.wait(20)

class View:
    "One `Live` view in the page"
    def __init__(self, page, slider): # `slider` is one that no other view has, or has first
        self.page,self.box = page, page.locator(f'.widget-vbox:has(> .widget-image):has(.widget-label:text-is("{slider}"))').first
    def picture(self): return self.box.locator('> img').get_attribute('src')
    def readout(self, name): return self.box.locator(f'.widget-slider:has(.widget-label:text-is("{name}")) .widget-readout').inner_text().replace('\u2212', '-') # a minus sign is not a hyphen
    def press(self, name, key='ArrowRight'): self.box.locator(f'.widget-slider:has(.widget-label:text-is("{name}")) .noUi-handle').press(key)
    def slide(self, name, to, key='ArrowRight', times=1):
        "Press a slider's key; each time there must be another picture, and in the end the slider must say `to`"
        for _ in range(times): self.redraws(lambda: self.press(name, key))
        assert self.readout(name)==to, f'{name} says {self.readout(name)}, not {to}'
    def choose(self, name, value): self.box.locator(f'.widget-dropdown:has(.widget-label:text-is("{name}")) select').select_option(value)
    def redraws(self, act, reads=None):
        "`act` must lead to another picture, which the browser can show; `reads`: what a slider then says"
        img = self.box.locator('> img'); img.scroll_into_view_if_needed()
        before = self.picture()
        act()
        end = time.time()+WAIT/1000
        while self.picture()==before and time.time()<end: self.page.wait_for_timeout(50)
        assert self.picture()!=before, 'the picture did not change'
        self.page.wait_for_function('i => i.complete && i.naturalWidth>300', arg=img.element_handle(), timeout=WAIT)
        for name,value in (reads or {}).items(): assert self.readout(name)==value, f'{name} says {self.readout(name)}, not {value}'
    def settled(self):
        "Wait until the picture no longer changes"
        last,same = self.picture(), 0
        while same<6: self.page.wait_for_timeout(250); now = self.picture(); same = same+1 if now==last else 0; last = now

def check_widgets(check, page, shots):
    "Each control of the three views"
    browse,hide,noise = View(page, 'hypotheses'), View(page, 'pattern'), View(page, 'step')
    def shot(view, name):
        view.settled()
        if shots: view.box.screenshot(path=f'{shots}/{name}.png')
    check('pose_browser: slide along the frames', browse.slide, 'frame', '3', times=3)
    check('pose_browser: turn', browse.slide, 'azimuth', '-60', times=2)
    check('pose_browser: a hypothesis off', browse.redraws, lambda: browse.box.locator('button:text-is("2")').click())
    check('pose_browser: the truth off', browse.redraws, lambda: browse.box.locator('button:text-is("truth")').click())
    def play(view, name):
        old = view.readout(name)
        view.redraws(lambda: view.box.locator('.widget-play button').first.click())
        view.page.wait_for_function('([e,o]) => e.textContent!=o', arg=[view.box.locator(f'.widget-slider:has(.widget-label:text-is("{name}")) .widget-readout').element_handle(), old], timeout=WAIT)
        view.box.locator('.widget-play button').first.click()
    check('pose_browser: play', play, browse, 'frame')
    shot(browse, 'pose_browser')
    check('occlusion_explorer: choose a pattern', hide.redraws, lambda: hide.choose('pattern', 'right_leg'), dict(rate='0.40'))
    check('occlusion_explorer: raise the rate', hide.slide, 'rate', '0.60', times=4)
    check('occlusion_explorer: another draw', hide.slide, 'draw', '1')
    check('occlusion_explorer: slide along the frames', hide.slide, 'frame', '2', times=2)
    shot(hide, 'occlusion_explorer')
    check('diffusion_slider: slide along the steps', noise.slide, 'step', '3', times=3)
    check('diffusion_slider: to the end', noise.slide, 'step', '50', 'End')
    shot(noise, 'diffusion_slider-end')
    check('diffusion_slider: turn', noise.slide, 'azimuth', '-60', times=2)
    check('diffusion_slider: sampler', noise.redraws, lambda: noise.choose('sampler', 'ddim'))
    check('diffusion_slider: back to the middle', noise.slide, 'step', '40', 'PageDown', times=2)
    shot(noise, 'diffusion_slider')

def widgets(check, browser, shots):
    "The notebook of the widgets, run by Voila; its tests are for `nbdev_test`"
    with tempfile.TemporaryDirectory() as d, voila(without_tests(ROOT/'nbs'/'72_widgets.ipynb', Path(d)/'widgets.ipynb')) as (url, log):
        errors_at = Path(d)/'widgets.errors'
        page = browser.new_context(viewport=dict(width=1100,height=1000)).new_page()
        def opens():
            page.goto(url, timeout=10*WAIT, wait_until='commit')
            page.wait_for_function('document.querySelectorAll(".widget-vbox > .widget-image").length>2 || document.querySelector("[data-mime-type=\'application/vnd.jupyter.error\']")', timeout=5*WAIT)
            errors = page.locator('[data-mime-type="application/vnd.jupyter.error"]')
            assert errors.count()==0, f'a cell failed: {errors.first.inner_text()[-1500:]}'
        before = check.failed
        check('the notebook of the widgets runs', opens)
        if check.failed==before: check_widgets(check, page, shots)
        if shots: page.screenshot(path=f'{shots}/notebook.png', full_page=True)
        def quiet():
            assert not errors_at.exists(), errors_at.read_text()[-1500:]
            assert 'Traceback' not in log(), log()[-1500:]
        check('nothing went wrong in the kernel', quiet)

def main():
    arg = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arg.add_argument('--shots', help='folder for screenshots'); arg.add_argument('--only', choices=['player','widgets']); arg.add_argument('--install', action='store_true')
    arg = arg.parse_args()
    ci,check,start = os.environ.get('CI')=='true', Checks(), time.time()
    if find_browser() is None and (ci or arg.install): install_browser()
    if why := lacking(find_browser()):
        print(f'{"FAIL" if ci else "skipped"}: the browser test cannot run: {why}')
        check.failed,check.skipped = int(ci), int(not ci)
        return check.end()
    os.environ.setdefault('OMP_NUM_THREADS', '1')
    from playwright.sync_api import sync_playwright
    if arg.shots: Path(arg.shots).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as pw:
        browser = pw.chromium.launch(executable_path=find_browser(), headless=True, args=FLAGS)
        for part in (player, widgets):
            if arg.only in (None, part.__name__): part(check, browser, arg.shots)
        browser.close()
    print(f'{time.time()-start:.0f} s')
    return check.end()

if __name__=='__main__': sys.exit(main())

"""Play the HTML player in a headless Chromium without a network, by mouse and by keyboard; fails if anything does not answer.

    python tools/browser_player.py [folder for screenshots]

Needs Playwright (`pip install playwright`) and a Chromium (`apt-get install chromium`, or the path in $CHROMIUM)."""
import os, sys, tempfile
from pathlib import Path
import torch
from playwright.sync_api import sync_playwright
from diffhpe.camera import camera_from_fov, project, to_pixels, world_to_camera
from diffhpe.core import rng
from diffhpe.player import PoseView
from diffhpe.viz import rest_pose

FLAGS = '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'.split()

def example(F=100):
    "A rest pose that turns, two systems, hypotheses, truth and 2D input"
    a,x = torch.linspace(0, 6.283, F)[:,None], rest_pose().expand(F, 17, 3)
    x = torch.stack([a.cos()*x[...,0] - a.sin()*x[...,1], a.sin()*x[...,0] + a.cos()*x[...,1], x[...,2]], -1)
    cam = camera_from_fov(50, (640,480))
    x_cam = world_to_camera(x + torch.tensor([0,3.,-1]), cam.quat, cam.trans)
    rel = x_cam - x_cam[:,:1]
    off = .05*torch.randn(6, 1, 17, 3, generator=rng(0))
    return PoseView({'DiffHPE': rel+off[:5], 'supervised': rel+off[5]}, rel, to_pixels(project(x_cam, cam.intrinsics), cam.size), cam.size, True, title='Two systems and the truth')

PIXELS = "id => { const c = document.getElementById(id); let h = 0; for (const v of c.getContext('2d').getImageData(0, 0, c.width, c.height).data) h = (h*31 + v) | 0; return h; }"

def changes(page, what, act, canvas='turn', same=False):
    "`act` must change the canvas, or leave it as it is"
    before = page.evaluate(PIXELS, canvas)
    act(); page.wait_for_timeout(150)
    if (page.evaluate(PIXELS, canvas)==before)!=same: sys.exit(f'FAILED: {what}: the picture {"changed" if same else "did not change"}')
    print('ok:', what)

def frame(page): return int(page.inner_text('#time').split('frame ')[1].split()[0])

def check(page):
    press = page.keyboard.press
    box = page.locator('#turn').bounding_box(); x,y = box['x']+box['width']/2, box['y']+box['height']/2
    def drag(): page.mouse.move(x, y); page.mouse.down(); page.mouse.move(x+80, y+30, steps=4); page.mouse.up()
    changes(page, 'drag turns', drag)
    changes(page, 'wheel zooms', lambda: page.mouse.wheel(0, -300))
    changes(page, 'the 2D input stays where it is', drag, 'flat', same=True)
    page.dblclick('#turn')
    for who in ('DiffHPE','5 hypotheses','supervised','truth'): changes(page, f'{who} off', lambda: page.uncheck(f'label:has-text("{who}") input'))
    for who in ('DiffHPE','5 hypotheses','supervised','truth'): page.check(f'label:has-text("{who}") input')
    for name in ('Camera','Side','Top'): changes(page, f'view {name}', lambda: page.click(f'button:text-is("{name}")'))
    page.locator('#turn').focus()
    for k in ('ArrowLeft','ArrowUp','+','-','0'): changes(page, f'key {k} on the 3D picture', lambda: press(k))
    page.locator('#at').focus()
    for f in ('flat','turn'): changes(page, f'slider moves {f}', lambda: press('ArrowRight'), f)
    if frame(page)!=3: sys.exit(f'FAILED: after two steps of the slider the frame is {frame(page)}')
    page.evaluate('document.activeElement.blur()'); press('ArrowLeft')
    if frame(page)!=2: sys.exit(f'FAILED: after a step back the frame is {frame(page)}')
    page.locator('#turn').focus()
    a = page.evaluate('performance.now()'); press(' '); page.wait_for_timeout(1000); press(' ')
    took,n = page.evaluate('performance.now()')-a, frame(page)-2
    print(f'ok: space plays and stops: {n} frames in {took/1000:.2f} s')
    if not .7*took/20<n<=took/20+2: sys.exit(f'FAILED: {n} frames in {took:.0f} ms at 50 frames/s')
    page.click('#play'); page.select_option('#speed', '2'); page.wait_for_timeout(200); page.click('#play')

def main(shots):
    with sync_playwright() as pw, tempfile.TemporaryDirectory() as d:
        view = example(); path = view.save(f'{d}/player.html')
        frames = Path(d)/'notebook.html'; frames.write_text(f'<body style="background:#fff">{view._repr_html_()}')
        browser = pw.chromium.launch(executable_path=os.environ.get('CHROMIUM', '/usr/bin/chromium'), headless=True, args=FLAGS)
        for name,kw in dict(light=dict(color_scheme='light'), dark=dict(color_scheme='dark'), narrow=dict(viewport=dict(width=400,height=740)), notebook={}).items():
            ctx = browser.new_context(offline=True, **{'viewport':dict(width=1000,height=560), **kw})
            page,wrong = ctx.new_page(), []
            page.on('pageerror', lambda e: wrong.append(str(e))); page.on('console', lambda m: m.type=='error' and wrong.append(m.text))
            page.on('request', lambda r: r.url.startswith(('file:','data:','about:')) or wrong.append(f'asked for {r.url}'))
            page.goto((frames if name=='notebook' else path).as_uri()); page.wait_for_timeout(300)
            if name=='light': check(page)
            if name=='notebook':
                inner = page.frame_locator('iframe'); inner.locator('#play').click(); page.wait_for_timeout(500); inner.locator('#play').click()
                if 'frame 1 of' in inner.locator('#time').inner_text(): sys.exit('FAILED: inside a notebook it does not play')
            if shots: page.screenshot(path=f'{shots}/{name}.png')
            if wrong: sys.exit(f'FAILED: {name}: {wrong}')
            print('ok:', name)
        browser.close()

if __name__=='__main__': main(sys.argv[1] if len(sys.argv)>1 else None)

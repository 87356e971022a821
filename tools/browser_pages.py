"""Every page in a real browser, at 400 pixels and at 1280, on light and on dark ground: nothing is cut off or broken
inside a word, what scrolls says so, text stands out from its ground, no output is empty. browser_test.py calls it."""
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
DOCS = TOOLS.parent/'_docs'
LOOKS = {'400 pixels, light': (400, 'light'), '1280 pixels, dark': (1280, 'dark')}

def open_page(tab, name):
    "Open one of the pages, and wait until its pictures and its script have loaded"
    tab.goto((DOCS/name).as_uri(), wait_until='load')

def faults(tab):
    "What is wrong with how the opened page looks, as sentences"
    tab.evaluate((TOOLS/'browser_pages.js').read_text())
    return tab.evaluate('faults()')

def tab_of(browser, look):
    "An empty tab without a network that looks as in `LOOKS`"
    width,scheme = LOOKS[look]
    size = dict(width=width, height=900)
    return browser.new_context(offline=True, color_scheme=scheme, viewport=size).new_page()

# each kind of fault is made on purpose, and must be seen

LONG = 'x'*300
BREAKS = { # what must be said: how it looks, and what is added to a page
    'wider than the screen': ('400 pixels, light', '<p style="width:900px">wide</p>'),
    'cut off': ('400 pixels, light', '<p style="width:900px">wide</p>'),
    'scrolls without saying so': ('400 pixels, light', f'<div style="overflow-x:auto; white-space:nowrap">{"wide "*99}</div>'),
    'code that is cut on a wide screen': ('1280 pixels, dark', f'<div class="code"><pre>{LONG}</pre></div>'),
    'a word is broken': ('400 pixels, light', f'<p>{LONG}</p>'),
    'contrast': ('1280 pixels, dark', '<p style="color:#444">dark on dark</p>'),
    'empty': ('1280 pixels, dark', '<div class="output">&nbsp;</div>'),
    'no picture': ('1280 pixels, dark', '<p><img src="none.png" width="9" height="9"></p>')}
HOME = 'index.html'

def sees(browser, fault):
    "A fault that is made on purpose must be seen, and only after it was made"
    look,html = BREAKS[fault]
    tab = tab_of(browser, look)
    open_page(tab, HOME)
    before = faults(tab)
    tab.evaluate('html => document.querySelector("main").insertAdjacentHTML("beforeend", html)', html)
    tab.wait_for_timeout(100)
    new = set(faults(tab)) - set(before)
    tab.context.close()
    assert any(why.startswith(fault) for why in new), f'it was not seen; what was: {sorted(new)}'

# all pages

def look_at_all(browser, look, shots):
    "No page has a fault"
    tab = tab_of(browser, look)
    wrong = []
    for file in sorted(DOCS.rglob('*.html')):
        name = file.relative_to(DOCS).as_posix()
        open_page(tab, name)
        wrong += [f'{name}: {why}' for why in faults(tab)]
        if shots:
            tab.screenshot(path=f'{shots}/{name.replace("/", "_")}-{look.replace(", ", "-")}.png', full_page=True)
    tab.context.close()
    assert not wrong, '\n    '.join([f'{len(wrong)} faults', *wrong])

def pages(check, browser, shots):
    "All pages, as tools/docs.py made them"
    if not (DOCS/HOME).exists():
        raise SystemExit('no pages to look at: python tools/docs.py')
    for fault in BREAKS:
        check(f'pages: {fault}, made on purpose', sees, browser, fault)
    for look in LOOKS:
        check(f'pages: {look}', look_at_all, browser, look, shots)

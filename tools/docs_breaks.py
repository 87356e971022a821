"""Does each check of docs_check.py fail when it should? Copies of the pages, each broken in one way."""
import json, shutil, tempfile
from pathlib import Path
from docs_pages import HEAVIEST
from docs_site import Site

# how to break

def change(path, old, new, count=1):
    "A break: in `path`, `old` becomes `new`"
    def act(root):
        file = root/path
        text = file.read_text()
        assert old in text, f'selftest: {path} does not contain {old!r}'
        file.write_text(text.replace(old, new, count))
    return act

def remove(path):
    "A break: a file is gone"
    return lambda root: (root/path).unlink()

def add(path, text):
    "A break: a file has another text"
    return lambda root: (root/path).write_text(text)

def append(path, html):
    "A break: a page has something more at its end"
    return change(path, '</main>', f'{html}</main>')

def store_error(root):
    "A break: a cell ended in an error"
    file = root/'nbs/02_camera.ipynb'
    nb = json.loads(file.read_text())
    code = next(c for c in nb['cells'] if c['cell_type']=='code')
    code['outputs'] = [dict(output_type='error', ename='ValueError', evalue='', traceback=[])]
    file.write_text(json.dumps(nb))

def glue_list(root):
    "A break: a list begins without an empty line"
    file = root/'nbs/02_camera.ipynb'
    nb = json.loads(file.read_text())
    text = next(c for c in nb['cells'] if c['cell_type']=='markdown')
    text['source'] = ['A camera has\n', '- a place\n', '- a direction']
    file.write_text(json.dumps(nb))

# what to break, by check: what it must say, and how to break

PAGE = '_docs/camera.html'
CORE = '_docs/core.html'
CODE = 'diffhpe/camera.py'
SIDE = 'nbs/sidebar.yml'
QUARTO = '_quarto.yml'
STUDY = '_docs/studies/cameras.html'
LINE = '          - 02_camera.ipynb\n'
ABOUT = 'name="description" content="From'
PRINTED = '<span class="o">&lt;</span><span class="n">Number</span><span class="o">&gt;</span>'
PICTURE = f'<img src="data:image/png;base64,{"A"*HEAVIEST}">'

BREAKS = dict(
    made=[
        ('no page camera.html', remove(PAGE)),
        ('nowhere.html: of no notebook', add('_docs/nowhere.html', '<title>Nowhere</title>'))],
    flawless=[
        ('ended with ValueError', store_error),
        ('camera.html: shows an error', append(PAGE, '<div class="output_subarea output_error"></div>')),
        ('camera.html: shows an error', append(PAGE, '<pre>Traceback (most recent call last)</pre>'))],
    titled=[
        ('camera.html: no title', change(PAGE, '<title>Camera', '<title>')),
        ('the same title', change(PAGE, '<title>Camera', '<title>Core')),
        ('camera.html: no description', change(PAGE, ABOUT, 'name="x" content="From')),
        ('more than one line', change(PAGE, ABOUT, f'{ABOUT}\n'))],
    in_sidebar=[
        ('02_camera.ipynb is missing', change(SIDE, LINE, '')),
        ('02_camera.ipynb is there more', change(SIDE, LINE, LINE*2)),
        ('no such page: 02_cameras.ipynb', change(SIDE, '02_camera.ipynb', '02_cameras.ipynb'))],
    light=[
        ('camera.html: 1.', append(PAGE, PICTURE)),
        ('MB', add('_docs/docs.css', '/'*HEAVIEST))],
    rendered=[
        ('camera.html: not rendered', append(PAGE, '<p>see [the camera](camera.html)</p>')),
        ('camera.html: not rendered', append(PAGE, '<p>::: {.note}</p>'))],
    signed=[
        ("'occlusion:str <Patterns>='", append(PAGE, '<pre>def f(\n    occlusion:str &lt;Patterns&gt;=None,\n)</pre>')),
        ("'joints:int <Number>='", append(PAGE, f'<pre>joints:<b>int</b> {PRINTED}=17</pre>'))],
    linked=[
        ('no file cameras.html', append(CORE, '<a href="cameras.html">x</a>')),
        ('camera.html has no anchor #no-such', append(CORE, '<a href="camera.html#no-such">x</a>')),
        ('core.html has no anchor #no-such', append(CORE, '<a href="#no-such">x</a>')),
        ('no file images/none.gif', append(CORE, '<img src="images/none.gif">')),
        ('no file diffhpe/cameras.py', change(PAGE, f'{CODE}#L', 'diffhpe/cameras.py#L')),
        ('has no line', change(PAGE, f'{CODE}#L', f'{CODE}#L9999'))],
    linked_files=[
        ('no file nbs/none.ipynb', change('README.md', '\n', '\n[x](nbs/none.ipynb)\n'))],
    current=[
        ('not as in results/cmu', change('README.md', ' ± ', ' ± 0')),
        ('not the conditions', change('README.md', 'frames scored', 'frames'))],
    documented=[
        ('camera.rotate: no docstring', change(CODE, '"Turn vectors by a quaternion"', 'pass')),
        ('camera.rotate, quat: no docment',
            change(CODE, 'quat,     # Unit quaternion w, x, y, z: (4,) or (..., 4), see `Camera`', 'quat,')),
        ('camera.rotate, x: no shape', change(CODE, '# Vectors, (..., 3)', '# Vectors')),
        ('camera.rotate: no shape of what it returns', change(CODE, '# Same shape', '# Vectors')),
        ('Camera.focal: no docment', change(CODE, '# Focal lengths, pixels', '')),
        ('Camera: no docstring', change(CODE, '"A calibrated camera', 'name = "A calibrated camera')),
        ('px: no pixels', change(CODE, '# Points, (..., 2), pixels', '# Points, (..., 2)'))],
    shown=[
        ('camera.rotate: not on its page', change(PAGE, 'id="rotate"', 'id="rotates"'))],
    fields_shown=[
        ('camera.Camera: no class', change(PAGE, '>class<', '>def<')),
        ('camera.Camera.focal: not on its page', change(PAGE, 'Focal lengths, pixels', ''))],
    alone=[
        ('camera.html: loads from outside', append(PAGE, '<script src="https://example.org/a.js"></script>')),
        ('camera.html: an equation was not set', append(PAGE, '<p>$x_i$</p>')),
        ('camera.html: an equation shows a command', append(PAGE, r'<math><mo>\|</mo></math>'))],
    found_by_search=[
        ('camera.html: not in the search', change('_docs/search.js', '"camera.html"', '"x.html"')),
        ('camera.rotate: not in the search', change('_docs/search.js', '"camera.html#rotate"', '"x"'))],
    furnished=[
        ('camera.html: no id="search"', change(PAGE, 'id="search"', 'id="find"')),
        ('data.html: no link to open', change('_docs/tutorials/data.html', 'mybinder.org', 'example.org')),
        ('does not open with the command',
            change('_docs/commands/diffhpe_lift.html', 'usage: diffhpe_lift', 'use'))],
    users_first=[
        ('cameras.html: does not open with its verdict', change(STUDY, '<strong>Verdict.', '<strong>Result.')),
        ('camera.html: tests that are not folded', change(PAGE, '<details class="fold">', '<details>')),
        ('cameras.html: code that is not folded', change(STUDY, '<details class="fold">', '<details>'))],
    quarto_settings=[
        ('website: page-navigations: no such setting', change(QUARTO, 'page-navigation:', 'page-navigations:')),
        ('style is ', change(QUARTO, 'docked', 'dockd')),
        ('toc-depth is ', change(QUARTO, 'toc-depth: 3', 'toc-depth: three')),
        ('no script ../tools/none.py', change(QUARTO, 'docs_mend.py #', 'none.py #')),
        ('no file none.yml', change(QUARTO, 'sidebar.yml]', 'none.yml]'))],
    quarto_markdown=[
        ('02_camera.ipynb: cell 0: no empty line', glue_list)])

# breaking

FOLDERS = ('nbs','_docs','diffhpe','tools','results','.github')
NEW = '_docs/nowhere.html'
BROKEN = (
    '_docs/docs.css', '_docs/search.js', '_docs/tutorials/data.html', '_docs/commands/diffhpe_lift.html',
    'README.md', 'nbs/02_camera.ipynb', SIDE, CODE, QUARTO, STUDY)

def copy_site(root, to):
    "Copy all that the checks read"
    skip = shutil.ignore_patterns('__pycache__', '.*')
    for name in FOLDERS:
        shutil.copytree(root/name, to/name, ignore=skip, symlinks=True)
    for file in root.iterdir():
        if file.is_file():
            shutil.copy(file, to/file.name)

def broken_files(root):
    "The files that breaks change"
    pages = sorted((root/'_docs').glob('c*.*'))
    return [*pages, *(root/name for name in BROKEN)]

def is_seen(check, says, act, root, before):
    "Does a check see a break? What was broken is put back"
    kept = {f: f.read_bytes() for f in broken_files(root)}
    act(root)
    found = set(check(Site(root)))-before
    for f,content in kept.items():
        f.write_bytes(content)
    (root/NEW).unlink(missing_ok=True)
    return any(says in why for why in found)

def selftest(root, checks):
    "Every break must be seen by its check, and by no check before it is made"
    by_name = {check.__name__: check for check in checks}
    unseen = [f'never broken: {name}' for name in sorted(by_name.keys()-BREAKS.keys())]
    tried = 0
    with tempfile.TemporaryDirectory() as tmp:
        copy = Path(tmp)/'site'
        copy_site(root, copy)
        state = lambda: {name: set(check(Site(copy))) for name,check in by_name.items()}
        before = state()
        for name,breaks in BREAKS.items():
            for says,act in breaks:
                tried += 1
                if not is_seen(by_name[name], says, act, copy, before[name]):
                    unseen.append(f'{name} did not see: {says}')
        if state()!=before:
            unseen.append('a break was not undone')
    for why in unseen:
        print(f'selftest: {why}')
    print(f'selftest: {tried-len(unseen)} of {tried} breaks seen')
    return int(bool(unseen))

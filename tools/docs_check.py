"""Check the pages that tools/docs.py made, and what they say of the library.

    python tools/docs_check.py             # check; run tools/docs.py before
    python tools/docs_check.py --selftest  # break copies of the pages in every way that a check should see

Every notebook became a page without errors; links lead somewhere; titles, descriptions and side bar are complete; pages
are light; every exported name is on its page, with shapes and units where it has any. See `CHECKS`."""
import ast, configparser, html, io, json, re, shutil, sys, tempfile, time, tokenize, yaml
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[1]
HEAVIEST = 1_500_000 # bytes of a page with its figures, style and script; not what the search loads
MADE = ('names.md','gallery.md') # pages that tools/docs_mend.py makes, of no file in nbs/
LONGEST = 200        # characters of a description

# the site as data

class Parser(HTMLParser):
    "Title, description, anchors, links, pictures and prose of a page"
    def __init__(self):
        super().__init__()
        self.title,self.about,self.ids,self.links,self.shown,self.prose,self.errors,self.inside = '','',set(),[],[],[],0,[]
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if 'id' in a: self.ids.add(a['id'])
        if tag=='a' and a.get('href'): self.links.append(a['href'])
        if a.get('src') or (tag=='link' and a.get('href')): self.shown.append(a.get('src') or a['href'])
        if tag=='meta' and a.get('name')=='description': self.about = a.get('content') or ''
        self.errors += 'output_error' in (a.get('class') or '').split()
        if tag in ('title','code','pre','script','style','table','math'): self.inside.append(tag)
    def handle_endtag(self, tag):
        if self.inside and self.inside[-1]==tag: self.inside.pop()
    def handle_data(self, s):
        if self.inside==['title']: self.title += s
        elif not self.inside: self.prose.append(s)
        if 'Traceback (most recent call last)' in s: self.errors += 1

@lru_cache(None)
def parse(text):
    "A parsed page"
    p = Parser()
    p.feed(text)
    return p

@dataclass
class Site:
    "Where everything is: notebooks, pages, modules and the repository around them"
    root:Path

    def __post_init__(self):
        ini = configparser.ConfigParser(delimiters=['='])
        ini.read(self.root/'settings.ini')
        self.cfg = ini['DEFAULT']
        self.nbs,self.docs,self.lib = (self.root/self.cfg[k] for k in ('nbs_path','doc_path','lib_path'))
        self.sources = sorted(f.relative_to(self.nbs).as_posix() for f in self.nbs.rglob('*') if f.suffix in ('.ipynb','.md') and not any(p[0] in '._' for p in f.relative_to(self.nbs).parts))
        self.sources = sorted([*self.sources, *MADE])
        self.pages = {f.relative_to(self.docs).as_posix(): f.read_text() for f in sorted(self.docs.rglob('*.html'))}

    def page(self, name): return parse(self.pages[name])
    def notebook(self, src): return json.loads((self.nbs/src).read_text()) if src.endswith('.ipynb') else dict(cells=[])
    def modules(self): return {f.stem: f.read_text() for f in sorted(self.lib.glob('*.py')) if f.name[0]!='_'}
    def side(self):
        def files(items): return [f for i in items for f in ([i] if isinstance(i, str) else files(i['contents']) if 'contents' in i else [i['href']])]
        return files(yaml.safe_load((self.nbs/'sidebar.yml').read_text())['website']['sidebar']['contents'])

def page_of(src):
    "The page that is made of a notebook: the number goes"
    p = PurePosixPath(src)
    return str(p.with_name(re.sub(r'^\d+[a-zA-Z0-9]*_', '', p.name.lower())).with_suffix('.html'))

# pages

def made(site):
    "Every notebook became a page, and every page is of a notebook"
    want = {page_of(s): s for s in site.sources}
    for p in want.keys()-site.pages.keys(): yield f'{want[p]}: no page {p}'
    for p in site.pages.keys()-want.keys(): yield f'{p}: of no notebook'

def flawless(site):
    "No cell ended in an error, neither when it was stored nor when the pages were made"
    for s in site.sources:
        if s.endswith('.md'): continue
        for i,c in enumerate(site.notebook(s)['cells']):
            for o in c.get('outputs', []):
                if o['output_type']=='error': yield f'{s}: cell {i} ended with {o["ename"]}'
    for p in site.pages:
        if site.page(p).errors: yield f'{p}: shows an error'

def titled(site):
    "Every page has a title of its own and one line about it"
    seen = {}
    for p in site.pages:
        t,about = site.page(p).title.strip(),site.page(p).about.strip()
        if not t: yield f'{p}: no title'
        if t and t in seen: yield f'{p}: the same title as {seen[t]}, {t!r}'
        seen[t] = p
        if not about: yield f'{p}: no description; begin the notebook with `# Title` and `> one line`'
        if '\n' in about or len(about)>LONGEST: yield f'{p}: a description of more than one line'

def in_sidebar(site):
    "Every page is in the side bar, once, and what is there exists"
    side = site.side()
    for s in sorted({*side}-{*site.sources}): yield f'sidebar.yml: no such page: {s}'
    for s in sorted({*site.sources}-{*side}): yield f'sidebar.yml: {s} is missing'
    for s in sorted({s for s in side if side.count(s)>1}): yield f'sidebar.yml: {s} is there more than once'

def light(site):
    "A page with all that it shows"
    for p,text in site.pages.items():
        files = {(site.docs/p).parent/unquote(s) for s in site.page(p).shown if ':' not in s}
        n = len(text.encode()) + sum(f.stat().st_size for f in files if f.exists())
        if n>=HEAVIEST: yield f'{p}: {n/1e6:.2f} MB, more than {HEAVIEST/1e6}'

def rendered(site):
    "No Markdown of Quarto or nbdev is left in the text"
    for p in site.pages:
        for s in site.page(p).prose:
            if m := re.search(r'\]\(\w|^:::|^#\||\{[.#][\w-]+|^\s*```', s, flags=re.M): yield f'{p}: not rendered: {s[max(0, m.start()-30):m.end()+30].strip()!r}'

# links

def in_repository(site, url):
    "What is wrong with a link to a file of the repository; '' if nothing"
    path,_,line = unquote(url).partition('#L')
    f = site.root/path
    if not f.exists(): return f'no file {path}'
    return f'{path} has no line {line}' if line.isdigit() and f.is_file() and int(line)>len(f.read_text().splitlines()) else ''

def broken(site, page, url):
    "What is wrong with a link or picture of a page; '' if nothing, or if it leads elsewhere"
    if m := re.match(re.escape(site.cfg['git_url'].replace('%(user)s', site.cfg['user']).replace('%(repo)s', site.cfg['repo']))+r'/(?:blob|tree)/[^/]+/(.*)', url): return in_repository(site, m[1])
    if re.match(r'[a-z]+:|//', url): return ''
    path,_,anchor = unquote(url).partition('#')
    to = (site.docs/page).parent/path if path else site.docs/page
    name = to.resolve().relative_to(site.docs.resolve()).as_posix() if to.resolve().is_relative_to(site.docs.resolve()) else None
    if name is None or not to.exists(): return f'no file {path}'
    return f'{name} has no anchor #{anchor}' if anchor and name in site.pages and anchor not in site.page(name).ids else ''

def linked(site):
    "Links between pages and to files of the repository lead somewhere"
    for p in site.pages:
        for u in dict.fromkeys([*site.page(p).links, *site.page(p).shown]):
            if not u.startswith('data:') and (why := broken(site, p, u)): yield f'{p}: {u[:90]}: {why}'

def linked_files(site):
    "So do those of the files that a code host shows"
    for f in ('README.md','CONTRIBUTING.md','CHANGELOG.md'):
        text = re.sub(r'(?ms)^```.*?^```', '', (site.root/f).read_text())
        for u in re.findall(r'\]\(([^)\s]+)|src="([^"]+)"', text):
            u = u[0] or u[1]
            if not re.match(r'[a-z]+:|#', u) and (why := in_repository(site, u.partition('#')[0])): yield f'{f}: {u}: {why}'

def current(site):
    "The home page shows the results as they are stored"
    home = (site.root/'README.md').read_text()
    *table,_,note = (site.root/'results/cmu/systems.md').read_text().splitlines()
    for l in table[2:]:
        cells = [c.strip() for c in l.strip('|').split('|')]
        if not any(all(c in h for c in (cells[0], *(c for c in cells if '±' in c))) for h in home.splitlines()): yield f'README.md: not as in results/cmu/systems.md, run nbs/index.ipynb again: {cells[0]}'
    if note not in home: yield 'README.md: not the conditions of results/cmu/systems.md, run nbs/index.ipynb again'

# the library

SHAPE = re.compile(r'\((?:\w|\.\.\.|\))|[Ss]ame shape|[Ss]hape of|\b[Ll]ike `|[Aa]ny shape|[Oo]ne number|[Bb]roadcasts')
UNITS = { # what the docment of a quantity with a unit or a meaning of its values must say
    'x2d': r'screen|pixels', 'px': r'pixels', 'screen': r'screen', 'x_screen': r'screen',
    **dict.fromkeys('x3d x3d_rel x_cam trans hyps pred target'.split(), r'metres|unit'),
    **dict.fromkeys('mask valid seen'.split(), r'True|False'),
    'fps': r'per second|Hz', 'fov': r'degrees', 'fov_deg': r'degrees', 'azimuth': r'degrees', 'elevation': r'degrees'}
ARRAYS = {'x2d','x3d','x3d_rel','x_cam','mask','valid','hyps','pred','px','xt','x0','eps','intrinsics','quat','trans'}
GIVEN = re.compile('forward|train|extra_repr|state_dict|load_state_dict|(before|after|cleanup)_[a-z]+') # torch, and the moments of a training, say what these do

def comments(text):
    "Comments by their line"
    return {t.start[0]: t.string.lstrip('# ') for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type==tokenize.COMMENT}

def described(args, notes):
    "Arguments, each with its annotation and its docment: the comment where it ends, if it is the last that ends there"
    positional = [*args.posonlyargs, *args.args]
    default = dict(zip(positional[::-1], args.defaults[::-1])) | dict(zip(args.kwonlyargs, args.kw_defaults))
    every = [a for a in (*positional, args.vararg, *args.kwonlyargs, args.kwarg) if a and a.arg not in ('self','cls','_')]
    ends = {a: (default.get(a) or a).end_lineno for a in every}
    last = {n: a for a,n in ends.items()}
    def note(a): # `Param('help', ...)` documents itself
        return a.annotation.args[0].value if isinstance(a.annotation, ast.Call) else notes.get(ends[a], '') if last[ends[a]] is a else ''
    return [(a.arg, ast.unparse(a.annotation) if a.annotation else '', note(a)) for a in ends]

def lacks(name, kind, note):
    "What a docment does not say; '' if nothing"
    if not note: return 'no docment'
    array = re.search(r'\b(Tensor|ndarray)\b', kind)
    if (array or (name in ARRAYS and kind in ('','object'))) and not SHAPE.search(note): return f'no shape in {note!r}'
    if name in UNITS and (array or kind in ('','object','float')) and not re.search(UNITS[name], note): return f'no {UNITS[name]} in {note!r}'
    return ''

def function(d, notes, classes, name):
    "What is missing in the description of a function; one of our classes as an annotation is description enough"
    if not ast.get_docstring(d): yield f'{name}: no docstring'
    for arg,kind,note in described(d.args, notes):
        if (why := lacks(arg, kind, note)) and not (not note and re.sub(r'\|None$|\W+', '', kind) in classes): yield f'{name}, {arg}: {why}'
    said = f'{notes.get(d.returns.end_lineno, "")} {ast.get_docstring(d)} {[n for a,_,n in described(d.args, notes) if a=="reduction"]}' if d.returns else ''
    if d.returns and re.fullmatch(r'Tensor|(np\.)?ndarray', ast.unparse(d.returns)) and not SHAPE.search(said): yield f'{name}: no shape of what it returns'

def a_class(d, notes, classes):
    "What is missing in the description of a class: its own, its fields or constructor, its methods"
    if not ast.get_docstring(d): yield f'{d.name}: no docstring'
    data = any('dataclass' in ast.unparse(o) for o in d.decorator_list)
    for s in d.body:
        if data and isinstance(s, ast.AnnAssign) and s.target.id[0]!='_':
            if (why := lacks(s.target.id, ast.unparse(s.annotation), notes.get(s.end_lineno, ''))) and ast.unparse(s.annotation) not in classes: yield f'{d.name}.{s.target.id}: {why}'
        if not isinstance(s, ast.FunctionDef) or (s.name[0]=='_' and s.name!='__init__'): continue
        for why in function(s, notes, classes, f'{d.name}.{s.name}'):
            given = s.name=='__init__' or GIVEN.fullmatch(s.name)
            if why.endswith('no docstring') and given: continue
            if why.endswith('no docment') and (s.name!='__init__' or data): continue # of methods we ask for the shapes that are said, and a docstring
            yield why

def documented(site):
    "Every exported name has a docstring, and its parameters their meaning, shape and unit"
    trees = {m: ast.parse(t) for m,t in site.modules().items()}
    classes = {d.name for t in trees.values() for d in t.body if isinstance(d, ast.ClassDef)}
    for m,tree in trees.items():
        notes,names = comments(site.modules()[m]),exported(tree)
        for d in tree.body:
            if getattr(d, 'name', None) not in names: continue
            found = a_class(d, notes, classes) if isinstance(d, ast.ClassDef) else function(d, notes, classes, d.name)
            yield from (f'{m}.{why}' for why in found)

def exported(tree):
    "`__all__` of a module"
    return next((ast.literal_eval(s.value) for s in tree.body if isinstance(s, ast.Assign) and getattr(s.targets[0], 'id', '')=='__all__'), [])

def shown(site):
    "Every exported function and class is a heading of its page"
    for m,text in site.modules().items():
        tree = ast.parse(text)
        heads = site.page(f'{m}.html').ids if f'{m}.html' in site.pages else set()
        for d in tree.body:
            if getattr(d, 'name', None) in exported(tree) and isinstance(d, (ast.FunctionDef,ast.ClassDef)) and d.name.lower() not in heads: yield f'{m}.{d.name}: not on its page'

def definition(site, module, name):
    "What a page shows below the heading of a name, up to the next heading; '' if the heading is not there"
    text = site.pages.get(f'{module}.html', '')
    head = rf'<h3 id="[^"]+">\s*{re.escape(name)}\s*<a' # (a section can have the same words, and the first anchor)
    found = re.search(rf'{head}(.*?)(?=<h[1-3] |<footer>)', text, flags=re.S)
    return re.sub(r'<[^>]+>', '', f'<{found[1]}') if found else ''

def fields_shown(site):
    "On its page a class is a class, and the fields of a dataclass are there with what they mean"
    for m,text in site.modules().items():
        tree,notes = ast.parse(text),comments(text)
        for d in tree.body:
            if not isinstance(d, ast.ClassDef) or d.name not in exported(tree): continue
            said = html.unescape(definition(site, m, d.name))
            if not re.search(rf'\bclass\s+{d.name}\b', said): yield f'{m}.{d.name}: no class on its page'
            if not is_record(d): continue
            for s in d.body:
                if not isinstance(s, ast.AnnAssign) or s.target.id[0]=='_': continue
                note = notes.get(s.end_lineno, '')
                plain = lambda t: re.sub(r'\W+', '', t)
                if plain(f'{s.target.id}{ast.unparse(s.annotation)}') not in plain(said) or plain(note) not in plain(said): yield f'{m}.{d.name}.{s.target.id}: not on its page'

def is_record(d):
    "Is it a dataclass or a NamedTuple?"
    return any('dataclass' in ast.unparse(o) for o in d.decorator_list) or any(ast.unparse(b)=='NamedTuple' for b in d.bases)

OUTSIDE = re.compile(r'<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)="(?:https?:)?//', re.I)

def alone(site):
    "Pages need no network, and no equation is left as LaTeX"
    for p,text in site.pages.items():
        if m := OUTSIDE.search(text): yield f'{p}: loads from outside: {m[0][:80]}'
        for s in site.page(p).prose:
            if m := re.search(r'\$[^\s$][^$\n]*[\\^_][^$\n]*\$|\\begin\{', s): yield f'{p}: an equation was not set: {m[0][:60]}'

def found_by_search(site):
    "The search knows every page and every public name"
    text = (site.docs/'search.js').read_text() if (site.docs/'search.js').exists() else 'window.SEARCH = []'
    entries = json.loads(text.partition('=')[2])
    known = {e[0] for e in entries}
    for p in site.pages:
        if p not in known: yield f'{p}: not in the search'
    for m,source in site.modules().items():
        tree = ast.parse(source)
        for d in tree.body:
            if getattr(d, 'name', None) in exported(tree) and f'{m}.html#{d.name.lower()}' not in known: yield f'{m}.{d.name}: not in the search'

def furnished(site):
    "Each page has search, contents and a script for copying; tutorials can be opened elsewhere; a command's page opens with the command"
    for p,text in site.pages.items():
        for what in ('id="search"', 'class="here"', 'docs.js'):
            if what not in text: yield f'{p}: no {what}'
        if p.startswith('tutorials/') and not ('colab.research.google.com' in text and 'mybinder.org' in text): yield f'{p}: no link to open it elsewhere'
        name = PurePosixPath(p).stem
        body = re.sub(r'<[^>]+>', '', text.partition('class="here"')[2].partition('</details>')[2])
        if p.startswith('commands/') and not 0<=body.find(name)<body.find(f'usage: {name}'): yield f'{p}: does not open with the command and its --help'

CHECKS = [made, flawless, titled, in_sidebar, light, rendered, linked, linked_files, current, documented, shown, fields_shown, alone, found_by_search, furnished]

def problems(site): return [(c.__name__, why) for c in CHECKS for why in c(site)]

# does each check fail when it should?

def change(path, old, new, count=1):
    "A break: in `path`, `old` becomes `new`"
    def act(root):
        f = root/path
        text = f.read_text()
        assert old in text, f'selftest: {path} does not contain {old!r}'
        f.write_text(text.replace(old, new, count))
    return act

def remove(path): return lambda root: (root/path).unlink()
def add(path, text): return lambda root: (root/path).write_text(text)

def store_error(root):
    "A cell that ended in an error"
    f = root/'nbs/02_camera.ipynb'
    nb = json.loads(f.read_text())
    next(c for c in nb['cells'] if c['cell_type']=='code')['outputs'] = [dict(output_type='error', ename='ValueError', evalue='', traceback=[])]
    f.write_text(json.dumps(nb))

BREAKS = [ # check that must see it, what it must say, how to break
    ('made', 'no page camera.html', remove('_docs/camera.html')),
    ('made', 'nowhere.html: of no notebook', add('_docs/nowhere.html', '<title>Nowhere</title>')),
    ('flawless', 'ended with ValueError', store_error),
    ('flawless', 'camera.html: shows an error', change('_docs/camera.html', '</main>', '<div class="output_subarea output_error"></div></main>')),
    ('flawless', 'camera.html: shows an error', change('_docs/camera.html', '</main>', '<pre>Traceback (most recent call last)</pre></main>')),
    ('titled', 'camera.html: no title', change('_docs/camera.html', '<title>Camera', '<title>')),
    ('titled', 'the same title', change('_docs/camera.html', '<title>Camera', '<title>Core')),
    ('titled', 'camera.html: no description', change('_docs/camera.html', 'name="description" content="From', 'name="x" content="From')),
    ('titled', 'more than one line', change('_docs/camera.html', 'name="description" content="From', 'name="description" content="From\n')),
    ('in_sidebar', '02_camera.ipynb is missing', change('nbs/sidebar.yml', '          - 02_camera.ipynb\n', '')),
    ('in_sidebar', '02_camera.ipynb is there more', change('nbs/sidebar.yml', '          - 02_camera.ipynb\n', '          - 02_camera.ipynb\n'*2)),
    ('in_sidebar', 'no such page: 02_cameras.ipynb', change('nbs/sidebar.yml', '02_camera.ipynb', '02_cameras.ipynb')),
    ('light', 'camera.html: 1.', change('_docs/camera.html', '</main>', f'<img src="data:image/png;base64,{"A"*HEAVIEST}"></main>')),
    ('light', 'MB', add('_docs/docs.css', '/'*HEAVIEST)),
    ('rendered', 'camera.html: not rendered', change('_docs/camera.html', '</main>', '<p>see [the camera](camera.html)</p></main>')),
    ('rendered', 'camera.html: not rendered', change('_docs/camera.html', '</main>', '<p>::: {.note}</p></main>')),
    ('linked', 'no file cameras.html', change('_docs/core.html', '</main>', '<a href="cameras.html">x</a></main>')),
    ('linked', 'camera.html has no anchor #no-such', change('_docs/core.html', '</main>', '<a href="camera.html#no-such">x</a></main>')),
    ('linked', 'core.html has no anchor #no-such', change('_docs/core.html', '</main>', '<a href="#no-such">x</a></main>')),
    ('linked', 'no file images/none.gif', change('_docs/core.html', '</main>', '<img src="images/none.gif"></main>')),
    ('linked', 'no file diffhpe/cameras.py', change('_docs/camera.html', 'diffhpe/camera.py#L', 'diffhpe/cameras.py#L')),
    ('linked', 'has no line', change('_docs/camera.html', 'diffhpe/camera.py#L', 'diffhpe/camera.py#L9999')),
    ('linked_files', 'no file nbs/none.ipynb', change('README.md', '\n', '\n[x](nbs/none.ipynb)\n')),
    ('current', 'not as in results/cmu', change('README.md', ' ± ', ' ± 0')),
    ('current', 'not the conditions', change('README.md', 'frames scored', 'frames')),
    ('documented', 'camera.rotate: no docstring', change('diffhpe/camera.py', '"Turn vectors by a quaternion"', 'pass')),
    ('documented', 'camera.rotate, quat: no docment', change('diffhpe/camera.py', 'quat,     # Unit quaternion w, x, y, z: (4,) or (..., 4), see `Camera`', 'quat,')),
    ('documented', 'camera.rotate, x: no shape', change('diffhpe/camera.py', '# Vectors, (..., 3)', '# Vectors')),
    ('documented', 'camera.rotate: no shape of what it returns', change('diffhpe/camera.py', '# Same shape', '# Vectors')),
    ('documented', 'Camera.focal: no docment', change('diffhpe/camera.py', '# Focal lengths, pixels', '')),
    ('documented', 'Camera: no docstring', change('diffhpe/camera.py', '"A calibrated camera', 'name = "A calibrated camera')),
    ('documented', "px: no pixels", change('diffhpe/camera.py', '# Points, (..., 2), pixels', '# Points, (..., 2)')),
    ('shown', 'camera.rotate: not on its page', change('_docs/camera.html', 'id="rotate"', 'id="rotates"')),
    ('fields_shown', 'camera.Camera: no class', change('_docs/camera.html', '>class<', '>def<')),
    ('fields_shown', 'camera.Camera.focal: not on its page', change('_docs/camera.html', 'Focal lengths, pixels', '')),
    ('alone', 'camera.html: loads from outside', change('_docs/camera.html', '</main>', '<script src="https://example.org/a.js"></script></main>')),
    ('alone', 'camera.html: an equation was not set', change('_docs/camera.html', '</main>', '<p>$x_i$</p></main>')),
    ('found_by_search', 'camera.html: not in the search', change('_docs/search.js', '"camera.html"', '"x.html"')),
    ('found_by_search', 'camera.rotate: not in the search', change('_docs/search.js', '"camera.html#rotate"', '"x"')),
    ('furnished', 'camera.html: no id="search"', change('_docs/camera.html', 'id="search"', 'id="find"')),
    ('furnished', 'data.html: no link to open', change('_docs/tutorials/data.html', 'mybinder.org', 'example.org')),
    ('furnished', 'does not open with the command', change('_docs/commands/diffhpe_lift.html', 'usage: diffhpe_lift', 'use')),
]

def copy_site(to):
    "All that the checks read"
    skip = shutil.ignore_patterns('__pycache__', '.*')
    for d in ('nbs','_docs','diffhpe','tools','results','.github'): shutil.copytree(ROOT/d, to/d, ignore=skip, symlinks=True)
    for f in ROOT.iterdir():
        if f.is_file(): shutil.copy(f, to/f.name)

def selftest():
    "Every break must be seen by its check, and by no check before it is made"
    with tempfile.TemporaryDirectory() as tmp:
        root,unseen = Path(tmp)/'site',[]
        copy_site(root)
        before = {*problems(Site(root))}
        for check,says,act in BREAKS:
            kept = {f: f.read_bytes() for f in [*(root/'_docs').glob('c*.*'), root/'_docs/docs.css', root/'_docs/search.js', root/'_docs/tutorials/data.html', root/'_docs/commands/diffhpe_lift.html', root/'README.md', root/'nbs/sidebar.yml', root/'nbs/02_camera.ipynb', root/'diffhpe/camera.py']}
            act(root)
            new = {*((check,why) for why in globals()[check](Site(root)))}-before
            if not any(says in why for _,why in new): unseen.append(f'{check} did not see: {says}')
            for f,b in kept.items(): f.write_bytes(b)
            (root/'_docs/nowhere.html').unlink(missing_ok=True)
        if {*problems(Site(root))}!=before: unseen.append('selftest: a break was not undone')
    if idle := {c.__name__ for c in CHECKS}-{c for c,*_ in BREAKS}: unseen.append(f'never broken: {", ".join(sorted(idle))}')
    print(*unseen, sep='\n', end='\n' if unseen else '')
    print(f'selftest: {len(BREAKS)-len(unseen)} of {len(BREAKS)} breaks seen')
    return int(bool(unseen))

def main():
    start,site = time.time(),Site(ROOT)
    found = problems(site)
    for check,why in found: print(f'{check}: {why}')
    print(f'{len(site.pages)} pages, {len(CHECKS)} checks, {len(found)} problems, {time.time()-start:.1f} s')
    return int(bool(found))

if __name__=='__main__': sys.exit(selftest() if '--selftest' in sys.argv[1:] else main())

"""Mend what nbdev 2.4 leaves in the processed notebooks of `_proc`: links inside code or other links, links to anchors
that are not there, definitions in reverse order, classes that look like functions and have lost their fields. Then add
the pages that no notebook holds: an index of all names, and a gallery of the figures.

`tools/docs.py` calls it, and so does Quarto before it renders (`pre-render` in _quarto.yml). Doing it twice changes
nothing."""
import ast, base64, json, re
from functools import lru_cache
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIB = ROOT/'diffhpe'

# links

LINK = r'\[(`[^`\n]+`)\]\([^)\s]*\)'

def relink(text):
    "Links of nbdev that lead somewhere: a method to its class, a private name nowhere, none within another link"
    text = re.sub(rf'\[{LINK}\]\(', r'[\1](', text)
    text = re.sub(r'\[(`[^`\n]+`)\]\([^)\s]*\.html#_[^)\s]*\)', r'\1', text)
    return re.sub(r'(\[`[^`\n]+`\]\([^)\s]*\.html#\w+)\.\w+\)', r'\1)', text)

def mend_links(md):
    "Markdown with mended links, and without any inside fenced code, where they are not rendered"
    parts = re.split(r'(?m)^(```.*$)', md) # text, fence, code, fence, text, ...
    parts[0::4] = [relink(text) for text in parts[0::4]]
    parts[2::4] = [re.sub(LINK, r'\1', code) for code in parts[2::4]]
    return ''.join(parts)

# definitions

SOURCE = re.compile(r'/(\w+)\.py#L(\d+)\)')

def place_of(cell):
    "Module and line of the definition that a `show_doc` cell shows; None for other cells"
    if cell['cell_type']!='code': return None
    if 'show_doc(' not in ''.join(cell['source']): return None
    found = SOURCE.search(json.dumps(cell['outputs']))
    return (found[1], int(found[2])) if found else None

def in_order(cells):
    "Definitions that follow one another in the order of the code"
    ordered = []
    for is_definition,run in groupby(cells, lambda c: place_of(c) is not None):
        group = list(run)
        ordered += sorted(group, key=place_of) if is_definition else group
    return ordered

@lru_cache(None)
def classes(module):
    "Classes of a module by the lines where they, or their decorators, begin; and the lines of the module"
    lines = (LIB/f'{module}.py').read_text(encoding='utf-8').splitlines()
    found = {}
    for d in ast.parse('\n'.join(lines)).body:
        if not isinstance(d, ast.ClassDef): continue
        begins = [d, *d.decorator_list]
        found |= {node.lineno: d for node in begins}
    return found, lines

def fields_of(d):
    "The fields of a dataclass or a NamedTuple"
    is_public = lambda target: getattr(target, 'id', '_')[0]!='_'
    return [s for s in d.body if isinstance(s, ast.AnnAssign) and is_public(s.target)]

def with_comments(s, lines):
    "The lines of a field, from the comment lines above it on"
    first = s.lineno-1
    while lines[first-1].strip().startswith('#'):
        first -= 1
    return lines[first:s.end_lineno]

def class_text(d, lines):
    "A class as it is written: decorators, name and bases, and its fields with their comments"
    decorators = [f'@{ast.unparse(o)}' for o in d.decorator_list]
    bases = ', '.join(ast.unparse(o) for o in [*d.bases, *d.keywords])
    brackets = f'({bases})' if bases else ''
    body = [line for s in fields_of(d) for line in with_comments(s, lines)]
    return '\n'.join([*decorators, f'class {d.name}{brackets}:', *body])

def mend_class(md, module, line):
    "The description of a class, as a class and with its fields; others stay as they are"
    found,lines = classes(module)
    d = found.get(line)
    if d is None or not re.search(rf'(?m)^### {d.name}$', md): return md
    if not fields_of(d): return re.sub(r'(```python\n)def ', r'\1class ', md, count=1)
    code = f'```python\n{class_text(d, lines)}\n```'
    return re.sub(r'```python\n.*?\n```', lambda _: code, md, count=1, flags=re.S)

@lru_cache(None)
def written_defaults(module):
    "Arguments and their defaults as they are written, by the lines where functions, classes or their decorators begin"
    tree = ast.parse((LIB/f'{module}.py').read_text(encoding='utf-8'))
    found = {}
    for d in ast.walk(tree):
        if not isinstance(d, (ast.FunctionDef, ast.ClassDef)): continue
        makers = [o for o in d.body if getattr(o, 'name', None)=='__init__'] if isinstance(d, ast.ClassDef) else [d]
        defaults = {}
        for maker in makers:
            args = maker.args
            positional = [*args.posonlyargs, *args.args]
            pairs = [*zip(positional[::-1], args.defaults[::-1]), *zip(args.kwonlyargs, args.kw_defaults)]
            defaults |= {arg.arg: ast.unparse(value) for arg,value in pairs if value is not None}
        for node in (d, *d.decorator_list): found[node.lineno] = defaults
    return found

ARGUMENT = re.compile(r'(?m)^(    (\w+)(?::[^=\n]+)?=)([A-Z]\w*\(.*\)|\(.{60,}\)|\d+\.\d{9,})(?=,?(?: #.*)?$)')

def mend_defaults(md, module, line):
    "A default that is an object, or a long number, as it is written (`H36M17`) and not as it prints itself"
    defaults = written_defaults(module).get(line, {})
    def one(found):
        begin,name,printed = found.groups()
        return begin+min(defaults.get(name, printed), printed, key=len)
    return ARGUMENT.sub(one, md)

PARAM = re.compile(r'(\w+:\w+) <(.*?)>=([^\n]*?),(?: |\n    |\n)')

def mend_params(md):
    "An argument whose annotation is a `Param` of fastcore: its type, and what it says as a comment, on a line of its own"
    lines = lambda found: f'{found[1]}={found[3]}, # {found[2]}\n    '
    return re.sub(r'(?m)^    (?=\):)', '', PARAM.sub(lines, md))

# notebooks

def mend(nb):
    "A mended copy of a notebook"
    nb = json.loads(json.dumps(nb))
    nb['cells'] = in_order(nb['cells'])
    for cell in nb['cells']:
        if cell['cell_type']=='markdown':
            cell['source'] = mend_links(''.join(cell['source']))
        mend_outputs(cell)
    return nb

def mend_outputs(cell):
    "Mend the Markdown among a cell's outputs, in place"
    place = place_of(cell)
    for output in cell.get('outputs', []):
        data = output.get('data', {})
        if 'text/markdown' not in data: continue
        md = mend_links(''.join(data['text/markdown']))
        data['text/markdown'] = mend_class(mend_params(mend_defaults(md, *place)), *place) if place else md

# pages of no notebook

def exported(tree):
    "`__all__` of a module"
    for s in tree.body:
        if isinstance(s, ast.Assign) and getattr(s.targets[0], 'id', '')=='__all__': return ast.literal_eval(s.value)
    return []

def public(tree):
    "Exported functions and classes of a module"
    names = {*exported(tree)}
    return [d for d in tree.body if getattr(d, 'name', None) in names]

def name_row(module, d):
    "A name with its module and what it says of itself, a row of the table"
    said = ast.get_docstring(d) or ''
    about = said.split('\n')[0].replace('|', '\\|')
    return f'| [`{d.name}`]({module}.html#{d.name.lower()}) | {module} | {about} |'

NAMES = """# All names

> Every public function and class, from A to Z

{count} names. The twenty or so that most people need are on [the library on one page](library.ipynb).

| name | module | what it is |
|---|---|---|
{rows}
"""

def names_page():
    "Every public name, as Markdown"
    rows = []
    for file in sorted(LIB.glob('[!_]*.py')):
        tree = ast.parse(file.read_text(encoding='utf-8'))
        rows += [(d.name.lower(), name_row(file.stem, d)) for d in public(tree)]
    rows.sort(key=lambda named: named[0])
    return NAMES.format(count=len(rows), rows='\n'.join(row for _,row in rows))

GALLERY = [ # notebook, which of its figures, what is to be seen
    ('tutorials/lift_a_walk', 0, 'A walk from keypoints to 3D'),
    ('tutorials/ambiguity', 0, 'Two elbows, one picture'),
    ('tutorials/diffusion', -1, 'From noise to a pose'),
    ('tutorials/train_diffhpe_2d', -1, 'What the network has in mind at each step'),
    ('tutorials/occlusions', 0, 'Missing joints'),
    ('01_skeleton', 0, 'The skeleton'),
    ('02_camera', 0, 'Cameras'),
    ('10_occlusion', 0, 'Patterns of occlusion'),
    ('12_synthetic', 0, 'Synthetic motion'),
    ('20_mixste', 0, 'Inside MixSTE'),
    ('22_schedule', 0, 'Noise schedules'),
    ('23_samplers', -1, 'Samplers'),
    ('42_hypotheses', 0, 'Hypotheses and how to choose'),
    ('07_bvh', 0, 'Bones that turn'),
    ('70_animate', 0, 'Films'),
    ('studies/cmu', 1, 'Where the errors are'),
    ('studies/real_video', 0, 'A real video'),
    ('studies/occlusion', 0, 'Trained and tested under occlusions'),
    ('studies/occlusion_where', 0, 'Errors by joint')]

def figures(nb):
    "The PNG figures of a notebook"
    outputs = (output for cell in nb['cells'] for output in cell.get('outputs', []))
    data = (output.get('data', {}) for output in outputs)
    return [base64.b64decode(''.join(d['image/png'])) for d in data if 'image/png' in d]

def gallery_page(proc):
    "The figures of `GALLERY` as files in `gallery/`, and a page that shows them, as Markdown"
    shown = []
    (proc/'gallery').mkdir(exist_ok=True)
    for name,n,about in GALLERY:
        nb = json.loads((proc/f'{name}.ipynb').read_text(encoding='utf-8'))
        found = figures(nb)
        if not found: continue
        file = f'gallery/{Path(name).name}.png'
        (proc/file).write_bytes(found[n])
        shown.append(f'[![{about}]({file})<br>{about}]({name}.ipynb)')
    head = ['# Gallery', '> Figures of these pages; each leads to the cell that draws it']
    return '\n\n'.join([*head, *shown, ''])

EXTRA = ('names.md','gallery.md') # what `add_pages` writes

def add_pages(proc):
    "Write the pages that no notebook holds"
    (proc/'names.md').write_text(names_page(), encoding='utf-8')
    (proc/'gallery.md').write_text(gallery_page(proc), encoding='utf-8')

def mend_all(proc):
    "Mend every notebook of a folder in place (only one that nbdev made), and add pages"
    for f in sorted(Path(proc).rglob('*.ipynb')):
        old = json.loads(f.read_text(encoding='utf-8'))
        new = mend(old)
        if new!=old:
            f.write_text(json.dumps(new, ensure_ascii=False, indent=1), encoding='utf-8')
    add_pages(Path(proc))

if __name__=='__main__': mend_all(ROOT/'_proc')

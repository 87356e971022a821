"""Checks of what the library says of itself: every public name has a docstring, its parameters have their meaning,
with shape and unit, and its page shows all of it. docs_check.py calls them; each yields a line for each thing that is
wrong."""
import ast, html, io, re, tokenize
from dataclasses import dataclass
from functools import lru_cache
from docs_mend import public
from docs_pages import search_entries

# what a docment must say

SHAPE = re.compile(
    r'\((?:\w|\.\.\.|\))|[Ss]ame shape|[Ss]hape of|\b[Ll]ike `|[Aa]ny shape|[Oo]ne number|[Bb]roadcasts')
UNITS = { # of a quantity with a unit, or whose values have a meaning
    'x2d': r'screen|pixels', 'px': r'pixels', 'screen': r'screen', 'x_screen': r'screen',
    **dict.fromkeys('x3d x3d_rel x_cam trans hyps pred target'.split(), r'metres|unit'),
    **dict.fromkeys('mask valid seen'.split(), r'True|False'),
    **dict.fromkeys('fov fov_deg azimuth elevation'.split(), r'degrees'),
    'fps': r'per second|Hz'}
ARRAYS = set('x2d x3d x3d_rel x_cam mask valid hyps pred px xt x0 eps intrinsics quat trans'.split())
GIVEN = re.compile( # methods that torch or `Learner` explains
    'forward|train|extra_repr|state_dict|load_state_dict|(before|after|cleanup)_[a-z]+')
TENSOR = re.compile(r'\b(Tensor|ndarray)\b')
UNTYPED = ('','object')

def lacks(name, kind, note):
    "What a docment does not say; '' if nothing"
    if not note: return 'no docment'
    tensor = TENSOR.search(kind)
    array = tensor or (name in ARRAYS and kind in UNTYPED)
    if array and not SHAPE.search(note): return f'no shape in {note!r}'
    number = tensor or kind in (*UNTYPED, 'float')
    unit = UNITS.get(name, '') if number else ''
    missing = not re.search(unit, note)
    return f'no {unit} in {note!r}' if missing else ''

# what the code says

def comments(text):
    "Comments by their line"
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {t.start[0]: t.string.lstrip('# ') for t in tokens if t.type==tokenize.COMMENT}

def all_arguments(args):
    "Arguments of a function, without `self`"
    every = [*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg]
    there = [a for a in every if a]
    return [a for a in there if a.arg not in ('self','cls','_')]

def last_lines(args):
    "The line where each argument ends, with its default"
    positional = [*args.posonlyargs, *args.args]
    default = dict(zip(positional[::-1], args.defaults[::-1]))
    default |= zip(args.kwonlyargs, args.kw_defaults)
    return {a: (default.get(a) or a).end_lineno for a in all_arguments(args)}

def described(args, notes):
    "Arguments as (name, annotation, docment): the comment where it ends, if it is the last that ends there"
    ends = last_lines(args)
    last = {line: a for a,line in ends.items()}
    found = []
    for a,line in ends.items():
        kind = ast.unparse(a.annotation) if a.annotation else ''
        note = notes.get(line, '') if last[line] is a else ''
        if isinstance(a.annotation, ast.Call): # `Param('help', ...)` documents itself
            note = a.annotation.args[0].value
        found.append((a.arg, kind, note))
    return found

def is_dataclass(d):
    "Is a class decorated as a dataclass?"
    return any('dataclass' in ast.unparse(decorator) for decorator in d.decorator_list)

def is_record(d):
    "Is it a dataclass or a NamedTuple?"
    bases = [ast.unparse(base) for base in d.bases]
    return is_dataclass(d) or 'NamedTuple' in bases

def fields_of(d):
    "Public fields of a class"
    annotated = [s for s in d.body if isinstance(s, ast.AnnAssign)]
    return [s for s in annotated if s.target.id[0]!='_']

# docstrings and docments

@dataclass
class Module:
    "A module of the library, read"
    name:str # of its file, without `.py`
    text:str # its source

    def __post_init__(self):
        self.tree = ast.parse(self.text)
        self.notes = comments(self.text)

@lru_cache(None)
def read_module(name, text):
    "A module, read once"
    return Module(name, text)

def read_modules(site):
    "The modules of the library"
    return [read_module(name, text) for name,text in site.modules().items()]

def returns_tensor(d):
    "Does a function say that it returns a tensor or an array?"
    kind = ast.unparse(d.returns) if d.returns else ''
    return kind in ('Tensor','ndarray','np.ndarray')

def said_of_return(d, notes):
    "What a function says of what it returns"
    comment = notes.get(d.returns.end_lineno, '')
    reduction = [note for name,_,note in described(d.args, notes) if name=='reduction']
    return f'{comment} {ast.get_docstring(d)} {reduction}'

def function(d, notes, classes, name):
    "What is missing in the description of a function; one of our classes as an annotation is description enough"
    if not ast.get_docstring(d): yield f'{name}: no docstring'
    for arg,kind,note in described(d.args, notes):
        ours = re.sub(r'\|None$|\W+', '', kind) in classes
        why = lacks(arg, kind, note)
        if why and (note or not ours): yield f'{name}, {arg}: {why}'
    if not returns_tensor(d): return
    if not SHAPE.search(said_of_return(d, notes)): yield f'{name}: no shape of what it returns'

def fields(d, notes, classes):
    "What is missing in the description of a dataclass's fields"
    for field in fields_of(d):
        kind = ast.unparse(field.annotation)
        why = lacks(field.target.id, kind, notes.get(field.end_lineno, ''))
        if why and kind not in classes: yield f'{d.name}.{field.target.id}: {why}'

def method(d, s, notes, classes):
    "What is missing in the description of a method: a docstring, or shapes where it has docments"
    constructor = s.name=='__init__' and not is_dataclass(d)
    explained = s.name=='__init__' or GIVEN.fullmatch(s.name) # by the class, by torch, by `Learner`
    for why in function(s, notes, classes, f'{d.name}.{s.name}'):
        if why.endswith('no docstring') and explained: continue
        if why.endswith('no docment') and not constructor: continue
        yield why

def a_class(d, notes, classes):
    "What is missing in the description of a class: its own, its fields or constructor, its methods"
    if not ast.get_docstring(d): yield f'{d.name}: no docstring'
    if is_dataclass(d):
        yield from fields(d, notes, classes)
    for s in d.body:
        if not isinstance(s, ast.FunctionDef): continue
        if s.name[0]!='_' or s.name=='__init__':
            yield from method(d, s, notes, classes)

def documented(site):
    "Every exported name has a docstring, and its parameters their meaning, shape and unit"
    modules = read_modules(site)
    classes = {d.name for m in modules for d in m.tree.body if isinstance(d, ast.ClassDef)}
    for m in modules:
        for d in public(m.tree):
            if isinstance(d, ast.ClassDef):
                found = a_class(d, m.notes, classes)
            else:
                found = function(d, m.notes, classes, d.name)
            for why in found: yield f'{m.name}.{why}'

# the pages of the library

def shown(site):
    "Every exported function and class is a heading of its page"
    for m in read_modules(site):
        page = f'{m.name}.html'
        heads = site.page(page).ids if page in site.pages else set()
        for d in public(m.tree):
            if d.name.lower() not in heads: yield f'{m.name}.{d.name}: not on its page'

def definition(site, module, name):
    "What a page shows below the heading of a name, up to the next heading; '' if the heading is not there"
    text = site.pages.get(f'{module}.html', '')
    head = rf'<h3 id="[^"]+">\s*{re.escape(name)}\s*<a' # (a section can have the same words, and the first anchor)
    found = re.search(rf'{head}(.*?)(?=<h[1-3] |<footer>)', text, flags=re.S)
    if not found: return ''
    plain = re.sub(r'<[^>]+>', '', f'<{found[1]}')
    return html.unescape(plain)

def letters(text):
    "A text without spaces and signs"
    return re.sub(r'\W+', '', text)

def is_shown(field, notes, said):
    "Are a field, its type and its meaning in a page's letters?"
    name = letters(f'{field.target.id}{ast.unparse(field.annotation)}')
    note = letters(notes.get(field.end_lineno, ''))
    return name in said and note in said

def fields_shown(site):
    "On its page a class is a class, and the fields of a dataclass are there with what they mean"
    for m in read_modules(site):
        for d in public(m.tree):
            if not isinstance(d, ast.ClassDef): continue
            said = definition(site, m.name, d.name)
            is_class = re.search(rf'\bclass\s+{d.name}\b', said)
            if not is_class: yield f'{m.name}.{d.name}: no class on its page'
            record = fields_of(d) if is_record(d) else []
            for field in record:
                place = f'{m.name}.{d.name}.{field.target.id}'
                if not is_shown(field, m.notes, letters(said)): yield f'{place}: not on its page'

def found_by_search(site):
    "The search knows every page and every public name"
    known = search_entries(site)
    for page in site.pages:
        if page not in known: yield f'{page}: not in the search'
    for m in read_modules(site):
        for d in public(m.tree):
            if f'{m.name}.html#{d.name.lower()}' not in known: yield f'{m.name}.{d.name}: not in the search'

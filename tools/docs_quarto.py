"""Checks of what Quarto would read: the settings, and Markdown that Quarto's pandoc reads otherwise than nbconvert does.

Quarto itself has not run on this project. `SETTINGS` holds the keys and values of its documentation (1.5 to 1.8) that
sites such as this one use; a key that is not there is a problem, whether Quarto would refuse it or pass over it."""
import re, yaml

# what may be set

class Either(tuple):
    "Any of several kinds of value"

class Many(tuple):
    "A list of one kind of value, or a single one"

LINK = dict(text=str, href=str, icon=str, file=str, rel=str, target=str) | {'aria-label': str}
FOOTER = Either([str, [Either([str, LINK])]])
THEME = Many([str])
SIDEBAR = {
    'id': str, 'title': Either([str, bool]), 'logo': str, 'search': bool, 'style': {'docked', 'floating'}, 'background': str,
    'foreground': str, 'border': bool, 'alignment': {'left', 'right', 'center'}, 'collapse-level': int, 'pinned': bool,
    'header': Many([str]), 'footer': Many([str]), 'contents': list} # `in_sidebar` looks at its contents
WEBSITE = {
    'title': str, 'description': str, 'favicon': str, 'site-url': str, 'site-path': str, 'repo-url': str, 'repo-subdir': str,
    'repo-branch': str, 'repo-link-target': str, 'issue-url': str, 'repo-actions': Many([{'none', 'edit', 'source', 'issue'}]),
    'reader-mode': bool, 'search': Either([bool, dict]), 'navbar': Either([bool, dict]), 'sidebar': SIDEBAR,
    'page-navigation': bool, 'back-to-top-navigation': bool, 'bread-crumbs': bool,
    'page-footer': Either([str, dict(left=FOOTER, right=FOOTER, center=FOOTER, border=Either([bool, str]), background=str)]),
    'open-graph': Either([bool, dict]), 'twitter-card': Either([bool, dict])}
HTML = {
    'theme': Either([THEME, dict(light=THEME, dark=THEME)]), 'css': Many([str]), 'toc': bool, 'toc-depth': int, 'toc-title': str,
    'toc-location': {'body', 'left', 'right'}, 'code-copy': Either([bool, {'hover'}]), 'code-overflow': {'scroll', 'wrap'},
    'code-line-numbers': bool, 'grid': {f'{part}-width': str for part in ('body', 'sidebar', 'margin', 'gutter')},
    'html-math-method': {'plain', 'webtex', 'gladtex', 'mathml', 'mathjax', 'katex'}, 'embed-resources': bool, 'lang': str}
PROJECT = {
    'type': {'default', 'website', 'book', 'manuscript'}, 'title': str, 'render': Many([str]), 'output-dir': str, 'lib-dir': str,
    'execute-dir': {'file', 'project'}, 'resources': Many([str]), 'preview': dict, 'pre-render': Many([str]), 'post-render': Many([str])}
CITATION = dict(type=str, title=str, author=Many([str]), issued=str, url=str, doi=str)
SETTINGS = {
    'project': PROJECT, 'website': WEBSITE, 'format': dict(html=HTML), 'citation': Either([bool, CITATION]),
    'execute': dict(enabled=bool, freeze=Either([bool, {'auto'}])), 'lang': str, 'metadata-files': [str]}

def mismatches(value, kind, where):
    "What in a setting is not of its kind"
    if isinstance(kind, Either):
        tries = [list(mismatches(value, k, where)) for k in kind]
        if all(tries): yield from min(tries, key=len)
    elif isinstance(kind, Many):
        several = value if isinstance(value, list) else [value]
        for v in several: yield from mismatches(v, kind[0], where)
    elif isinstance(kind, list):
        if not isinstance(value, list): yield f'{where} is no list'
        else: yield from mismatches(value, Many(kind), where)
    elif isinstance(kind, set):
        if not (isinstance(value, str) and value in kind): yield f'{where} is {value!r}, none of {", ".join(sorted(kind))}'
    elif isinstance(kind, dict):
        if not isinstance(value, dict): yield f'{where} is {value!r}, no group of settings'
        else: yield from unknown_or_wrong(value, kind, where)
    elif type(value) is not kind:
        yield f'{where} is {value!r}, no {kind.__name__}'

def unknown_or_wrong(group, kinds, where):
    "What in a group of settings is unknown, or not of its kind"
    for key,value in group.items():
        name = f'{where}{": " if where else ""}{key}'
        if key not in kinds: yield f'{name}: no such setting'
        else: yield from mismatches(value, kinds[key], name)

# checks

MAIN = '_quarto.yml'

def read_settings(file):
    "A file of settings"
    return yaml.safe_load(file.read_text()) or {}

def quarto_settings(site):
    "Settings are known to Quarto, and the files that they name exist"
    main = read_settings(site.nbs/MAIN)
    parts = main.get('metadata-files', [])
    for name in [MAIN, *parts]:
        if not (site.nbs/name).is_file(): yield f'{MAIN}: no file {name}'
        else: yield from (f'{name}: {why}' for why in mismatches(read_settings(site.nbs/name), SETTINGS, ''))
    script = main.get('project', {}).get('pre-render', '')
    if script and not (site.nbs/script).is_file(): yield f'{MAIN}: no script {script}' # `_proc` is a neighbour of `nbs`

BLOCK = re.compile(r'[-*+] |\d+\. |#{1,6} |\||```|> ')  # how lists, headings, tables, code and quotations begin
LIST = re.compile(r'\s*(?:[-*+] |\d+\. )')

def glued(text):
    "Lines that begin a list, a heading or a table without an empty line before, where pandoc goes on with the paragraph"
    fenced = False
    before = ''
    for line in text.splitlines():
        if line.lstrip().startswith('```'):
            fenced = not fenced
        elif not fenced:
            begins = BLOCK.match(line)
            ended = not before.strip() or before.lstrip().startswith('```') or before.startswith('#')
            same = before[:1]==line[:1] or (LIST.match(line) and (LIST.match(before) or before.startswith(' ')))
            if begins and not ended and not same: yield line
        before = line

def quarto_markdown(site):
    "Lists, headings and tables begin after an empty line, as pandoc wants it"
    for src in site.sources:
        for n,cell in enumerate(site.notebook(src)['cells']):
            if cell['cell_type']!='markdown': continue
            for line in glued(''.join(cell['source'])): yield f'{src}: cell {n}: no empty line before {line[:40]!r}'

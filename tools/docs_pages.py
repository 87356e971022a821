"""Checks of the pages: whole, titled, light, linked, and nothing loaded from outside. docs_check.py calls them; each
yields a line for each thing that is wrong."""
import html, json, re
from pathlib import PurePosixPath
from urllib.parse import unquote
from docs_site import page_of

HEAVIEST = 1_500_000 # bytes of a page with its figures, style and script; not what the search loads
LONGEST = 200        # characters of a description

# every notebook, every page

def made(site):
    "Every notebook became a page, and every page is of a notebook"
    want = {page_of(src): src for src in site.sources}
    for page in want.keys()-site.pages.keys(): yield f'{want[page]}: no page {page}'
    for page in site.pages.keys()-want.keys(): yield f'{page}: of no notebook'

def stored_errors(notebook):
    "Errors that cells ended in: (number of the cell, name of the error)"
    for i,cell in enumerate(notebook['cells']):
        for output in cell.get('outputs', []):
            if output['output_type']=='error': yield i, output['ename']

def flawless(site):
    "No cell ended in an error, neither when it was stored nor when the pages were made"
    for src in site.sources:
        for i,name in stored_errors(site.notebook(src)): yield f'{src}: cell {i} ended with {name}'
    for page in site.pages:
        if site.page(page).errors: yield f'{page}: shows an error'

def titled(site):
    "Every page has a title of its own and one line about it"
    first = {}
    for page in site.pages:
        title = site.page(page).title.strip()
        about = site.page(page).about.strip()
        if not title: yield f'{page}: no title'
        if title and title in first: yield f'{page}: the same title as {first[title]}, {title!r}'
        first[title] = page
        if not about: yield f'{page}: no description; begin the notebook with `# Title` and `> one line`'
        if '\n' in about or len(about)>LONGEST: yield f'{page}: a description of more than one line'

def in_sidebar(site):
    "Every page is in the side bar, once, and what is there exists"
    side = site.side()
    twice = {src for src in side if side.count(src)>1}
    for src in sorted({*side}-{*site.sources}): yield f'sidebar.yml: no such page: {src}'
    for src in sorted({*site.sources}-{*side}): yield f'sidebar.yml: {src} is missing'
    for src in sorted(twice): yield f'sidebar.yml: {src} is there more than once'

def light(site):
    "A page with all that it shows"
    for page,text in site.pages.items():
        folder = (site.docs/page).parent
        files = {folder/unquote(name) for name in site.page(page).shown if ':' not in name}
        size = len(text.encode()) + sum(f.stat().st_size for f in files if f.exists())
        if size>=HEAVIEST: yield f'{page}: {size/1e6:.2f} MB, more than {HEAVIEST/1e6}'

MARKUP = re.compile(r'\]\(\w|^:::|^#\||\{[.#][\w-]+|^\s*```', re.M)
AROUND = 30 # characters that are shown on both sides

def rendered(site):
    "No Markdown of Quarto or nbdev is left in the text"
    for page in site.pages:
        for text in site.page(page).prose:
            found = MARKUP.search(text)
            if not found: continue
            shown = text[max(0, found.start()-AROUND):found.end()+AROUND].strip()
            yield f'{page}: not rendered: {shown!r}'

PRE = re.compile(r'<pre>(.*?)</pre>', re.S)
AS_PRINTED = re.compile(r'\w+:(?:\w+ )?<[^\n]*>=') # an argument of a command, as Python prints it

def plain_text(piece):
    "The text of a piece of a page"
    return html.unescape(re.sub(r'<[^>]+>', '', piece))

def signed(site):
    "What an argument of a command says is a comment beside it, and no part of its type"
    for page,text in site.pages.items():
        for piece in PRE.findall(text):
            found = AS_PRINTED.search(plain_text(piece))
            if found: yield f'{page}: an argument as Python prints it: {found[0][:60]!r}'

OUTSIDE = re.compile(r'<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)="(?:https?:)?//', re.I)
LATEX = re.compile(r'\$[^\s$][^$\n]*[\\^_][^$\n]*\$|\\begin\{')
HALF_SET = re.compile(r'<m[ino]\b[^>]*>\s*(\\[^<]*)</m[ino]>')

def alone(site):
    "Pages need no network, and no equation is left as LaTeX"
    for page,text in site.pages.items():
        if found := OUTSIDE.search(text): yield f'{page}: loads from outside: {found[0][:80]}'
        if found := HALF_SET.search(text): yield f'{page}: an equation shows a command: {found[1][:60]}'
        for piece in site.page(page).prose:
            if found := LATEX.search(piece): yield f'{page}: an equation was not set: {found[0][:60]}'

FURNITURE = ('id="search"', 'class="here"', 'docs.js')

def visible_body(text):
    "The text of a page below its table of contents"
    body = text.partition('class="here"')[2].partition('</details>')[2]
    return re.sub(r'<[^>]+>', '', body)

def furnished(site):
    "Each page has search, contents and a script; tutorials can be opened elsewhere; commands open with their --help"
    for page,text in site.pages.items():
        for what in FURNITURE:
            if what not in text: yield f'{page}: no {what}'
        opens = 'colab.research.google.com' in text and 'mybinder.org' in text
        if page.startswith('tutorials/') and not opens: yield f'{page}: no link to open it elsewhere'
        if not page.startswith('commands/'): continue
        command = PurePosixPath(page).stem
        body = visible_body(text)
        if not 0<=body.find(command)<body.find(f'usage: {command}'):
            yield f'{page}: does not open with the command and its --help'

# code

LONGEST_TESTS = 12  # lines of tests that a page shows without folding them
LONGEST_SOURCE = 3  # lines of code that a study shows without folding them
TEST = re.compile(r'assert\b|test_\w+\(|with ExceptionExpected')

def is_wall(source):
    "Is this a long piece of code of which a third or more are tests?"
    lines = source.strip().splitlines()
    statements = [line for line in lines if line[:1].strip()]
    tests = [line for line in statements if TEST.match(line)]
    return len(lines)>LONGEST_TESTS and 3*len(tests)>=len(statements)

FOLDED = re.compile(r'<details class="fold">.*?</details>', re.S)
CODE = re.compile(r'<div class="[^"]*hl-ipython3[^>]*><pre>(.*?)</pre>', re.S)

def unfolded(text):
    "The pieces of code that a page shows, without those that are folded"
    for piece in CODE.findall(FOLDED.sub('', text)):
        yield plain_text(piece)

def users_first(site):
    "A study opens with its verdict; no wall of tests or, in a study, of code stands before what follows it"
    for page,text in site.pages.items():
        if page.startswith('studies/') and not visible_body(text).strip().startswith('Verdict.'):
            yield f'{page}: does not open with its verdict'
        for code in unfolded(text):
            says = repr(code.strip()[:40])
            if is_wall(code): yield f'{page}: tests that are not folded: {says}'
            if page.startswith('studies/') and len(code.strip().splitlines())>LONGEST_SOURCE:
                yield f'{page}: code that is not folded: {says}'

# links

def in_repository(site, url):
    "What is wrong with a link to a file of the repository; '' if nothing"
    path,_,line = unquote(url).partition('#L')
    file = site.root/path
    if not file.exists(): return f'no file {path}'
    if not (line.isdigit() and file.is_file()): return ''
    lines = len(file.read_text().splitlines())
    return f'{path} has no line {line}' if int(line)>lines else ''

def repository_file(site, url):
    "The file of the repository that a link to the code host means, with its `#L` line; None for other links"
    host = site.cfg['git_url'].replace('%(user)s', site.cfg['user']).replace('%(repo)s', site.cfg['repo'])
    found = re.match(rf'{re.escape(host)}/(?:blob|tree)/[^/]+/(.*)', url)
    return found[1] if found else None

def broken(site, page, url):
    "What is wrong with a link or picture of a page; '' if nothing, or if it leads elsewhere"
    file = repository_file(site, url)
    if file is not None: return in_repository(site, file)
    if re.match(r'[a-z]+:|//', url): return ''
    path,_,anchor = unquote(url).partition('#')
    here = site.docs/page
    to = here.parent/path if path else here
    docs = site.docs.resolve()
    if not to.exists() or not to.resolve().is_relative_to(docs): return f'no file {path}'
    name = to.resolve().relative_to(docs).as_posix()
    if not anchor or name not in site.pages or anchor in site.page(name).ids: return ''
    return f'{name} has no anchor #{anchor}'

def linked(site):
    "Links between pages and to files of the repository lead somewhere"
    for page in site.pages:
        urls = dict.fromkeys([*site.page(page).links, *site.page(page).shown])
        for url in urls:
            why = '' if url.startswith('data:') else broken(site, page, url)
            if why: yield f'{page}: {url[:90]}: {why}'

HOSTED = ('README.md','CONTRIBUTING.md','CHANGELOG.md') # what a code host shows

def linked_files(site):
    "Links of the files that a code host shows lead somewhere, too"
    for name in HOSTED:
        text = re.sub(r'(?ms)^```.*?^```', '', (site.root/name).read_text())
        for link,picture in re.findall(r'\]\(([^)\s]+)|src="([^"]+)"', text):
            url = link or picture
            elsewhere = re.match(r'[a-z]+:|#', url)
            why = '' if elsewhere else in_repository(site, url.partition('#')[0])
            if why: yield f'{name}: {url}: {why}'

# results and search

RESULTS = 'results/cmu/systems.md'
STALE = f'not as in {RESULTS}, run nbs/index.ipynb again'

def current(site):
    "The home page shows the results as they are stored"
    home = (site.root/'README.md').read_text()
    *table,_,note = (site.root/RESULTS).read_text().splitlines()
    for row in table[2:]:
        cells = [cell.strip() for cell in row.strip('|').split('|')]
        system = cells[0]
        figures = [cell for cell in cells if '±' in cell]
        shown = any(all(cell in line for cell in (system, *figures)) for line in home.splitlines())
        if not shown: yield f'README.md: {STALE}: {system}'
    if note not in home: yield f'README.md: not the conditions of {RESULTS}, run nbs/index.ipynb again'

def search_entries(site):
    "Addresses that the search knows"
    file = site.docs/'search.js'
    if not file.exists(): return set()
    entries = json.loads(file.read_text().partition('=')[2])
    return {entry[0] for entry in entries}

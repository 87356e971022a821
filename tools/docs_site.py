"""The documentation as data: notebooks, pages, modules, and the repository around them. docs_check.py reads it."""
import configparser, json, re, yaml
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from docs_mend import EXTRA

NO_PROSE = ('title','code','pre','script','style','table','math') # elements whose text is not prose
TRACEBACK = 'Traceback (most recent call last)'

class Parser(HTMLParser):
    "Reads a page"
    def __init__(self):
        super().__init__()
        self.title = ''
        self.about = ''   # its description
        self.ids = set()  # its anchors
        self.links = []   # where it leads
        self.shown = []   # files that it shows or loads
        self.prose = []   # its text outside `NO_PROSE`
        self.errors = 0   # errors that it shows
        self.inside = []  # elements of `NO_PROSE` that are open

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        href = a.get('href')
        file = a.get('src') or (href if tag=='link' else None)
        if 'id' in a:
            self.ids.add(a['id'])
        if tag=='a' and href:
            self.links.append(href)
        if file:
            self.shown.append(file)
        if tag=='meta' and a.get('name')=='description':
            self.about = a.get('content') or ''
        if 'output_error' in (a.get('class') or '').split():
            self.errors += 1
        if tag in NO_PROSE:
            self.inside.append(tag)

    def handle_endtag(self, tag):
        if self.inside and self.inside[-1]==tag:
            self.inside.pop()

    def handle_data(self, text):
        if self.inside==['title']:
            self.title += text
        elif not self.inside:
            self.prose.append(text)
        if TRACEBACK in text:
            self.errors += 1

@lru_cache(None)
def parse(text):
    "A page that has been read"
    parser = Parser()
    parser.feed(text)
    return parser

def is_hidden(path):
    "Is a file, or a folder above it, none of the pages?"
    return any(part[0] in '._' for part in path.parts)

def sidebar_files(items):
    "The files of a list in the side bar, with those of its sections"
    for item in items:
        if isinstance(item, str):
            yield item
        elif 'contents' in item:
            yield from sidebar_files(item['contents'])
        else:
            yield item['href']

@dataclass
class Site:
    "Notebooks, pages and modules of a copy of the repository"
    root:Path

    def __post_init__(self):
        ini = configparser.ConfigParser(delimiters=['='])
        ini.read(self.root/'settings.ini')
        self.cfg = ini['DEFAULT']
        self.nbs = self.root/self.cfg['nbs_path']
        self.docs = self.root/self.cfg['doc_path']
        self.lib = self.root/self.cfg['lib_path']
        found = [f.relative_to(self.nbs) for f in self.nbs.rglob('*') if f.suffix in ('.ipynb','.md')]
        self.sources = sorted([*(f.as_posix() for f in found if not is_hidden(f)), *EXTRA])
        html = sorted(self.docs.rglob('*.html'))
        self.pages = {f.relative_to(self.docs).as_posix(): f.read_text() for f in html}

    def page(self, name):
        "A page, read"
        return parse(self.pages[name])

    def notebook(self, src):
        "A notebook; one without cells for what is not a notebook"
        if not src.endswith('.ipynb'): return dict(cells=[])
        return json.loads((self.nbs/src).read_text())

    def modules(self):
        "Source of each module of the library, by name"
        files = sorted(self.lib.glob('*.py'))
        return {f.stem: f.read_text() for f in files if f.name[0]!='_'}

    def side(self):
        "Files in the order of the side bar"
        bar = yaml.safe_load((self.nbs/'sidebar.yml').read_text())
        return list(sidebar_files(bar['website']['sidebar']['contents']))

def page_of(src):
    "The page that is made of a notebook: the number goes"
    path = PurePosixPath(src)
    name = re.sub(r'^\d+[a-zA-Z0-9]*_', '', path.name.lower())
    return str(path.with_name(name).with_suffix('.html'))

"""Mend what nbdev 2.4 leaves in the processed notebooks of `_proc`: links inside code or other links, links to anchors
that are not there, and definitions in reverse order.

`tools/docs.py` calls it, and so does Quarto before it renders (`pre-render` in _quarto.yml). Doing it twice changes nothing."""
import json, re
from itertools import groupby
from pathlib import Path

LINK = r'\[(`[^`\n]+`)\]\([^)\s]*\)'

def relink(text):
    "Links of nbdev that lead somewhere: a method to its class, a private name nowhere, none within another link"
    text = re.sub(rf'\[{LINK}\]\(', r'[\1](', text)
    text = re.sub(r'\[(`[^`\n]+`)\]\([^)\s]*\.html#_[^)\s]*\)', r'\1', text)
    return re.sub(r'(\[`[^`\n]+`\]\([^)\s]*\.html#\w+)\.\w+\)', r'\1)', text)

def mend_links(md):
    "Markdown with mended links, and without any inside fenced code, where they are not rendered"
    parts = re.split(r'(?m)^(```.*$)', md) # text, fence, code, fence, text, ...
    return ''.join(re.sub(LINK, r'\1', s) if i%4==2 else relink(s) if i%4==0 else s for i,s in enumerate(parts))

def line_of(cell):
    "Where the definition that a `show_doc` cell shows begins in its module; None for other cells"
    if cell['cell_type']!='code' or 'show_doc(' not in ''.join(cell['source']): return
    found = re.search(r'\.py#L(\d+)\)', json.dumps(cell['outputs']))
    return int(found[1]) if found else None

def in_order(cells):
    "Definitions that follow one another in the order of the code"
    runs = groupby(cells, lambda c: line_of(c) is not None)
    return [c for shown,run in runs for c in (sorted(run, key=line_of) if shown else run)]

def mend(nb):
    "A mended copy of a notebook"
    nb = json.loads(json.dumps(nb))
    nb['cells'] = in_order(nb['cells'])
    for c in nb['cells']:
        if c['cell_type']=='markdown': c['source'] = mend_links(''.join(c['source']))
        for o in c.get('outputs', []):
            if 'text/markdown' in o.get('data', {}): o['data']['text/markdown'] = mend_links(''.join(o['data']['text/markdown']))
    return nb

def mend_all(proc):
    "Mend every notebook of a folder in place; only one that nbdev made"
    for f in sorted(Path(proc).rglob('*.ipynb')):
        old = json.loads(f.read_text(encoding='utf-8'))
        new = mend(old)
        if new!=old: f.write_text(json.dumps(new, ensure_ascii=False, indent=1), encoding='utf-8')

if __name__=='__main__': mend_all(Path(__file__).resolve().parents[1]/'_proc')

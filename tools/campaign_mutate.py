"""Something wrong: bytes, parts of a JSON, words of a text, entries of an archive, headers of arrays and of weights.

What a checksum protects is changed below it as well: an archive is packed again, a cache gets the checksum of its new head. So a
change is not only noticed by the checksum, as it would be in a file that somebody made on purpose."""
import io
import json
import re
import struct
import zipfile
import zlib

PARTS = [ # what takes the place of a part of a JSON
    None, True, False, 0, -1, 1.5, 2**63, -2**63-1, 10**400, 1e308, float('nan'), float('inf'),
    '', 'x', '../x', '=1+1', '\0', [], {}, [[]], [None], {'a': None}, [0]*1000]

TEXT = ('.csv','.txt','.bvh','.trc','.jsonl')
ARCHIVES = ('.npz','.pt','.pth')

def mutated(raw, draw):
    "Bytes with something wrong"
    b = bytearray(raw)
    how = draw.choice(('cut','random','zero','lose','twice','insert','flip'))
    at = draw.randrange(max(1, len(b)))
    n = draw.choice((1, 2, 4, 16, 200))
    if how=='cut':
        del b[at:]
    elif how=='random':
        b[at:at+n] = draw.randbytes(n)
    elif how=='zero':
        b[at:at+n] = bytes(n)
    elif how=='lose':
        del b[at:at+n]
    elif how=='twice':
        b[at:at] = b[at:at+n]
    elif how=='insert':
        b[at:at] = draw.randbytes(n)
    elif b:
        for _ in range(draw.choice((1, 3, 30))):
            b[draw.randrange(len(b))] ^= 1<<draw.randrange(8)
    return bytes(b)

# JSON and text

def mutated_json(o, draw):
    "The same structure with one part replaced, left out, put in twice or turned into text"
    is_leaf = not isinstance(o, (dict, list)) or not o
    if is_leaf or draw.random()<.2: return draw.choice(PARTS)
    out = dict(o) if isinstance(o, dict) else list(o)
    k = draw.choice(list(o) if isinstance(o, dict) else range(len(o)))
    how = draw.random()
    if how<.1:
        del out[k]
    elif how<.2 and isinstance(out, list):
        out.insert(0, out[k])
    elif how<.3:
        out[k] = str(out[k])
    else:
        out[k] = mutated_json(o[k], draw)
    return out

def _json_bytes(raw, draw):
    "A JSON text with a part of it changed; bytes with something wrong if it is none"
    tree = _as_json(raw)
    return json.dumps(mutated_json(tree, draw)).encode() if tree is not None else mutated(raw, draw)

def _as_json(text):
    try: return json.loads(text)
    except (ValueError, RecursionError): return None

def mutated_lines(raw, draw):
    "Text with a word of one line replaced, or lines lost, repeated or exchanged"
    lines = raw.split(b'\n')
    i = draw.randrange(len(lines))
    j = draw.randrange(len(lines))
    how = draw.choice(('word','word','word','lose','twice','exchange'))
    if how=='lose':
        del lines[i]
    elif how=='twice':
        lines.insert(j, lines[i])
    elif how=='exchange':
        lines[i],lines[j] = lines[j],lines[i]
    else:
        lines[i] = _another_word(lines[i], draw)
    return b'\n'.join(lines)

def _another_word(line, draw):
    "A line with another word in the place of one"
    words = line.replace(b',', b' , ').replace(b'\t', b' \t ').split(b' ')
    words[draw.randrange(len(words))] = str(draw.choice(PARTS)).encode()[:400]
    return b' '.join(words)

# arrays

_SIZES = (0, 1, 2, 3, 16, 17, 10**6, 2**31, 2**62, 2**64, -1)
_TYPES = ("'<f4'","'<f8'","'|b1'","'<i8'","'|u1'","'<U7'","'|O'","'<c16'","'<M8[s]'","'|V8'","'>f2'","'<f4x'")

def mutated_npy(raw, draw):
    "An array whose header says something else, or with other numbers"
    n = int.from_bytes(raw[8:10], 'little')
    head = raw[10:10+n].decode('latin1')
    data = raw[10+n:]
    how = draw.choice(('size','type','order','numbers','bytes'))
    if how=='size':
        head = re.sub(r'\d+(?=[,)])', lambda m: str(draw.choice(_SIZES)) if draw.random()<.5 else m[0], head)
    elif how=='type':
        head = re.sub(r"(?<='descr': )'[^']*'", draw.choice(_TYPES), head)
    elif how=='order':
        head = head.replace('False', draw.choice(('True','None','1')))
    elif how=='numbers':
        data = _other_numbers(data, draw)
    else: return mutated(raw, draw)
    return raw[:8] + len(head).to_bytes(2, 'little') + head.encode('latin1') + data

_NUMBERS = (float('nan'), float('inf'), -float('inf'), 3e38, -1e9, 1e-45, 0., -1.)

def _other_numbers(data, draw):
    "Raw numbers with some that are none, or far away"
    b = bytearray(data)
    form = draw.choice('fd')
    width = struct.calcsize(form)
    for _ in range(draw.choice((1, 5, 100))):
        at = draw.randrange(max(1, len(b)//width))*width
        if at+width<=len(b):
            struct.pack_into(f'<{form}', b, at, draw.choice(_NUMBERS))
    return bytes(b)

# archives

def mutated_archive(raw, draw):
    "An archive that is packed again with something wrong in it: contents, names, order, compression"
    with zipfile.ZipFile(io.BytesIO(raw)) as z:
        entries = [(o.filename, z.read(o), o.compress_type) for o in z.infolist()]
    i = draw.randrange(len(entries))
    name,data,packed = entries[i]
    how = draw.random()
    if how<.7:
        entries[i] = name,_mutated_entry(name, data, draw),packed
    elif how<.8:
        entries[i] = draw.choice(('x','../x.npy','/x','',name.upper(),f'{name}/',name[:-1])),data,packed
    elif how<.87:
        del entries[i]
    elif how<.92:
        entries.append((f'{name}x', data, packed))
    elif how<.96:
        other = draw.choice(entries)
        entries[i] = name,other[1],packed
    else:
        entries[i] = name,data,draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
    return _packed(entries)

def _mutated_entry(name, data, draw):
    if name.endswith('.npy') and draw.random()<.8: return mutated_npy(data, draw)
    return mutated(data, draw)

def _packed(entries):
    "An archive of (name, content, compression)"
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as z:
        for name,data,packed in entries:
            z.writestr(zipfile.ZipInfo(name), data, packed)
    return out.getvalue()

# files with a JSON in front

def mutated_weights(raw, draw):
    "A safetensors file whose header is well-formed JSON with something wrong"
    n = int.from_bytes(raw[:8], 'little')
    head = json.loads(raw[8:8+n])
    data = raw[8+n:]
    notes = head.get('__metadata__', {})
    how = draw.random()
    if how<.25:
        data = _other_numbers(data, draw)
    elif how<.7 and notes:
        k = draw.choice(list(notes))
        tree = _as_json(notes[k])
        notes[k] = json.dumps(mutated_json(tree, draw)) if tree is not None else draw.choice(('', 'x', '[]'))
    else:
        head = mutated_json(head, draw)
    if draw.random()<.8:
        _sign(head, data)
    new = json.dumps(head).encode()
    return len(new).to_bytes(8, 'little') + new + data

def _sign(head, data):
    "Give the head of a cache the checksum of what it says now"
    notes = head.get('__metadata__') if isinstance(head, dict) else None
    if not isinstance(notes, dict) or not {'head','checksum'}<=notes.keys(): return
    total = zlib.crc32(str(notes['head']).encode())
    for name in ('x2d','x3d','root'): # the order in which a cache counts them
        at = head.get(name)
        if not isinstance(at, dict) or not _is_range(at.get('data_offsets')): continue
        first,last = at['data_offsets']
        total = zlib.crc32(data[first:last], total)
    notes['checksum'] = f'{total:08x}'

def _is_range(o): return isinstance(o, list) and len(o)==2 and all(type(n) is int for n in o)

def mutated_head(raw, draw):
    "Open motion (a word, the size of a JSON, the JSON, packed numbers) with something wrong in the JSON"
    start = raw.index(b'{')
    n = int.from_bytes(raw[start-4:start], 'little')
    new = _json_bytes(raw[start:start+n], draw)
    return raw[:start-4] + len(new).to_bytes(4, 'little') + new + raw[start+n:]

# all of them

_BY_SUFFIX = {
    **dict.fromkeys(ARCHIVES, mutated_archive), **dict.fromkeys(TEXT, mutated_lines),
    '.npy': mutated_npy, '.json': _json_bytes, '.safetensors': mutated_weights, '.dhm': mutated_head}

def hostile_bytes(raw, suffix, others, draw):
    "A file's content with something wrong, for its kind; `others` are contents of other files"
    how = draw.random()
    if how<.04: return draw.randbytes(draw.choice((0, 1, 50, 5000)))
    if how<.06: return draw.choice(others)
    if how<.08: return _spliced(raw, draw.choice(others), draw)
    change = _BY_SUFFIX.get(suffix) if how<.7 else None
    new = (change or mutated)(raw, draw)
    return mutated(new, draw) if draw.random()<.1 else new

def _spliced(raw, other, draw):
    "The beginning of one file and the end of another"
    return raw[:draw.randrange(len(raw)+1)] + other[draw.randrange(len(other)+1):]

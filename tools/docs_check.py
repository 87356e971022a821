"""Check the pages that tools/docs.py made, and what they say of the library.

    python tools/docs_check.py             # check; run tools/docs.py before
    python tools/docs_check.py --selftest  # break copies of the pages in every way that a check should see

Every notebook became a page without errors; links lead somewhere; titles, descriptions and side bar are complete; pages
are light; every exported name is on its page, with shapes and units where it has any; what Quarto would read is right.
The checks are in docs_pages.py, docs_library.py and docs_quarto.py, what they read in docs_site.py, and the breaks of the
self-test in docs_breaks.py."""
import sys, time
from pathlib import Path
import docs_library, docs_pages, docs_quarto
from docs_breaks import selftest
from docs_site import Site

ROOT = Path(__file__).resolve().parents[1]
P = docs_pages
L = docs_library
Q = docs_quarto
CHECKS = [
    P.made, P.flawless, P.titled, P.in_sidebar, P.light, P.rendered, P.signed, P.linked, P.linked_files, P.current,
    L.documented, L.shown, L.fields_shown, P.alone, L.found_by_search, P.furnished, P.users_first,
    Q.quarto_settings, Q.quarto_markdown]

def main():
    "Call all checks and print what is wrong"
    start = time.time()
    site = Site(ROOT)
    found = [f'{check.__name__}: {why}' for check in CHECKS for why in check(site)]
    for line in found:
        print(line)
    seconds = time.time()-start
    print(f'{len(site.pages)} pages, {len(CHECKS)} checks, {len(found)} problems, {seconds:.1f} s')
    return int(bool(found))

if __name__=='__main__': sys.exit(selftest(ROOT, CHECKS) if '--selftest' in sys.argv[1:] else main())

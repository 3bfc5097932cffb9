"""Starts up: imports modules of the standard library, as large programs do.

usage: start_up.py [ROUNDS]. Each round forgets what it imported and begins
again, as a server does that reloads its plug-ins; 0 rounds: the interpreter's
own start alone.
"""

import importlib
import sys

MODULES = """argparse ast asyncio base64 calendar cmd code codecs collections
configparser contextlib copy csv dataclasses datetime decimal difflib dis
doctest email.message email.mime.text enum fractions ftplib functools getopt
gettext gzip hashlib heapq html.parser http.client http.cookiejar http.server
imaplib inspect ipaddress json logging.config logging.handlers mailbox
mimetypes multiprocessing.pool netrc numbers optparse pathlib pdb pickle
pickletools pkgutil platform plistlib poplib pprint profile pstats pydoc queue
random sched selectors shelve shlex shutil smtplib socketserver sqlite3 ssl
statistics string subprocess symtable tarfile tempfile textwrap threading
timeit tokenize trace traceback tracemalloc turtledemo typing unittest.mock
urllib.parse urllib.request urllib.robotparser uuid wave weakref webbrowser
wsgiref.simple_server xml.dom.minidom xml.etree.ElementTree xml.sax
xmlrpc.client zipapp zipfile""".split()


def import_all() -> int:
    """How many of them there are; some are not installed everywhere."""
    imported = 0
    for name in MODULES:
        try:
            importlib.import_module(name)
            imported += 1
        except ImportError:
            pass
    return imported


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    known = set(sys.modules)
    for _ in range(rounds):
        imported = import_all()
        print(f"{imported} of {len(MODULES)} modules")
        for name in set(sys.modules) - known:
            # What is written in C, or holds on to threads, stays.
            module = sys.modules[name]
            if getattr(module, "__file__", "").endswith(".py") \
                    and not name.startswith(("threading", "multiprocessing",
                                             "concurrent", "logging")):
                del sys.modules[name]


if __name__ == "__main__":
    main()

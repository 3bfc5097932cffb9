"""The environment that a measured command gets: the user's, without what
chooses or tunes an allocator, and with what the row is about."""

import re
from collections.abc import Mapping

# Variables of ld.so(8), of Python and of the allocators' own documents. A
# user's settings for one allocator would be in every row, and a library of
# his would stand where a row's should.
CLEARED = re.compile(
    r"LD_PRELOAD|LD_AUDIT|GLIBC_TUNABLES|PYTHONMALLOC"
    r"|MALLOC_.*|MIMALLOC_.*|_RJEM_MALLOC_CONF|JE_MALLOC_CONF|TCMALLOC_.*"
    r"|HEAPPROFILE|HEAPCHECK|SCUDO_OPTIONS|TBB_MALLOC_.*")


def split(environment: Mapping[str, str]
          ) -> tuple[dict[str, str], dict[str, str]]:
    """(what is handed on, what is cleared)."""
    cleared = {name: value for name, value in environment.items()
               if CLEARED.fullmatch(name)}
    return {name: value for name, value in environment.items()
            if name not in cleared}, cleared

"""The two builds of a comparison: their addresses, and whether they are one.
"""

import hashlib
import re
from pathlib import Path

from ..results import ResultsError
from ..rows import AllocatorEntry, RunLine

BASE, HEAD = "base", "head"

# An '=' before anything else that an address is made of names an alias.
ALIAS = re.compile(r"[^+:@/=]*=")


def addresses(base: str, head: str) -> list[str]:
    """Both as words of `giveback run`. Raises ResultsError."""
    found = []
    for alias, address in ((BASE, base), (HEAD, head)):
        if not address or ALIAS.match(address):
            raise ResultsError(
                f"--{alias} {address}: give an address without an alias: "
                f"{alias} is the alias; `giveback list allocators` shows "
                "addresses")
        found += ["-a", f"{alias}={address}"]
    return found


def entry(run: RunLine, alias: str) -> AllocatorEntry:
    """What one of the two was in a run. Raises ResultsError where it could
    not be loaded."""
    found = next((entry for entry in run.allocators
                  if entry.allocator == alias), None)
    if found is None:
        raise ResultsError(f"--{alias}: stands for several allocators: give "
                           "one, without a star")
    if found.outcome != "ok":
        raise ResultsError(f"--{alias} {found.address}: {found.outcome}: "
                           f"{found.reason}: give a build that loads")
    return found


def are_one(base: AllocatorEntry, head: AllocatorEntry) -> bool:
    """Whether nothing can differ between the two: the same bytes, found
    under the same names, beside the same libraries, with the same settings.
    Unknown is not the same."""
    bytes_known = base.sha256 or base.build_id
    return bool(bytes_known) and all(
        getattr(base, field) == getattr(head, field)
        for field in ("sha256", "build_id", "adapter", "fetched", "libc",
                      "options", "environment")) \
        and _calls(base.address) == _calls(head.address) \
        and _neighbours(base) == _neighbours(head)


def _neighbours(entry: AllocatorEntry) -> dict[str, str]:
    """The hashes of the libraries beside a library that was given by path:
    it may load them, and its own bytes do not say which they are."""
    if entry.library is None or "/" not in entry.address:
        return {}
    own = Path(entry.library)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in own.parent.glob("*.so*")
            if path.is_file() and path.name != own.name}


def _calls(address: str) -> str:
    """Which calls of those bytes are measured. Of a library by its path the
    prefix: lib.so:je_ has other functions than lib.so. Else the backend's
    name: those that are part of the program share its hash."""
    alias = ALIAS.match(address)
    path = address[alias.end() if alias else 0:].partition("+")[0]
    if "/" in path:
        return path.rpartition("/")[2].partition(":")[2]
    return re.split("[:@]", path)[0]

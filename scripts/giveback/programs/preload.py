"""How an allocator is put under a command: which library goes before it, or
why none can.

What the loader would take is asked of the loader itself (`--list`), which
executes nothing of the command. Whether it did is proven later, by the
memory map of the running process (sampling.py).
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import elf
from .elf import Elf, ElfError
from .target import Target

OWN = "own"
SYSTEM = "system"
# The file that says where an allocator lies, and no setting of a wrapper.
OF_THE_LIBRARY = frozenset(("library", "path"))
LIBC = re.compile(r"libc\.so\.\d+|libc\.musl-.*|libc-\d.*\.so")
LISTED = re.compile(r"\s(?:\S+ => )?(/\S.*) \(0x[0-9a-f]+\)$")
LOADER_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """What one row runs under. `refusal`: (outcome, reason) where it cannot.
    `library`: what must be in the memory map, None for `own`. `preload`:
    what LD_PRELOAD holds, None: nothing. `links`: libraries of the command's
    own that define malloc, besides libc."""

    name: str
    refusal: tuple[str, str] | None = None
    library: Path | None = None
    preload: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    links: tuple[str, ...] = ()


def plan(entry: Mapping[str, Any], target: Target,
         environment: Mapping[str, str]) -> Plan:
    """Of an entry of the run line; `environment` is the command's without
    it."""
    name = entry["allocator"]
    if entry["outcome"] != "ok":
        return Plan(name, (entry["outcome"], entry["reason"]))
    if entry["address"] == OWN:
        return Plan(name, links=_own_links(target, environment))
    reason = _cannot_be_entered(target) or _cannot_be_put_before(entry)
    if reason is not None:
        return Plan(name, ("unsupported", reason))
    return _checked(entry, Path(entry["library"]), target, environment)


# ---- what the command lets happen -----------------------------------------

def _cannot_be_entered(target: Target) -> str | None:
    """Why no library can be put before the command, whichever it is."""
    if target.elf is None:
        return (f"{target.path} is no ELF executable that can be read: "
                "LD_PRELOAD has no effect on it")
    if target.elf.interpreter is None:
        return (f"{target.path} is statically linked: it has its malloc "
                "inside, and no loader to put another before it")
    if target.mode & 0o6000 or target.has_capabilities:
        what = "has file capabilities" if target.has_capabilities \
            else "is setuid" if target.mode & 0o4000 else "is setgid"
        return (f"{target.path} {what}: for such a program the loader "
                "ignores LD_PRELOAD by path")
    if "malloc" in target.elf.defined:
        return (f"{target.path} defines malloc itself: nothing that is "
                "loaded takes its place")
    if target.ignores_environment:
        return ("the Python is told to ignore its environment (-E or -I), "
                "and PYTHONMALLOC with it: leave the option out")
    return None


# ---- what the allocator lets happen ---------------------------------------

def _cannot_be_put_before(entry: Mapping[str, Any]) -> str | None:
    """Why this allocator is none that a command can be run under."""
    if entry["library"] is None:
        return "it is part of giveback and no library: see -a own for " \
            "the command's own allocator"
    if entry["adapter"] is not None:
        return "it is measured through an adapter, and no malloc"
    if (entry["fetched"] or {}).get("loader"):
        return ("this version runs under a loader and libc of its own, "
                "which the command does not have")
    settings = re.findall(r"\+([A-Za-z0-9_]+)=", entry["address"])
    wrapped = [key for key in settings if key not in OF_THE_LIBRARY]
    if wrapped:
        return (f"the setting {wrapped[0]} is of a layer around the calls, "
                "which giveback has and the command has not: leave it out")
    if (entry["options"] or {}).get("prefix"):
        return ("its functions have a prefix: a command calls malloc "
                "without one")
    if re.search(r"[\s:]", entry["library"]):
        return (f"{entry['library']}: a space or colon in the path: "
                "LD_PRELOAD cannot name it: link it from elsewhere")
    return None


def _checked(entry: Mapping[str, Any], library: Path, target: Target,
             environment: Mapping[str, str]) -> Plan:
    """With the library's own ELF and the loader's word."""
    name = entry["allocator"]
    try:
        own = elf.read(library)
    except (OSError, ElfError) as error:
        return Plan(name, ("failed", f"{library}: {error}"))
    assert target.elf is not None
    if own.kind != target.elf.kind:
        return Plan(name, ("unsupported", _other_kind(target, own)))
    if not {"malloc", "free"} <= own.defined:
        return Plan(name, (
            "unsupported", f"{library} exports no malloc: it is not made to "
            "take the place of a program's own; where the package has a "
            "library that is, name that as NAME=/path/lib.so"))
    links = _own_links(target, environment)
    preload = library
    if entry["address"].partition(":")[0] == SYSTEM:
        # Nothing is put before a command that uses libc's malloc anyway.
        preload = library if links else None
    return _asked(Plan(name, None, library, preload,
                       entry["environment"] or {}, links),
                  target, environment)


def _other_kind(target: Target, library: Elf) -> str:
    assert target.elf is not None
    return (f"{target.path} is of {target.elf.bits} bits and machine "
            f"{target.elf.kind[2]}, the library of {library.bits} and "
            f"{library.kind[2]}: its loader takes none of another kind")


def _asked(wanted: Plan, target: Target,
           environment: Mapping[str, str]) -> Plan:
    """The plan where the loader says that this library's malloc is met
    first, else the loader's refusal."""
    found, complaint = scope(target, environment, wanted.preload)
    first = next((path for path in found if _defines_malloc(path)), None)
    if first is not None and wanted.library is not None \
            and _same(first, wanted.library):
        return wanted
    if complaint:
        return Plan(wanted.name, ("failed", f"the loader refuses it: "
                                            f"{complaint}"))
    met = "none" if first is None else str(first)
    return Plan(wanted.name, (
        "failed", f"the loader finds malloc in {met} before "
                  f"{wanted.library}"))


# ---- what the loader says --------------------------------------------------

def scope(target: Target, environment: Mapping[str, str],
          preload: Path | None) -> tuple[list[Path], str]:
    """(the libraries in which the loader looks for a symbol, first to last;
    what it complains of, or nothing)."""
    assert target.elf is not None and target.elf.interpreter is not None
    extra = {} if preload is None else {"LD_PRELOAD": str(preload)}
    try:
        listed = subprocess.run(
            [target.elf.interpreter, "--list", target.path],
            env={**environment, **extra, "LC_ALL": "C"},
            capture_output=True, check=False, stdin=subprocess.DEVNULL,
            timeout=LOADER_TIMEOUT_S, encoding="utf-8", errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], str(error)
    lines = map(LISTED.search, listed.stdout.splitlines())
    complaint = " ".join((listed.stderr or "").split())
    return [Path(line[1]) for line in lines if line], complaint


def _own_links(target: Target,
               environment: Mapping[str, str]) -> tuple[str, ...]:
    """Libraries besides libc that the command brings and that define
    malloc, by name; the command itself where it does."""
    if target.elf is None:
        return ()
    own = (target.path.name,) if "malloc" in target.elf.defined else ()
    if target.elf.interpreter is None:
        return own
    found, _ = scope(target, environment, None)
    return own + tuple(path.name for path in found
                       if not _is_libc(path) and _defines_malloc(path))


def _is_libc(path: Path) -> bool:
    """The loader has a malloc too, for itself until libc is there."""
    return bool(LIBC.fullmatch(path.name)
                or path.name.startswith(("ld-linux", "ld-musl", "ld64")))


def _defines_malloc(path: Path) -> bool:
    try:
        return "malloc" in elf.read(path).defined
    except (OSError, ElfError):
        return False


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False

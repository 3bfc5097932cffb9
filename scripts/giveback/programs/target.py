"""What a command executes in the end: behind `#!`, behind `env`."""

import os
import re
import shlex
import shutil
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..results import ResultsError
from . import elf
from .elf import Elf, ElfError

# As many scripts in a row as Linux follows (BINPRM_MAX_RECURSION).
MOST_SCRIPTS = 5
SCRIPT_LINE_BYTES = 256  # BINPRM_BUF_SIZE
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
# Of env(1): options whose value is a word of its own.
ENV_WITH_VALUE = ("-u", "--unset", "-C", "--chdir")
ENV_SPLIT = ("-S", "--split-string")


@dataclass(frozen=True, slots=True)
class Target:
    """`words`: as typed. `path`: the executable that remains in the end, and
    `arguments` what it gets. `elf` None: it is none."""

    words: tuple[str, ...]
    path: Path
    arguments: tuple[str, ...]
    elf: Elf | None
    mode: int
    has_capabilities: bool

    @property
    def is_python(self) -> bool:
        """Whether it is a Python, or has one inside."""
        return self.elf is not None and (
            "Py_BytesMain" in self.elf.defined
            or any(name.startswith("libpython") for name in self.elf.needed))

    @property
    def ignores_environment(self) -> bool:
        """Whether that Python was told to ignore PYTHONMALLOC: -E or -I
        before the program that it runs."""
        return self.is_python and _ignores_environment(self.arguments)


def _ignores_environment(arguments: Sequence[str]) -> bool:
    """By python3(1): letters may stand together, -c and -m end the options,
    -W and -X have a value, in the same word or the next."""
    rest = iter(arguments)
    for word in rest:
        if word[:1] != "-" or word in ("-", "--"):
            return False
        for index, letter in enumerate(word[1:], start=1):
            if letter in "EI":
                return True
            if letter in "cm":
                return False
            if letter in "WX":
                if index == len(word) - 1:
                    next(rest, None)
                break
            if letter == "-":
                break  # a long option
    return False


def find(words: Sequence[str], environment: Mapping[str, str]) -> Target:
    """Raises ResultsError where it cannot be executed."""
    if "=" in words[0]:
        raise ResultsError(f"{words[0]}: a command with = in its name looks "
                           "like a variable to env(1): write `-- env "
                           "NAME=VALUE COMMAND`, or give it another name")
    return replace(_follow(list(words), environment, 0), words=tuple(words))


def _follow(words: list[str], environment: Mapping[str, str],
            depth: int) -> Target:
    path = _executable(words[0], environment)
    line = _script_line(path)
    if line is not None:
        if depth == MOST_SCRIPTS:
            raise ResultsError(f"{path}: a script of a script, too often: "
                               "name the program itself")
        return _follow([*line, str(path), *words[1:]], environment, depth + 1)
    if path.resolve().name == "env":
        inner = _behind_env(words[1:])
        if inner:
            return _follow(inner, environment, depth)
    return _target(path, words[1:])


def _executable(name: str, environment: Mapping[str, str]) -> Path:
    found = name if "/" in name \
        else shutil.which(name, path=environment.get("PATH", os.defpath))
    if found is None:
        raise ResultsError(f"{name}: no such command in PATH: install it, or "
                           "give its path")
    path = Path(found)
    if not path.exists():
        raise ResultsError(f"{name}: no such file: check the path")
    if path.is_dir() or not os.access(path, os.X_OK):
        raise ResultsError(f"{name}: cannot be executed: chmod +x it, or put "
                           "its interpreter before it")
    return path


def _script_line(path: Path) -> list[str] | None:
    """The words of its first line, as the kernel takes them: an interpreter
    and at most one argument. None: it is no script."""
    try:
        with path.open("rb") as file:
            start = file.read(SCRIPT_LINE_BYTES)
    except OSError:
        return None  # may be executed without being read
    if not start.startswith(b"#!"):
        return None
    line = start[2:].partition(b"\n")[0].decode("utf-8", "surrogateescape")
    words = line.strip(" \t\r").split(None, 1)
    if not words:
        raise ResultsError(f"{path}: its #! names no interpreter: add it")
    return words


def _behind_env(words: Sequence[str]) -> list[str]:
    """The command that env(1) executes; empty where it has none."""
    rest = list(words)
    while rest:
        word = rest[0]
        if word == "--":
            return rest[1:]
        if word in ENV_SPLIT and len(rest) > 1:
            rest[:2] = shlex.split(rest[1])
        elif word.startswith("-S"):
            rest[:1] = shlex.split(word[2:])
        elif word in ENV_WITH_VALUE:
            del rest[:2]
        elif word.startswith("-") or ASSIGNMENT.match(word):
            del rest[0]
        else:
            return rest
    return rest


def _target(path: Path, arguments: Sequence[str]) -> Target:
    real = path.resolve()
    try:
        found = elf.read(real)
    except (ElfError, OSError):
        found = None
    try:
        has_capabilities = bool(os.getxattr(real, "security.capability"))
    except OSError:
        has_capabilities = False
    return Target((), real, tuple(arguments), found,
                  stat.S_IMODE(real.stat().st_mode), has_capabilities)

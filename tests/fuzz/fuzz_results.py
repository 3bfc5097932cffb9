"""Feeds hostile lines and files to the reader of results, `show`, `export`
and `merge`.

usage: fuzz_results.py [--executions N] [--jobs N] [--seed N] FOLDER
       fuzz_results.py --replay FOLDER

Lines of the files in FOLDER are changed, byte by byte or as JSON values, and
given to the reader: one line, one execution. Now and then what it accepted
becomes a file that is read whole, shown, exported and merged. The only
exception that may come out is ResultsError. What does otherwise is printed and
kept in finding-*.

--replay does the same with the files of FOLDER as they are.
"""

import argparse
import contextlib
import json
import multiprocessing
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from giveback import export, figures, merge  # noqa: E402  (needs the path)
from giveback import results, show  # noqa: E402
from giveback.formats.source import Source  # noqa: E402
from giveback.look import Look  # noqa: E402
from giveback.results import ResultsError  # noqa: E402

LINES_PER_FILE = 1000  # executions between two files that are read whole
CELLS_PER_FILE = 12
KEPT_LINES = 64  # of those that were accepted, for files

# What readers stumble over: limits, things that look like others. As texts,
# for each change needs a value of its own.
VALUES = tuple(map(json.dumps, (
    None, True, False, 0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1,
    2**64, -2**63 - 1, 10**400, 0.0, -0.0, 0.5, 1e308, 5e-324, "", " ", "\n",
    "0", "run", "cell", "ok", "failed", "memory", "timing", "silent", "system",
    "\x1b[31m", "\ud800", "\u202e", "e\u0301", "\U0001f600", "x" * 500, [],
    [0], {}, {"": 0}, [[[[[[[]]]]]]])))

TOKENS = (
    b"NaN", b"-Infinity", b"1e999", b"-0", b"1E5", b"0" * 40, b"9" * 400,
    b"1" + b"0" * 5000, b"[" * 2000, b"[" * 990 + b"]" * 990, b'{"a":' * 500,
    b"\\u0000", b"\\ud800", b"\xff", b"\x00", b"\n", b"\r", b'"', b"\\", b"{",
    b"}", b",", b":", b"null", b"true", b'"schema":1', b'"type":"cell"', b" ")


# ---- changing lines --------------------------------------------------------

def change_bytes(chance: random.Random, line: bytes, other: bytes) -> bytes:
    """A few small changes; `other` lends parts of itself."""
    text = bytearray(line)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        start = chance.randrange(len(text) + 1)
        stop = min(len(text), start + chance.choice((0, 1, 1, 2, 8, 100)))
        match chance.randrange(5):
            case 0:
                new = bytes(chance.randrange(256) for _ in range(stop - start))
            case 1:
                new = chance.choice(TOKENS)
            case 2:
                new = b""
            case 3:
                new = bytes(text[start:stop]) * 2
            case _:
                cut = chance.randrange(len(other))
                new = other[cut:cut + chance.choice((1, 10, 100))]
        text[start:stop] = new
    return bytes(text)


def change_value(chance: random.Random, line: bytes, other: bytes) -> bytes:
    """One or two changes of the JSON value; lines that hold none are changed
    as bytes."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return change_bytes(chance, line, other)
    for _ in range(chance.choice((1, 1, 2))):
        _change_item(chance, value)
    return json.dumps(value).encode() + b"\n"


def _change_item(chance: random.Random, value: Any) -> None:
    """Goes down a random way and changes what is there in place."""
    while isinstance(value, (dict, list)) and value:
        key = chance.choice(list(value)) if isinstance(value, dict) \
            else chance.randrange(len(value))
        inner = value[key]
        if isinstance(inner, (dict, list)) and inner and chance.random() < .8:
            value = inner
            continue
        match chance.randrange(8):
            case 0:
                del value[key]
            case 1 if isinstance(value, list):
                value.insert(key, inner)
            case 1:
                value[key + "_"] = inner
            case 2 if type(inner) is int:
                value[key] = inner + chance.choice((-1, 1, 2**20, 2**62))
            case 3 if isinstance(inner, str):
                value[key] = inner + chance.choice(("", "0", "\t", inner))
            case _:
                value[key] = json.loads(chance.choice(VALUES))
        return


CHANGES: tuple[Callable[[random.Random, bytes, bytes], bytes], ...] = (
    change_bytes, change_value, change_value)


# ---- reading them ----------------------------------------------------------

@dataclass
class Findings:
    """What went wrong, by its last line of the traceback."""

    folder: Path
    seen: dict[str, str] = field(default_factory=dict)

    def add(self, data: bytes) -> None:
        """To be called in an except clause: notes the exception, and keeps
        the bytes that led to it, once for each place that raised it."""
        trace = traceback.format_exc().rstrip()
        frame = traceback.extract_tb(sys.exc_info()[2])[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        if place not in self.seen:
            path = self.folder / f"finding-{place.replace(':', '-')}"
            path.write_bytes(data)
            self.seen[place] = f"{trace}\nkept in {path}"


def accepts(line: bytes, is_first: bool, findings: Findings) -> bool:
    """Whether the reader takes the line. Its inner function is called: to
    open a file for each line would take longer than to read it."""
    try:
        results._row("line", line, is_first)
    except (ResultsError, results._Torn):
        return False
    except Exception:  # whatever it is, it must not come out
        findings.add(line)
        return False
    return True


def read_and_show(path: Path, findings: Findings) -> bool:
    """Whether the reader takes the file; then it was shown and exported
    too."""
    try:
        found = results.read([path])
        for look in (Look(), Look(width=200, coloured=True)):
            lines = show.text(found, look, None)
            "\n".join(lines).encode("utf-8", "backslashreplace")
        export_all(path)
    except ResultsError:
        return False
    except Exception:
        findings.add(path.read_bytes())
        return False
    return True


def export_all(path: Path) -> None:
    """Into every format, which must be UTF-8; and merged with itself. A
    format may refuse: what it has no place for."""
    b"".join(merge.merged([path, path], []))
    for form in export.FORMATS.values():
        source = Source([path], figures.chosen([], form.preset))
        with contextlib.suppress(ResultsError):
            "\n".join(form.lines(source)).encode("utf-8")


@dataclass
class Pool:
    """Lines to choose from: those of the corpus, and those accepted since."""

    runs: list[bytes]
    cells: list[bytes]
    new_runs: list[bytes] = field(default_factory=list)
    new_cells: list[bytes] = field(default_factory=list)

    def keep(self, chance: random.Random, line: bytes, is_run: bool) -> None:
        kept = self.new_runs if is_run else self.new_cells
        if len(kept) < KEPT_LINES:
            kept.append(line)
        else:
            kept[chance.randrange(KEPT_LINES)] = line


def compose(chance: random.Random, pool: Pool) -> bytes:
    """A file of a run and some cells, most of which differ in place."""
    run = json.loads(chance.choice(pool.runs + pool.new_runs))
    lines = [json.dumps(run).encode()]
    for index in range(chance.randrange(CELLS_PER_FILE)):
        cell = json.loads(chance.choice(pool.cells + pool.new_cells))
        if chance.random() < .95:
            cell |= {"run": run["id"], "repetition": index // 2,
                     "block": index // 2}
        if chance.random() < .3:
            cell["allocator"] = chance.choice(("system", "b", "\u4e00" * 30))
        lines.append(json.dumps(cell).encode())
    data = b"\n".join(lines) + b"\n"
    return data if chance.random() < .9 else data[:-chance.randrange(1, 50)]


# ---- the whole -------------------------------------------------------------

@dataclass(frozen=True)
class Task:
    folder: Path
    executions: int
    seed: int


@dataclass(frozen=True)
class Tally:
    executions: int
    accepted: int
    files: int
    shown: int
    findings: dict[str, str]


def make_pool(folder: Path, findings: Findings) -> Pool:
    """The corpus's lines that the reader takes. What it does with the others
    is for --replay."""
    pool = Pool([], [])
    lines = {line for path in folder.iterdir()
             for line in path.read_bytes().splitlines(keepends=True)}
    for line in sorted(lines):
        if accepts(line, False, findings):
            is_run = json.loads(line)["type"] == "run"
            (pool.runs if is_run else pool.cells).append(line)
    return pool


def choose(chance: random.Random, lines: list[bytes]) -> bytes:
    """Short lines, which come first, more often: they take less time, and a
    change in one more likely meets what matters."""
    return lines[int(len(lines) * chance.random()**2)]


def work(task: Task) -> Tally:
    """One process's share."""
    chance = random.Random(task.seed)
    findings = Findings(Path.cwd())
    pool = make_pool(task.folder, findings)
    lines = sorted(pool.runs + pool.cells, key=len)
    accepted = files = shown = 0
    with tempfile.TemporaryDirectory(prefix="giveback-fuzz-") as folder:
        path = Path(folder) / "results.jsonl"
        for number in range(task.executions):
            line = chance.choice(CHANGES)(chance, choose(chance, lines),
                                          choose(chance, lines))
            is_first = chance.random() < .3
            if accepts(line, is_first, findings):
                accepted += 1
                is_run = json.loads(line)["type"] == "run"
                pool.keep(chance, line, is_run)
            if number % LINES_PER_FILE == 0:
                path.write_bytes(compose(chance, pool))
                files += 1
                shown += read_and_show(path, findings)
    return Tally(task.executions, accepted, files, shown, findings.seen)


def fuzz(folder: Path, executions: int, jobs: int, seed: int) -> int:
    """Returns the exit code."""
    shares = [executions // jobs + (index < executions % jobs)
              for index in range(jobs)]
    tasks = [Task(folder, share, seed + index)
             for index, share in enumerate(shares)]
    begun = time.monotonic()
    with multiprocessing.Pool(jobs) as processes:
        tallies = processes.map(work, tasks)
    seconds = time.monotonic() - begun
    findings: dict[str, str] = {}
    for tally in tallies:
        findings |= tally.findings
    print(*findings.values(), sep="\n\n", end="\n" if findings else "")
    print(json.dumps({
        "executions": sum(tally.executions for tally in tallies),
        "accepted": sum(tally.accepted for tally in tallies),
        "files": sum(tally.files for tally in tallies),
        "shown": sum(tally.shown for tally in tallies),
        "seconds": round(seconds, 1), "findings": len(findings)}))
    return 1 if findings else 0


def replay(folder: Path) -> int:
    """Returns the exit code: 0 where no file of some raised an exception
    other than ResultsError."""
    with tempfile.TemporaryDirectory(prefix="giveback-fuzz-") as kept:
        findings = Findings(Path(kept))
        paths = sorted(folder.iterdir())
        for path in paths:
            taken = read_and_show(path, findings)
            print(f"{path}: {'shown' if taken else 'refused'}")
    print(*findings.seen.values(), sep="\n\n")
    return 0 if paths and not findings.seen else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--executions", type=int, default=100_000, metavar="N")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--replay", action="store_true")
    arguments = parser.parse_args()
    if arguments.replay:
        return replay(arguments.folder)
    return fuzz(arguments.folder, arguments.executions, arguments.jobs,
                arguments.seed)


if __name__ == "__main__":
    sys.exit(main())

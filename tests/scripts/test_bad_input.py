"""What every verb that reads results does with files that are none: an
error or a warning that names file and line, never a traceback."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import rows_maker as make
from giveback import cli, export

# Arguments that make a verb read the file, by verb. A new verb that reads
# results gets a row.
READS: dict[str, Callable[[Path], list]] = {
    "show": lambda path: [path],
    "merge": lambda path: [path, "-o", path.with_name("merged.jsonl")],
    "report": lambda path: [path, "-o", path.with_name("page.html")],
    "compare": lambda path: [path, path],
    "check": lambda path: ["--baseline", path, path],
    **{f"export {form}": lambda path, form=form: ["--format", form, path]
       for form in export.FORMATS}}
READS_NONE = {"list-metrics", "list-scenarios", "doctor", "ci", "baseline",
              "program"}

CASES = [name for name in READS if name.split()[0] in cli.VERBS]


def test_every_verb_is_tried():
    tried = {name.split()[0] for name in READS}
    assert set(cli.VERBS) <= tried | READS_NONE, "add the verb to READS"


@pytest.fixture
def ended(capfd):
    """ended("show", FILE) is (exit code, standard error)."""
    def run(name: str, path: Path) -> tuple[int, str]:
        capfd.readouterr()
        status = cli.main([name.split()[0], *map(str, READS[name](path))])
        return status, capfd.readouterr().err
    return run


def lines() -> list[str]:
    rows = [make.run_line(make.allocator("system"), make.allocator("b")),
            *(make.memory_cell(name, "silent", 320, [320] * 5)
              for name in ("system", "b")),
            *(make.timing_cell(name, 30, 0) for name in ("system", "b"))]
    return [json.dumps(row) + "\n" for row in rows]


def changed(number: int, line: str) -> str:
    """The file with another line `number`."""
    return "".join(line if index == number else old
                   for index, old in enumerate(lines(), start=1))


def with_schema(number: int) -> str:
    row = json.loads(lines()[number - 1])
    return changed(number, json.dumps(row | {"schema": 7}) + "\n")


# What is wrong, the bytes, and where and what the error says.
BAD = {
    "empty": ("", ": holds no run line: "),
    "blank": ("\n", ":1: the line is not valid JSON"),
    "words": ("hello\n", ":1: the line is not valid JSON"),
    "binary": (b"\x7fELF\x02\x01\x00\n", ":1: the line is not valid JSON"),
    "foreign": ('{"benchmarks": []}\n', ":1: the line is neither a run"),
    "pretty printed": ("{\n}\n", ":1: the line ends in the middle"),
    "truncated amid": (changed(2, lines()[1][:99] + "\n"),
                       ":2: the line ends in the middle"),
    "no run line": ("".join(lines()[1:]), ":1: the first line is no run"),
    "mixed schema": (with_schema(3), ":3: schema 7, "),
    "another schema": (with_schema(1), ":1: schema 7, "),
    "no number": (changed(2, lines()[1].replace("335544320", "NaN", 1)),
                  ":2: the line is not valid JSON"),
    "a million lines": ("".join(lines()) + "\n" * 1_000_000,
                        ":6: the line is not valid JSON"),
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("name", CASES)
def test_what_is_no_results_file_is_refused(name, what, ended, tmp_path):
    content, complaint = BAD[what]
    path = tmp_path / "results.jsonl"
    path.write_bytes(content if isinstance(content, bytes)
                     else content.encode())
    status, said = ended(name, path)
    assert status == 2
    last = said.splitlines()[-1]
    assert f"{path}{complaint}" in last
    assert last.count(": ") >= 3, "program: where: what: what to do"
    assert not path.with_name("merged.jsonl").exists()


@pytest.mark.parametrize("name", CASES)
def test_files_that_cannot_be_read_are_named(name, ended, tmp_path):
    for path in (tmp_path / "none.jsonl", tmp_path):
        status, said = ended(name, path)
        assert status == 2
        assert f"{path}: cannot be read: " in said


@pytest.mark.parametrize("name", CASES)
def test_a_torn_last_line_is_a_warning(name, ended, tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text("".join(lines())[:-40])
    status, said = ended(name, path)
    # What is left is one timing run, too few for a verdict.
    assert status == (2 if name in ("compare", "check") else 0), said
    assert f"{path}:5: the last line is torn and was dropped" in said


@pytest.mark.parametrize("name", [name for name in CASES if name != "merge"])
def test_a_cell_twice_is_refused(name, ended, tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text("".join([*lines(), lines()[1]]))
    status, said = ended(name, path)
    assert status == 2
    assert f"{path}:6: the same cell stands at {path}:2" in said


def test_a_full_device_is_told(seed_file):
    """Of a verb that prints, through standard output."""
    package = Path(cli.__file__).parent
    for arguments in (["show", seed_file], ["export", "--format", "csv",
                                            seed_file]):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(
                [sys.executable, "-B", package, *map(str, arguments)],
                stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == 2
        assert "standard output: No space left on device" in done.stderr
        assert "Traceback" not in done.stderr

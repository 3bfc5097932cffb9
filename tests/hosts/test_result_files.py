"""Result files that somebody made to do harm, in every reader: the program's
`run --resume`, and Python's `show`. They end soon, say why in plain words
and touch nothing."""

import json
import os
from pathlib import Path

import pytest
import runs
from elsewhere import MEMORY

READERS = (("show",), ("run", "--resume", "-o"))
LIMIT_S = 60.0


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    path = tmp_path_factory.mktemp("good") / "x.jsonl"
    results = runs.run(path, *MEMORY)
    assert results.exit_status == 0
    return path.read_bytes().splitlines(keepends=True)


def read_all(path: Path) -> list[tuple[int, str, str]]:
    """How each reader ends on a file, and that it leaves it as it is."""
    before = path.read_bytes()
    ends = []
    for words in READERS:
        ended = runs.giveback(*words, path, timeout_s=LIMIT_S)
        assert path.read_bytes() == before
        assert "Traceback" not in ended.stderr
        for text in (ended.stdout, ended.stderr):
            assert all(line.isprintable() for line in text.split("\n")), text
        ends.append((ended.returncode, ended.stdout, ended.stderr))
    return ends


def refused(path: Path) -> None:
    for status, out, err in read_all(path):
        assert status == 2, err
        assert out == "" and 0 < len(err) < 2000


@pytest.mark.parametrize("bomb", (
    b"[" * 1_000_000, b'{"a":' * 1_000_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b"[" * 100_000 + b"]" * 100_000),
    ids=("lists", "objects", "closed objects", "closed lists"))
@pytest.mark.parametrize("where", ("first", "second", "within"))
def test_a_depth_bomb_is_refused(tmp_path: Path, good: list[bytes],
                                 bomb: bytes, where: str):
    path = tmp_path / "x.jsonl"
    within = good[1].replace(b'{"type"', b'{"x":' + bomb + b',"type"', 1)
    path.write_bytes({"first": bomb + b"\n" + good[0],
                      "second": good[0] + bomb + b"\n" + good[1],
                      "within": good[0] + within + good[1]}[where])
    refused(path)


FOREIGN = (
    b"\0" * 100_000, b"\x1b[2J\x1b]0;x\x07\n", b"9" * 1_000_000 + b"\n",
    b'{"type":"run"}\n', b'{"type":"run","schema":1}\n', b"\xff" * 1000,
    b'"' + b"\\u0000" * 1000 + b'"\n', b"{}\n" * 10_000,
    b'{"type":"run","command":["giveback","run","\\u001b[2J"]}\n',
    b'{"type":"run","command":["giveback","run",7,null]}\n',
    b'{"type":"run","command":"giveback"}\n',
    b'{"type":"run","command":["giveback","run","-a","\\ud800"]}\n')


@pytest.mark.parametrize("text", FOREIGN, ids=range(len(FOREIGN)))
def test_what_is_no_result_file_is_refused(tmp_path: Path, text: bytes):
    path = tmp_path / "x.jsonl"
    path.write_bytes(text)
    refused(path)


HOSTILE = "\033[31m\x9b2J\n\r\u202e\0trap" + "x" * 100_000


def spoil(value: object) -> object:
    """The same with every text hostile, but what readers tell rows by."""
    if isinstance(value, dict):
        kept = ("type", "run", "id", "outcome", "kind", "after", "phase",
                "command", "started", "ended", "start", "order")
        return {key: each if key in kept else spoil(each)
                for key, each in value.items()}
    if isinstance(value, list):
        return [spoil(each) for each in value]
    return HOSTILE if isinstance(value, str) else value


def test_hostile_texts_are_shown_as_plain_ones(tmp_path: Path,
                                               good: list[bytes]):
    path = tmp_path / "x.jsonl"
    rows = [spoil(json.loads(line)) for line in good]
    rows[0]["id"] = rows[1]["run"] = HOSTILE[:200]
    rows[0]["command"] = ["giveback", HOSTILE]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown, resumed = read_all(path)
    assert shown[0] == 0, shown[2]
    assert max(map(len, shown[1].splitlines())) <= 200
    assert resumed[0] == 2 and len(resumed[2]) < 2000


def test_a_hostile_allocator_of_a_file_is_named_in_plain_words(
        tmp_path: Path, good: list[bytes]):
    """The command is taken, the plan is made, then the rows do not fit."""
    path = tmp_path / "x.jsonl"
    row = json.loads(good[0])
    row["allocators"][0]["allocator"] = "\033[2J\x9bm\nlabel"
    path.write_text(json.dumps(row) + "\n")
    ended = runs.giveback("run", "--resume", "-o", path)
    assert ended.returncode == 2
    assert "label is not in the plan" in ended.stderr
    assert ended.stderr.rstrip("\n").isprintable()


def test_a_huge_line_is_refused_in_little_memory(tmp_path: Path,
                                                 good: list[bytes]):
    """A sparse gibibyte in one line: Python's reader stops at its limit."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(good[0])
    os.truncate(path, 1 << 30)
    ended = runs.giveback("show", path, timeout_s=LIMIT_S)
    assert ended.returncode == 2
    assert "the line is longer than" in ended.stderr


def test_modules_of_the_folder_are_not_imported(tmp_path: Path,
                                                good: list[bytes]):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"".join(good))
    for name in ("json", "math", "shlex", "giveback", "statistics"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(99)\n")
    ended = runs.giveback("show", path, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "kept at" in ended.stdout

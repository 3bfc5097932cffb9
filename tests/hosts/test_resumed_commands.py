"""What a result file says of the command that made it is the word of whoever
wrote the file: it may repeat a plan, and choose neither a program nor a
library; and a run goes on only as it began."""

import json
import os
import shutil
from pathlib import Path

import pytest
import runs
from elsewhere import TIMING

ENV = "/usr/bin/env"
VILLAINS = Path(os.environ["GIVEBACK_BUILD"]) / "tests" / "villains"


@pytest.fixture(scope="module")
def run_line(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The first line of a good file."""
    path = tmp_path_factory.mktemp("good") / "x.jsonl"
    results = runs.run(path, *TIMING)
    assert results.exit_status == 0, results.err
    return results.run


def write(path: Path, run_line: dict, *words: object) -> bytes:
    """A file of a run that this command began."""
    command = ["giveback", "run", *map(str, words)]
    path.write_text(json.dumps(run_line | {"command": command}) + "\n")
    return path.read_bytes()


def resumed(path: Path, *typed: object) -> tuple[int, str, str]:
    ended = runs.giveback("run", *typed, "--resume", "-o", path)
    return ended.returncode, ended.stdout, ended.stderr


def spellings(folder: Path) -> tuple[tuple[str, ...], ...]:
    """Ways to say "start this program" and "load this library"."""
    trap = folder / "trap"
    library = folder / "trap.so"
    return (("--launcher", f"{trap}"), (f"--launcher={trap}",),
            (f"--launch={trap}",), ("--l", f"{trap}"),
            ("--launcher", "trap"), ("--launcher", f"{ENV} {trap}"),
            ("-a", f"null,x={library}"), (f"-anull,x={library}:p",),
            ("--allocator", f"x={library}"), (f"--alloc=x={library}",),
            ("-a", f"x={{{library}}}"), ("-a", "x=./trap.so"),
            ("-a", "x=../trap.so"), ("-a", f"x=\\{library}"),
            ("-a", f"shared_object+path={library}"),
            ("-a", f"shared_object+path={{{library},}}"),
            ("-a", "shared_object+prefix=p+path=./trap.so"))


@pytest.mark.parametrize("number", range(len(spellings(Path()))))
def test_no_spelling_starts_a_program_or_loads_a_library(
        tmp_path: Path, run_line: dict, number: int):
    """The launcher would leave a mark, the library end its worker."""
    mark = tmp_path / "mark"
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{mark}'\nexec \"$@\"\n")
    trap.chmod(0o755)
    shutil.copy(VILLAINS / "leaves_in_load.so", tmp_path / "trap.so")
    path = tmp_path / "x.jsonl"
    before = write(path, run_line, *TIMING, *spellings(tmp_path)[number])
    status, out, err = resumed(path)
    assert status == 2 and out == ""
    assert "which is not taken from a file: type the command again" in err
    assert path.read_bytes() == before
    assert not mark.exists()


@pytest.mark.parametrize("recorded, typed", (
    ((), ("--launcher", ENV)),
    (("--launcher", ENV), ()),
    (("--launcher", ENV), ("--launcher", "/bin/env")),
    (("--launcher", ENV), ("--launcher", f"{ENV} A=1")),
    (("--launcher", f"{ENV} A=1"), ("--launcher", f"{ENV} A=2"))))
def test_a_run_does_not_go_on_behind_another_launcher(
        tmp_path: Path, run_line: dict, recorded: tuple[str, ...],
        typed: tuple[str, ...]):
    """Its cells would stand among those of the first, and nothing tells."""
    path = tmp_path / "x.jsonl"
    before = write(path, run_line, *TIMING, *recorded)
    status, out, err = resumed(path, *TIMING, *typed)
    assert status == 2 and out == ""
    assert "began with another --launcher" in err
    assert path.read_bytes() == before


def test_a_launcher_alone_can_be_typed_again(tmp_path: Path, run_line: dict):
    """A run of the default matrix has nothing else to type."""
    path = tmp_path / "x.jsonl"
    before = write(path, run_line, "--launcher", ENV, "--kind", "timing")
    status, out, err = resumed(path, "--launcher", ENV, "--kind", "timing",
                               "-n")
    assert status == 0, err
    assert "system" in out
    assert path.read_bytes() == before


def test_the_file_to_go_on_with_has_to_be_named():
    ended = runs.giveback("run", "--resume")
    assert ended.returncode == 2
    assert "--resume: name the file to go on with: -o FILE" in ended.stderr


def test_going_on_without_measuring_measures_nothing(tmp_path: Path,
                                                     run_line: dict):
    path = tmp_path / "x.jsonl"
    before = write(path, run_line, *TIMING)
    status, out, err = resumed(path, "-n")
    assert status == 0, err
    assert "1 cells, about" in out
    assert path.read_bytes() == before


@pytest.mark.parametrize("variable", (None, "LD_LIBRARY_PATH", "LD_PRELOAD"))
def test_a_name_without_a_slash_is_one_of_the_systems_libraries(
        tmp_path: Path, variable: str | None):
    """Neither the folder at hand nor the environment is searched."""
    shutil.copy(VILLAINS / "leaves_in_load.so", tmp_path / "trap.so")
    changes = {variable: f"{tmp_path}"} if variable else {}
    path = tmp_path / "x.jsonl"
    ended = runs.giveback("run", *TIMING[2:], "-a",
                          "shared_object+path=trap.so", "-o", path,
                          cwd=tmp_path, **changes)
    assert ended.returncode == 0, ended.stderr
    cell, = runs.read(path).cells
    assert cell["outcome"] == "unsupported", cell["reason"]
    assert cell["reason"] == "not found: trap.so"

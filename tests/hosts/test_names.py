"""Names that a shell would obey, through run, show and resume."""

import json
from pathlib import Path

import pytest
import runs
from elsewhere import TIMING

TRAPS = ("a;touch$IFS''trap", "$(touch trap)", "`touch trap`", "'\"\\",
         "a b  c", "-rf", "$HOME", "a|touch trap", "a&touch trap", ">trap",
         "*", "%s%n%d", "日本µ", "x" * 1000)


def check_untouched(folder: Path, *names: str) -> None:
    """No command ran: there is nothing but what was asked for."""
    assert {each.name for each in folder.iterdir()} == set(names)


@pytest.mark.parametrize("name", TRAPS)
def test_a_name_is_a_name(tmp_path: Path, name: str):
    path = tmp_path / "x.jsonl"
    ended = runs.giveback("run", "-a", f"{name}=bump", *TIMING[2:], "-o",
                          path, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    runs.check_file(path)
    whole = path.read_bytes()
    cell, = runs.read(path).cells
    assert cell["allocator"] == name and cell["outcome"] == "ok"
    shown = runs.giveback("show", path, cwd=tmp_path)
    assert shown.returncode == 0
    assert name[:20].split()[0] in shown.stdout
    # Again from the run line on: the cell is measured anew, by its name.
    path.write_bytes(whole[:whole.index(b"\n") + 1])
    resumed = runs.giveback("run", "--resume", "-o", path, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert [each["allocator"] for each in runs.read(path).cells] == [name]
    check_untouched(tmp_path, "x.jsonl")


@pytest.mark.parametrize("name", TRAPS[:-1])
def test_a_file_may_have_any_name(tmp_path: Path, name: str):
    path = tmp_path / f"{name}\n\033[2J.jsonl"
    ended = runs.giveback("run", *TIMING, "-o", path, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    shown = runs.giveback("show", path, cwd=tmp_path)
    assert shown.returncode == 0 and "\033" not in shown.stdout
    refused = runs.giveback("run", *TIMING, "-o", path, cwd=tmp_path)
    assert refused.returncode == 2 and "\033" not in refused.stderr
    check_untouched(tmp_path, path.name)


@pytest.mark.parametrize("name", ("a;touch trap;", "$(touch trap)",
                                  "`touch trap`", "a b", "'"))
def test_a_library_may_lie_anywhere(tmp_path: Path, name: str):
    """The path is opened and never spoken."""
    folder = tmp_path / name
    folder.mkdir()
    missing = folder / "lib.so"
    path = tmp_path / "x.jsonl"
    runs.giveback("run", "-a", f"it={missing}", *TIMING[2:], "-o", path,
                  cwd=tmp_path)
    cell, = runs.read(path).cells
    assert cell["outcome"] == "unsupported"
    assert str(missing) in cell["reason"]
    check_untouched(tmp_path, name, "x.jsonl")


@pytest.mark.parametrize("name", ("a\nb", "\033[31mred", "a\rb", "\x7f",
                                  "\x9b2J", b"\xff\xfe"))
def test_a_name_that_does_more_than_print_is_refused(tmp_path: Path,
                                                     name: str | bytes):
    path = tmp_path / "x.jsonl"
    if isinstance(name, bytes):
        name = name.decode(errors="surrogateescape")
    for address in (f"{name}=bump", f"x=/tmp/{name}.so", f"system:{name}"):
        ended = runs.giveback("run", "-a", address, *TIMING[2:], "-o", path)
        assert ended.returncode == 2
        assert "control character" in ended.stderr
        assert ended.stderr.rstrip("\n").isprintable()
    check_untouched(tmp_path)


def test_what_a_file_says_of_its_command_starts_no_program(tmp_path: Path):
    """A result file may come from anywhere: it cannot choose what runs."""
    path = tmp_path / "x.jsonl"
    runs.run(path, *TIMING)
    first = json.loads(path.read_bytes().splitlines()[0])
    trap = tmp_path / "trap"
    launcher = tmp_path / "launcher"
    launcher.write_text(f"#!/bin/sh\ntouch '{trap}'\nexec \"$@\"\n")
    launcher.chmod(0o755)
    plain = ["giveback", "run", *TIMING]
    for words, said in (
            ([*plain, "--launcher", str(launcher)], "a launcher"),
            ([*plain, f"--launcher={launcher}"], "a launcher"),
            ([*plain, "-a", "x=./trap.so"], "a library by its path"),
            ([*plain, "-ax=/tmp/trap.so:p"], "a library by its path"),
            ([*plain, "-a", "shared_object+path=/tmp/trap.so"],
             "a library by its path")):
        path.write_text(json.dumps(first | {"command": words}) + "\n")
        before = path.read_bytes()
        ended = runs.giveback("run", "--resume", "-o", path)
        assert ended.returncode == 2, ended.stderr
        assert f"names {said}, which is not taken from a file" in ended.stderr
        assert path.read_bytes() == before
        assert not trap.exists()


def test_such_a_run_goes_on_when_its_command_is_typed_again(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    arguments = (*TIMING, "--launcher", "/usr/bin/env")
    whole = runs.run(path, *arguments)
    assert whole.exit_status == 0, whole.err
    first = path.read_bytes().split(b"\n")[0] + b"\n"
    path.write_bytes(first)
    assert runs.giveback("run", "--resume", "-o", path).returncode == 2
    ended = runs.giveback("run", *arguments, "--resume", "-o", path)
    assert ended.returncode == 0, ended.stderr
    assert len(runs.read(path).cells) == 1

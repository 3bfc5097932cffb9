"""The command line: what it says of itself and of what it does not know.

To look at a change of the texts on purpose, write them anew with:
GIVEBACK_WRITE_GOLDEN=1 python3 -m pytest tests/cli/test_usage.py
"""

import os
from pathlib import Path

import pytest
import runs

GOLDEN_TEXTS = {
    "help.txt": ("--help",),
    "help_run.txt": ("run", "--help"),
    "help_list.txt": ("list", "--help"),
    "list_workloads.txt": ("list", "workloads"),
    "list_suites.txt": ("list", "suites"),
}


@pytest.mark.parametrize("name", GOLDEN_TEXTS)
def test_texts_are_as_reviewed(name: str):
    ended = runs.giveback(*GOLDEN_TEXTS[name])
    path = runs.GOLDEN / name
    if os.environ.get("GIVEBACK_WRITE_GOLDEN"):
        path.write_text(ended.stdout)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == path.read_text()


def test_every_option_says_its_preset():
    """Of those with a value; a flag is off unless given."""
    said = runs.giveback("run", "--help").stdout.split("\n\n")[1]
    options = said.replace("\n" + " " * 29, " ").splitlines()
    with_value = [line for line in options if "=" in line.split("  ")[1]
                  or "=" in line[:30]]
    assert len(with_value) > 8, options
    for line in with_value:
        assert "default" in line or "without it" in line, line


def test_no_verb_prints_the_usage_and_is_wrong():
    ended = runs.giveback()
    assert ended.returncode == 2
    assert ended.stderr == (runs.GOLDEN / "help.txt").read_text()


def test_the_version_is_one_line():
    ended = runs.giveback("--version")
    assert ended.returncode == 0
    assert ended.stdout.startswith("giveback ")
    assert ended.stdout.count("\n") == 1


UNKNOWN = (
    ("rnu", "no verb 'rnu': did you mean 'run'?"),
    ("list workload", "no 'workload': did you mean 'workloads'?"),
    ("run -a jemaloc", "no allocator 'jemaloc': did you mean 'jemalloc'?"),
    ("run -a jemalloc:decay0",
     "jemalloc has no variant 'decay0': did you mean 'decay_0'?"),
    ("run -a bump:x", "bump has no variants"),
    ("run -a system+tph=off",
     "system has no setting 'tph': did you mean 'thp'?"),
    ("run -a system+thp=of", "thp=of: no such value: did you mean 'off'?"),
    ("run -a system+free_lst=3",
     "system has no setting 'free_lst': did you mean 'free_list'?"),
    ("run -a system+free_list=unbound",
     "free_list=unbound: no such value: did you mean 'unbounded'?"),
    ("run -a system+free_list=3x",
     "free_list=3x: not a whole number from 0 to "),
    ("run -w fill_drian",
     "no workload 'fill_drian': did you mean 'fill_drain'?"),
    ("run -w fill_drain+object=3",
     "fill_drain has no setting 'object': did you mean 'objects'?"),
    ("run -w fill_drain+order=lifoo",
     "order=lifoo: no such value: did you mean 'lifo'?"),
    ("run -w fill_drain+objects=0",
     "objects=0: not a whole number from 1 to "),
    ("run --kind memry", "no kind 'memry': did you mean 'memory'?"),
    ("run --after tik", "no regime 'tik': did you mean 'tick'?"),
    ("run --suite headlin", "no suite 'headlin': did you mean 'headline'?"),
    ("run --quik", "unrecognized option '--quik'"),
    ("run system", "'system': what is this?"),
    ("run -r 0", "--repetitions=0: not a whole number from 1 to "),
    ("run --seed -1", "--seed=-1: not a whole number from 0 to "),
    ("list allocators workloads", "one topic at a time"),
)


@pytest.mark.parametrize("typed, words", UNKNOWN)
def test_what_is_unknown_names_the_nearest(typed: str, words: str,
                                           tmp_path: Path):
    ended = runs.giveback(*typed.split(), cwd=tmp_path)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert ended.stderr.startswith("giveback")
    assert ended.stdout == ""
    assert list(tmp_path.iterdir()) == []


TWICE = (
    ("run -a system,system", "'system' is there twice"),
    ("run -a x=system -a x=bump", "'x' is there twice"),
    ("run -w fill_drain -w fill_drain+order=fifo",
     "the workload 'fill_drain+order=fifo' is there twice"),
    ("run -w fill_drain+objects=1K,fill_drain+objects=1024",
     "the workload 'fill_drain+objects=1024' is there twice"),
    ("run --kind memory,memory", "the kind 'memory' is there twice"),
    ("run --after tick,tick", "the regime 'tick' is there twice"),
    ("run --after tick,tick+rate=1000", "the regime 'tick' is there twice"),
    ("run --after tick+rate=1000000", "rate=1000000: not a whole number from "
     "0 to 100000"),
    ("run --after silent+rate=1", "silent takes no settings"),
    ("run --settle 0", "--settle=0: not a whole number from 1 to 3600"),
    ("run -w fill_drain+objects=1+objects=2", "'objects' is set twice"),
)


@pytest.mark.parametrize("typed, words", TWICE)
def test_nothing_is_asked_for_twice(typed: str, words: str, tmp_path: Path):
    ended = runs.giveback(*typed.split(), cwd=tmp_path)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert list(tmp_path.iterdir()) == []


SMALL = ("-a", "null", "-w", "fill_drain+objects=10", "--kind", "timing",
         "-p", "1")


def test_an_existing_file_is_refused_and_left_alone(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    path.write_text("somebody's results\n")
    ended = runs.giveback("run", *SMALL, "-o", path)
    assert ended.returncode == 2
    assert f"{path} exists: name another file" in ended.stderr
    assert "--resume" in ended.stderr
    assert path.read_text() == "somebody's results\n"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path):
    path = tmp_path / "missing" / "x.jsonl"
    ended = runs.giveback("run", *SMALL, "-o", path)
    assert ended.returncode == 2
    assert f"{path}: cannot be created: No such file" in ended.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_said(tmp_path: Path):
    tmp_path.chmod(0o500)
    ended = runs.giveback("run", *SMALL, "-o", tmp_path / "x.jsonl")
    assert ended.returncode == 2
    assert "cannot be created: Permission denied" in ended.stderr


def test_a_full_disk_ends_the_run_with_a_hint():
    ended = runs.giveback("run", *SMALL, "-o", "/dev/full")
    assert ended.returncode != 0
    assert "/dev/full" in ended.stderr

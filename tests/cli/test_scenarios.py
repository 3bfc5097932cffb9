"""The ready scenarios: each marks its phases, leaves nothing, and says what it
lacks."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from runs import ROOT, giveback

sys.path.insert(0, str(ROOT / "scripts"))

from giveback import scenarios  # noqa: E402
from giveback.programs import command  # noqa: E402
from giveback.results import ResultsError  # noqa: E402

ALL = scenarios.find_all()
# Phases that a scenario has beside the two that all have.
OF_ITS_OWN = {"sqlite_memory": ["peak", "deleted", "dropped"],
              "redis_lru": ["short", "peak", "dropped"]}
TIMEOUT_S = 120  # a hang, and no measure of speed; below the pause


@pytest.fixture(params=ALL, ids=lambda scenario: scenario.name)
def scenario(request: pytest.FixtureRequest) -> scenarios.Scenario:
    """Each, where its packages are installed."""
    if missing := scenarios.missing_packages(request.param):
        pytest.skip(f"needs the package {' '.join(missing)}")
    return request.param


def start(scenario: scenarios.Scenario, folder: Path,
          *words: str) -> subprocess.Popen[str]:
    """In a session of its own, whose processes can be found."""
    return subprocess.Popen(
        [scenario.path, *scenario.small.split(), *words], encoding="utf-8",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "TMPDIR": str(folder)})


def living(session: int) -> list[str]:
    """The names of the processes of a session."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = entry.read_text().rpartition(")")
        except OSError:
            continue  # it has ended meanwhile
        state, _, _, its_session = rest.split()[:4]
        if int(its_session) == session and state != "Z":
            found.append(name)
    return found


def wait_until_none_lives(session: int) -> None:
    give_up = time.monotonic() + TIMEOUT_S
    while time.monotonic() < give_up and living(session):
        time.sleep(0.05)
    assert living(session) == []


def test_it_marks_its_phases_and_leaves_nothing(
        scenario: scenarios.Scenario, tmp_path: Path):
    process = start(scenario, tmp_path, "pause=0")
    out, err = process.communicate(timeout=TIMEOUT_S)
    phases = OF_ITS_OWN.get(scenario.name, ["peak", "dropped"])
    assert (process.returncode, err) == (0, "")
    assert out.splitlines() == [f"MARK {phase}" for phase in phases]
    assert living(process.pid) == []
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_nothing(scenario: scenarios.Scenario,
                                     tmp_path: Path):
    process = start(scenario, tmp_path, "pause=600")
    assert process.stdout
    assert process.stdout.readline().startswith("MARK ")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(TIMEOUT_S) != 0
    process.stdout.close()
    assert process.stderr
    process.stderr.close()
    wait_until_none_lives(process.pid)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ("objekts=1", "objects=many", "pause"))
def test_a_word_that_is_no_parameter_is_refused(
        scenario: scenarios.Scenario, tmp_path: Path, word: str):
    process = start(scenario, tmp_path, word)
    out, err = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, out) == (2, "")
    assert f"{word}: give KEY=NUMBER" in err
    assert list(tmp_path.iterdir()) == []


def test_the_list_is_the_files():
    listed = giveback("list", "scenarios")
    assert listed.returncode == 0, listed.stderr
    said = listed.stdout.replace("missing here: install ", "installed")
    names = [line.partition(":")[0] for line in said.splitlines()
             if not line.startswith(" ")]
    assert names == sorted(names) and len(names) == len(ALL) >= 7
    for each in ALL:
        assert {"objects", "pause"} <= {p.key for p in each.parameters}
        for parameter in each.parameters:
            assert f"    +{parameter.key}={parameter.preset}  " in said


SHORT = """#!/bin/sh
# A scenario.
#
# symptom: none
# source: none
# needs: {needs}
# small: objects=1
objects=10 # parameter: how many
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "short"
    path.write_text(text)
    return path


def test_a_missing_program_is_told_by_its_package(tmp_path: Path):
    needs = "/bin/sh (dash), /nowhere/here (not-here), /nor/there (not-here)"
    found = scenarios.read(write(tmp_path, SHORT.format(needs=needs)))
    assert scenarios.missing_packages(found) == ["not-here"]
    assert found.parameters == (scenarios.Parameter("objects", 10,
                                                    "how many"),)


@pytest.mark.parametrize("field", ("symptom", "source", "needs", "small"))
def test_a_file_without_a_field_is_refused(tmp_path: Path, field: str):
    text = SHORT.replace(f"# {field}:", "#")
    with pytest.raises(ResultsError, match=f"no line says `{field}"):
        scenarios.read(write(tmp_path, text))


@pytest.mark.parametrize("address, remedy", (
    ("lua_table", "did you mean 'lua_tables'"),
    ("lua_tables+object=1", "did you mean 'objects'"),
    ("lua_tables+objects=1k", "a whole number")))
def test_an_unknown_address_is_refused(address: str, remedy: str):
    with pytest.raises(ResultsError, match=remedy):
        scenarios.command(address)


def test_an_address_becomes_the_words_that_start_it():
    found, words = scenarios.command("redis_lru+cap=2+objects=14000")
    assert found.name == "redis_lru"
    assert words == [str(found.path), "cap=2", "objects=14000"]


# ---- by the verb ----------------------------------------------------------

def test_the_verb_measures_one_by_its_name(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    done = giveback("program", "--scenario",
                    "python_tuples+objects=3000+keep=100+pause=0", "-a", "own",
                    "-k", "memory", "-r", 1, "-o", path)
    assert done.returncode == 0, done.stderr
    assert "python_tuples" in done.stdout and path.exists()


@pytest.mark.parametrize(("words", "said"), (
    (("--scenario", "python_tupels"), "did you mean 'python_tuples'?"),
    (("--scenario", "lua_tables+objekts=3"), "did you mean 'objects'?"),
    (("--scenario", "lua_tables", "--", "true"), "give one:"),
    ((), "give one:")))
def test_one_command_that_is_known(words: tuple[str, ...], said: str,
                                   tmp_path: Path):
    path = tmp_path / "x.jsonl"
    done = giveback("program", "-o", path, *words)
    assert done.returncode == 2 and said in done.stderr
    assert not path.exists()


def test_what_is_missing_is_named_and_skipped(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(scenarios, "missing_packages", lambda _: ["lua5.4"])
    options = argparse.ArgumentParser()
    command.add_arguments(options)
    typed = options.parse_args(["--scenario", "lua_tables"])
    assert command.run(typed) == command.EXIT_OK
    assert "apt install lua5.4" in capsys.readouterr().err

"""This project's own gate: the pymalloc clone against the figures in
results/baselines, judged by `giveback check`. docs/ci.md says how to renew
them."""

import json
import os
import resource
import subprocess
from pathlib import Path

import pytest

ALLOCATORS = ("pymalloc:2.3", "pymalloc:3.9", "pymalloc:3.10",
              "pymalloc:3.10+release=never")
WORKLOADS = ("fill_drain+objects=1M",
             "survivors+objects=1M+pattern=scattered")
# Callgrind takes 60 times as long, and needs no more to see an instruction.
COUNTED = ("fill_drain+objects=20000",
           "survivors+objects=20000+pattern=scattered")
RIGHT, FORGETFUL = ALLOCATORS[2:]
BURDENED = "pymalloc:3.10+lock=on"


def giveback(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([os.environ["GIVEBACK"], *map(str, arguments)],
                          capture_output=True, encoding="utf-8")


def measured(path: Path, allocators: tuple[str, ...],
             workloads: tuple[str, ...], *words: str) -> list[dict]:
    ended = giveback("run", "-a", ",".join(allocators), "-w",
                     ",".join(workloads), "--quick", *words, "-o", path)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in path.read_text().splitlines()]


def check(head: Path, kind: str) -> subprocess.CompletedProcess[str]:
    """Bytes too, whatever the machine: the clone's are pages of its arenas,
    where pages are as large as the baseline's."""
    across = ["--across-machines"] if resource.getpagesize() == 4096 else []
    return giveback("check", "--baseline", os.environ["GIVEBACK_BASELINES"],
                    "--kind", kind, *across, head)


def renamed(rows: list[dict], name: str, path: Path) -> Path:
    """The rows of `name` under the right one's name."""
    with path.open("w") as file:
        for row in rows:
            if row["type"] == "run":
                row = row | {"allocators": [
                    entry for entry in row["allocators"]
                    if entry["allocator"] != BURDENED]}
            elif row["allocator"] == RIGHT:
                continue
            elif row["allocator"] == name:
                row = row | {"allocator": RIGHT}
            file.write(json.dumps(row) + "\n")
    return path


def require_regression(path: Path, kind: str, figure: str) -> None:
    ended = check(path, kind)
    assert ended.returncode == 3, ended.stdout + ended.stderr
    said = " ".join(ended.stdout.split())
    assert f"{RIGHT}: {figure} of fill_drain is worse" in said


# ---- memory ---------------------------------------------------------------

@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) \
        -> tuple[Path, list[dict]]:
    path = tmp_path_factory.mktemp("gate") / "memory.jsonl"
    return path, measured(path, ALLOCATORS, WORKLOADS, "-k", "memory",
                          "--after", "silent")


def test_the_clone_is_as_the_baseline_says(memory):
    ended = check(memory[0], "memory")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_clone_that_forgot_to_release_is_a_regression(memory, tmp_path):
    require_regression(renamed(memory[1], FORGETFUL, tmp_path / "broken"),
                       "memory", "kept (silent)")


# ---- instructions ---------------------------------------------------------

@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) \
        -> tuple[Path, list[dict]]:
    """Skips where the baseline was counted under conditions that are not
    these, or nothing counts here."""
    path = tmp_path_factory.mktemp("gate") / "counted.jsonl"
    rows = measured(path, (*ALLOCATORS[:3], BURDENED), COUNTED,
                    "-k", "instructions", "-r", "1")
    unsupported = [row["reason"] for row in rows[1:]
                   if row["outcome"] == "unsupported"]
    if unsupported:
        pytest.skip(f"nothing counts instructions: {unsupported[0]}")
    known = conditions_of_the_baseline()
    if rows[0]["counting"] not in known:
        pytest.skip("instructions of the baseline were counted under "
                    f"{' and '.join(sorted(known))}, here under "
                    f"{rows[0]['counting']}: no baseline for these")
    return path, rows


def conditions_of_the_baseline() -> set[str]:
    text = (Path(os.environ["GIVEBACK_BASELINES"]) / "any.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    counted = {row["run"] for row in rows if row.get("kind") == "instructions"}
    return {row["counting"] for row in rows
            if row["type"] == "run" and row["id"] in counted}


def test_the_clone_takes_the_instructions_that_the_baseline_says(counted):
    ended = check(counted[0], "instructions")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_clone_with_more_work_in_each_call_is_a_regression(counted,
                                                             tmp_path):
    require_regression(renamed(counted[1], BURDENED, tmp_path / "burdened"),
                       "instructions", "instructions")


def test_another_compiler_is_said_and_is_no_regression(counted, tmp_path):
    rows = [row | {"counting": "another"} if row["type"] == "run" else row
            for row in counted[1]]
    ended = check(renamed(rows, BURDENED, tmp_path / "other"),
                  "instructions")
    assert ended.returncode == 2
    assert "instructions are not compared" in ended.stderr
    assert "under another" in ended.stderr

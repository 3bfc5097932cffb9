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


def giveback(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([os.environ["GIVEBACK"], *map(str, arguments)],
                          capture_output=True, encoding="utf-8")


def check(head: Path) -> subprocess.CompletedProcess[str]:
    """Bytes too, whatever the machine: the clone's are pages of its arenas,
    where pages are as large as the baseline's."""
    across = ["--across-machines"] if resource.getpagesize() == 4096 else []
    return giveback("check", "--baseline", os.environ["GIVEBACK_BASELINES"],
                    *across, head)


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gate") / "head.jsonl"
    ended = giveback("run", "-a", ",".join(ALLOCATORS), "-w",
                     ",".join(WORKLOADS), "-k", "memory", "--after", "silent",
                     "--quick", "-o", path)
    assert ended.returncode == 0, ended.stderr
    return path


def test_the_clone_is_as_the_baseline_says(head: Path):
    ended = check(head)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_clone_that_forgot_to_release_is_a_regression(head: Path,
                                                        tmp_path: Path):
    """The last allocator's figures under the third one's name."""
    right, forgetful = ALLOCATORS[2:]
    lines = [json.loads(line) for line in head.read_text().splitlines()]
    kept = [row for row in lines if row.get("allocator") != right]
    for row in kept[1:]:
        if row["allocator"] == forgetful:
            row["allocator"] = right
    broken = tmp_path / "broken.jsonl"
    broken.write_text("".join(json.dumps(row) + "\n" for row in kept))
    ended = check(broken)
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert any(right in line and "worse" in line
               for line in ended.stdout.splitlines())

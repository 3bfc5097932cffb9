"""Layers on an allocator's address: listed, recorded, refused with a reason.
"""

from pathlib import Path

import pytest
import runs

SMALL = "typed_free_lists+objects=20000+others=10000"


def run(path: Path, allocator: str, workload: str = SMALL,
        kind: str = "account") -> runs.Results:
    return runs.run(path, "-a", allocator, "-w", workload, "--kind", kind,
                    "--quick", "-p", 1)


def test_layers_are_listed_once_for_every_allocator():
    said = runs.giveback("list", "allocators").stdout
    behind = said.partition("every allocator:\n")[2]
    assert said.count("    +free_list=none  (none, unbounded, a number)") == 1
    assert "  free_list: " in behind and "    +free_list_span=1G" in behind


def test_the_run_records_what_each_allocator_wears(tmp_path: Path):
    results = run(tmp_path / "x.jsonl", "bump,bump+free_list=2K",
                  kind="timing")
    assert [row["options"]["free_list"]
            for row in results.run["allocators"]] == ["none", "2048", "none"]
    assert {cell["outcome"] for cell in results.cells} == {"ok"}


def test_a_layered_allocator_is_still_its_library(tmp_path: Path):
    results = run(tmp_path / "x.jsonl", "plain=system,worn=system+free_list=9")
    plain, worn = results.run["allocators"]
    assert plain["library"] and plain["library"] == worn["library"]
    assert plain["sha256"] and plain["sha256"] == worn["sha256"]
    hashes = {cell["request_hash"] for cell in results.cells}
    assert len(hashes) == 1 and hashes != {None}


REFUSED = (
    ("null+free_list=3", "unsupported", "several requests with one block"),
    ("system+free_list=3+free_list_span=1M", "crashed",
     "more address space than free_list_span covers"),
)


@pytest.mark.parametrize("allocator, outcome, words", REFUSED)
def test_where_it_cannot_work_there_are_no_figures(
        tmp_path: Path, allocator: str, outcome: str, words: str):
    cell = run(tmp_path / "x.jsonl", allocator).cells[0]
    assert (cell["outcome"], cell["samples"]) == (outcome, [])
    assert words in cell["reason"]

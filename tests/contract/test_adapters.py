"""Libraries that bring an adapter: what works, and what is said of a fault."""

import os
from pathlib import Path

import plan
import pytest
import runs

WORKLOAD = "fill_drain+objects=1000"


def cell_of(path: Path, address: str) -> tuple[dict, runs.Results]:
    results = runs.run(path, "-a", address, "-w", WORKLOAD, "-k", "memory",
                       "--after", "silent", "--quick", "-r", 1)
    cell, = results.cells
    return cell, results


def test_the_library_inside_is_the_one_that_is_named(tmp_path: Path):
    folder = Path(os.environ["GIVEBACK_ADAPTERS"]).resolve()
    cell, results = cell_of(tmp_path / "x.jsonl",
                            plan.adapter("example_adapter"))
    assert cell["outcome"] == "ok", cell["reason"]
    row, = results.run["allocators"]
    for identity in (row, cell["identity"]):
        assert identity["library"] == str(folder / "libzoned.so")
        assert identity["adapter"] == str(folder / "example_adapter.so")
        assert identity["version"] == "1.0"
    assert "example_adapter 1.0" in results.out


def test_its_options_reach_it(tmp_path: Path):
    cell, _ = cell_of(tmp_path / "x.jsonl",
                      plan.adapter("example_adapter") + "+options=cellar")
    assert cell["outcome"] == "unsupported"
    assert cell["reason"] == "its adapter says: no such zone"


@pytest.mark.parametrize("name, outcome, words", (
    ("adapter_interface", "failed", "its adapter is of interface 7, this "
     "program knows 1: compile it with this program's adapter.h"),
    ("adapter_lacks_release", "failed",
     "its adapter has no release, which is required"),
    ("adapter_refuses", "unsupported",
     "its adapter says: no zone named: write +options=ZONE"),
    ("adapter_inside_nothing", "failed",
     "what the adapter names does not live in")))
def test_a_fault_is_said(tmp_path: Path, name: str, outcome: str,
                         words: str):
    cell, _ = cell_of(tmp_path / "x.jsonl", plan.adapter(name))
    assert cell["outcome"] == outcome
    assert words in cell["reason"]


def test_an_adapter_takes_no_prefix_and_a_plain_library_no_options(
        tmp_path: Path):
    adapted, _ = cell_of(tmp_path / "x.jsonl",
                         plan.adapter("example_adapter") + ":zone_")
    assert adapted["outcome"] == "failed"
    assert "it brings an adapter: leave out the prefix" in adapted["reason"]
    plain, _ = cell_of(tmp_path / "y.jsonl",
                       runs.villain("forwards") + "+options=x")
    assert plain["outcome"] == "failed"
    assert "the library has none" in plain["reason"]

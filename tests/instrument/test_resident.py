"""Resident memory against what can be worked out by hand, to the page."""

from pathlib import Path

import pytest
import runs
from figures import (LAZY_BATCH_PAGES, PAGE_BYTES, growth_pages,
                     resident_pages, silent)

OBJECTS = 1000  # of one page each; every second one survives the drain
HALVES = f"survivors+objects={OBJECTS}+size={PAGE_BYTES}+keep=2"
BUMPED = 100000  # objects of 16 bytes
FIELDS = ("anon_bytes", "shmem_bytes", "lazy_free_bytes", "hugetlb_bytes",
          "rss_bytes", "statm_rss_bytes")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> runs.Results:
    return silent(
        tmp_path_factory.mktemp("resident") / "halves.jsonl",
        "-a", "nothing=mapper,dontneed=mapper+release=dontneed",
        "-a", "free=mapper+release=free,unmap=mapper+release=unmap",
        "-a", "shared=mapper+memory=shared", "-w", HALVES)


@pytest.mark.parametrize("allocator", ("dontneed", "unmap"))
def test_growth_moves_by_exactly_what_was_released(results: runs.Results,
                                                   allocator: str):
    cell = results.one(allocator=allocator)
    assert [resident_pages(cell, phase)
            for phase in ("fill", "drain", "poke", "trim", "rest")] == \
        [OBJECTS, OBJECTS / 2, OBJECTS / 2, OBJECTS / 2, 0]


def test_what_is_not_given_back_stays(results: runs.Results):
    cell = results.one(allocator="nothing")
    assert resident_pages(cell, "fill") == OBJECTS
    assert resident_pages(cell, "drain") == OBJECTS
    assert resident_pages(cell, "rest") == OBJECTS + 1  # the poke's page


def test_lazily_freed_pages_are_resident_and_shown_apart(
        results: runs.Results):
    cell = results.one(allocator="free")
    drain = runs.phase(cell, "drain")
    assert resident_pages(cell, "drain") == OBJECTS
    assert growth_pages(cell, drain, "rss_bytes") == OBJECTS
    assert growth_pages(cell, drain, "lazy_free_bytes") == pytest.approx(
        OBJECTS / 2, abs=LAZY_BATCH_PAGES)
    fill = runs.phase(cell, "fill")
    assert growth_pages(cell, fill, "lazy_free_bytes") <= LAZY_BATCH_PAGES


def test_shared_memory_shows_as_shared(results: runs.Results):
    cell = results.one(allocator="shared")
    fill = runs.phase(cell, "fill")
    assert growth_pages(cell, fill, "shmem_bytes") == OBJECTS
    assert growth_pages(cell, fill, "anon_bytes") == 0
    assert growth_pages(cell, fill, "rss_bytes") == OBJECTS


def test_a_mapping_that_nobody_touched_counts_nothing(tmp_path: Path):
    cell = silent(tmp_path / "x.jsonl", "-a", "mapper", "-w",
                  "untouched+start=cold").cells[0]
    fill = runs.phase(cell, "fill")
    assert fill["live_bytes"] == 256 << 20
    assert [growth_pages(cell, fill, field) for field in FIELDS] == \
        [0] * len(FIELDS)
    assert fill["pages"]["live_bytes"] == 0


def test_bump_keeps_everything(tmp_path: Path):
    cell = silent(tmp_path / "x.jsonl", "-a", "bump", "-w",
                  f"fill_drain+objects={BUMPED}+size=16").cells[0]
    # The pair that warms up takes the first 16 bytes and makes the first
    # page resident before the base sample; the poke takes 2 KiB.
    last_byte = 16 + 16 * BUMPED
    filled = -(-last_byte // PAGE_BYTES) - 1
    poked = -(-(last_byte + 2048) // PAGE_BYTES) - 1
    assert [resident_pages(cell, phase)
            for phase in ("fill", "drain", "poke", "trim", "rest")] == \
        [filled, filled, poked, poked, poked]


def test_null_holds_nothing(tmp_path: Path):
    cell = silent(tmp_path / "x.jsonl", "-a", "null", "-w",
                  f"fill_drain+objects={BUMPED}").cells[0]
    for sample in cell["samples"]:
        assert [growth_pages(cell, sample, field) for field in FIELDS] == \
            [0] * len(FIELDS), sample["phase"]

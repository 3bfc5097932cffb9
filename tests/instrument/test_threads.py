"""Workloads with threads on a backend with the very fault they are to find.

No version of mimalloc with the defect of mimalloc#1364 is in a release of
Debian; `strands` has that fault planted, and what it must show is known.
"""

from pathlib import Path

import pytest
import runs
from figures import PAGE_BYTES, resident_pages, silent

THREADS, LIVE, SIZE, REPLACEMENTS = 2, 10000, 592, 80000
LIVE_PAGES = THREADS * LIVE * SIZE / PAGE_BYTES
QUEUED_PAGES = THREADS * 1024 * SIZE / PAGE_BYTES
BLOCKS_OF_A_PAGE = (64 << 10) // SIZE


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> runs.Results:
    return silent(
        tmp_path_factory.mktemp("threads") / "x.jsonl",
        "-a", "plain=strands,planted=strands+plant=stranding",
        "-w", f"producer_consumer+threads={THREADS}+objects={LIVE}"
              f"+size={SIZE}+replacements={REPLACEMENTS}")


def test_pages_that_only_their_last_block_frees_are_seen(
        results: runs.Results):
    """Blocks are replaced at random, so that each lives for as long as any
    other on average, and a page for as long as the last of its n blocks:
    1 + 1/2 + ... + 1/n times that (the greatest of n exponential times). By
    the end every page that lives has had the time to come to that."""
    factor = sum(1 / n for n in range(1, BLOCKS_OF_A_PAGE + 1))
    filled = resident_pages(results.one(allocator="planted"), "fill")
    assert factor > 5
    assert filled == pytest.approx(factor * LIVE_PAGES, rel=0.1)


def test_the_same_without_the_fault_stays_near_what_is_live(
        results: runs.Results):
    filled = resident_pages(results.one(allocator="plain"), "fill")
    assert LIVE_PAGES <= filled <= 1.1 * (LIVE_PAGES + QUEUED_PAGES)

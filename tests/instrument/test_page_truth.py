"""Page truth through the real pagemap against a layout made by hand.

The workload page_layout on the backend `mapper`: 1,024 pages from a multiple
of 2 MiB on, of which every fourth (2, 6, 10, ...) is never touched; after the
drain the pages 0, 5, 17 and 600 are live.
"""

import pytest
import runs
from figures import PAGE_BYTES, silent

PAGES = 1024
TOUCHED = [page for page in range(PAGES) if page % 4 != 2]
LIVE = (0, 5, 17, 600)

# Worked out by hand. Of a granule of g pages 3 g / 4 are resident (of two that begin at a
# multiple of 4 both); page 0 is
# in the first granule of every size, 5 shares it from 8 pages on, 17 from 64
# on; 600 is in the 3rd MiB and the 2nd half.
STAY_PAGES = {
    "4096": 4,             # the four pages themselves
    "8192": 4 * 2,         # of granules 0, 2, 8, 300
    "16384": 4 * 3,        # of granules 0, 1, 4, 150
    "32768": 3 * 6,        # of granules 0, 2, 75
    "65536": 3 * 12,       # of granules 0, 1, 37
    "262144": 2 * 48,      # of granules 0, 9
    "1048576": 2 * 192,    # of granules 0, 2
    "2097152": 2 * 384,    # of both granules
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> runs.Results:
    return silent(tmp_path_factory.mktemp("pages") / "x.jsonl",
                  "-a", "kept=mapper,returned=mapper+release=dontneed",
                  "-a", "shared=mapper+memory=shared",
                  "-w", "page_layout+start=cold")


def pages(cell: dict, phase: str, field: str) -> float:
    """Pages with or without a live byte, grown over base."""
    found = runs.phase(cell, phase)["pages"]
    if found is None:
        pytest.skip("this host does not show its pagemap")
    return (found[field] - cell["base"]["pages"][field]) / PAGE_BYTES


@pytest.mark.parametrize("allocator", ("kept", "shared"))
def test_live_and_dead_pages_are_told_apart(results: runs.Results,
                                            allocator: str):
    cell = results.one(allocator=allocator)
    assert pages(cell, "fill", "live_bytes") == len(TOUCHED)
    assert pages(cell, "fill", "dead_bytes") == 0
    assert pages(cell, "drain", "live_bytes") == len(LIVE)
    assert pages(cell, "drain", "dead_bytes") == len(TOUCHED) - len(LIVE)
    assert pages(cell, "rest", "live_bytes") == 0


def test_returned_pages_are_neither_live_nor_dead(results: runs.Results):
    cell = results.one(allocator="returned")
    assert pages(cell, "drain", "live_bytes") == len(LIVE)
    assert pages(cell, "drain", "dead_bytes") == 0


@pytest.mark.parametrize("allocator", ("kept", "shared"))
def test_what_would_stay_at_each_granule(results: runs.Results,
                                         allocator: str):
    cell = results.one(allocator=allocator)
    assert pages(cell, "drain", "live_bytes")
    granules = runs.phase(cell, "drain")["pages"]["granules"]
    assert {size: kept / PAGE_BYTES for size, kept in granules.items()} == \
        STAY_PAGES


def test_the_layout_by_hand_is_what_arithmetic_says():
    for size, kept in STAY_PAGES.items():
        granule = int(size) // PAGE_BYTES
        live = {page // granule for page in LIVE}
        assert kept == sum(page // granule in live for page in TOUCHED), size

"""Free lists of objects above an allocator that gives arenas back.

A list without end gives nothing to the arenas below, so they give nothing to
the system; a list with a cap pins no more arenas than it holds objects.
"""

from pathlib import Path

import pytest
import runs
from figures import PAGE_BYTES, resident_pages, silent

COUNT, OTHERS, SIZE, OTHER_SIZE = 1 << 20, 1 << 19, 32, 64
LIVE_PAGES = COUNT * SIZE // PAGE_BYTES  # of either type: 32 MiB
ARENA_PAGES = (1 << 20) // PAGE_BYTES
CAP = 100
WORKLOAD = (f"typed_free_lists+objects={COUNT}+size={SIZE}"
            f"+others={OTHERS}+other_size={OTHER_SIZE}")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> runs.Results:
    return silent(
        tmp_path_factory.mktemp("free_lists") / "x.jsonl",
        "-a", "bare=pymalloc:3.10,unbounded=pymalloc:3.10+free_list=unbounded",
        "-a", f"capped=pymalloc:3.10+free_list={CAP}",
        "-a", "nothing=pymalloc:3.10+free_list=0", "-w", WORKLOAD)


def test_an_unbounded_list_keeps_every_page(results: runs.Results):
    cell = results.one(allocator="unbounded")
    drained = resident_pages(cell, "drain")
    assert drained >= 2 * LIVE_PAGES
    assert drained == resident_pages(cell, "fill")  # nothing came back
    assert resident_pages(cell, "rest") >= drained
    assert runs.phase(cell, "drain")["self"]["arenas_unmapped"] == 0


def test_what_waits_on_a_list_serves_no_other_type(results: runs.Results):
    first = resident_pages(results.one(allocator="unbounded"), "first_type")
    filled = resident_pages(results.one(allocator="unbounded"), "fill")
    assert filled == pytest.approx(2 * first, rel=0.02)
    bare = resident_pages(results.one(allocator="bare"), "fill")
    assert bare == pytest.approx(first, rel=0.04)


def test_a_capped_list_pins_one_arena_of_each_type(results: runs.Results):
    """Its objects are neighbours: the first that were released."""
    cell = results.one(allocator="capped")
    bare = resident_pages(results.one(allocator="bare"), "drain")
    assert bare <= resident_pages(cell, "drain") <= bare + 2 * ARENA_PAGES
    # The purge empties the lists; then it is the allocator alone.
    assert resident_pages(cell, "trim") <= bare + ARENA_PAGES
    assert resident_pages(cell, "trim") < resident_pages(cell, "drain")


def test_the_layer_itself_costs_no_page(results: runs.Results):
    bare, nothing = (results.one(allocator=name)
                     for name in ("bare", "nothing"))
    for phase in ("first_type", "fill", "drain"):
        assert resident_pages(nothing, phase) == resident_pages(bare, phase)


def test_the_real_allocator_does_the_same(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", "-a",
                       "bare=cpython,unbounded=cpython+free_list=unbounded",
                       "-w", WORKLOAD, "--kind", "memory", "--after",
                       "silent", "--quick", "-r", 1)
    bare = results.one(allocator="bare")
    unbounded = results.one(allocator="unbounded")
    if bare["outcome"] == "unsupported":
        pytest.skip(bare["reason"])
    assert (bare["outcome"], unbounded["outcome"]) == ("ok", "ok")
    assert resident_pages(bare, "drain") <= 2 * ARENA_PAGES
    assert resident_pages(unbounded, "drain") >= 2 * LIVE_PAGES
    assert resident_pages(unbounded, "drain") == \
        resident_pages(unbounded, "fill")

"""The return tax, against figures worked out by hand.

`on` takes 2 GiB, gives 1 GiB back, takes that again, gives all back: 3 GiB
taken, 3 GiB given. Its blocks cost 7 s of CPU, those of `off` 1 s: 6 s over
3 GiB are 2 s per GiB.
"""

import itertools

import pytest
import rows_maker as make
from giveback import tax
from giveback.decode import decode
from giveback.rows import AllocatorEntry, Cell

S = 10**9
GIB = 2**30
SAWTOOTH = ((-400, 0), (-300, 2 * GIB), (-200, GIB), (-100, 2 * GIB), (0, 0))


def memory(points=SAWTOOTH, **changes) -> Cell:
    """Points of the timeline: ms since the last release, resident bytes."""
    times, resident = zip(*points) if points else ((), ())
    timeline = {"t_ns": [time * 10**6 for time in times],
                "resident_bytes": list(resident),
                "live_bytes": [0] * len(times)}
    row = make.memory_cell("on", "silent", 2048, [0] * 5, timeline=timeline)
    return decode(Cell, row | changes, "")


def timing(cpu_s: float, block: int = 0) -> Cell:
    """Nine tenths of its CPU in the fill, the rest in the drain; the tail
    has costs of its own, which do not count."""
    row = make.timing_cell("on", 30, block)
    for sample in row["samples"]:
        sample["cpu_ns"] = {"fill": int(cpu_s * 9 * S // 10),
                            "drain": int(cpu_s * S // 10)}.get(
                                sample["phase"], 50 * S)
    return decode(Cell, row, "")


FLAT = ((-400, 0), (-300, 2 * GIB))


def test_by_hand():
    on, off = [memory(), timing(7)], [memory(FLAT), timing(1)]
    assert tax.moved_bytes(memory()) == (3 * GIB, 3 * GIB)
    assert tax.running_cpu_ns(timing(7)) == 7 * S
    found = tax.return_tax(on, off)
    assert (found.cpu_s_per_gib, found.returned_bytes, found.pairs) \
        == (2, 3 * GIB, 1)
    assert found.low is None and found.high is None, "one pair"


def test_pairs_are_made_within_blocks_and_have_an_interval():
    ours = [timing(cpu, block) for block, cpu in
            enumerate((7, 4, 10, 7, 13, 7))]
    theirs = [timing(1, block) for block in (5, 4, 3, 2, 1, 0, 9)]
    found = tax.return_tax([memory(), *ours], [memory(FLAT), *theirs])
    # extra: 6, 3, 9, 6, 12, 6 s over 3 GiB; all six are the interval
    assert (found.cpu_s_per_gib, found.low, found.high, found.pairs) \
        == (2, 1, 4, 6)


def test_what_off_gives_back_too_is_not_what_on_is_paid_for():
    off = [memory(((-400, 0), (-300, 2 * GIB), (-200, GIB))), timing(1)]
    found = tax.return_tax([memory(), timing(7)], off)
    assert found.returned_bytes == 2 * GIB
    assert found.cpu_s_per_gib == 3


def test_cheaper_than_not_giving_back_is_a_negative_tax():
    found = tax.return_tax([memory(), timing(1)], [memory(FLAT), timing(7)])
    assert found.cpu_s_per_gib == -2


@pytest.mark.parametrize(("back_mib", "known"), [(204, False), (205, True)])
def test_less_than_a_tenth_says_nothing(back_mib, known):
    """Of 2 GiB: 204.8 MiB."""
    points = ((-400, 0), (-300, 2 * GIB),
              (-200, 2 * GIB - back_mib * 2**20))
    found = tax.return_tax([memory(points), timing(7)],
                           [memory(FLAT), timing(1)])
    assert (found.cpu_s_per_gib is not None) is known


def test_what_comes_back_after_the_last_release_does_not_count():
    late = ((-400, 0), (-300, 2 * GIB), (0, 2 * GIB), (11, 0))
    assert tax.moved_bytes(memory(late)) == (2 * GIB, 0)
    seen_late = ((-400, 0), (-300, 2 * GIB), (1, 0))
    assert tax.moved_bytes(memory(seen_late)) == (2 * GIB, 2 * GIB)


def test_unknown_stays_unknown():
    off = [memory(FLAT), timing(1)]
    assert tax.return_tax([memory()], off) is None, "no pair"
    assert tax.return_tax([memory(), timing(7, 3)], off) is None, "no pair"
    assert tax.return_tax([timing(7)], off) is None, "no timeline"
    assert tax.return_tax([memory(timeline=None), timing(7)], off) is None
    assert tax.return_tax([], []) is None
    assert tax.moved_bytes(memory(())) == (0, 0)
    assert tax.return_tax([memory(()), timing(7)], off).cpu_s_per_gib is None


@pytest.mark.parametrize("factor", [2, 7])
def test_twice_the_bytes_at_the_same_cost_is_half_the_tax(factor):
    points = [(time, factor * size) for time, size in SAWTOOTH]
    found = tax.return_tax([memory(points), timing(7)],
                           [memory(FLAT), timing(1)])
    assert found.cpu_s_per_gib == pytest.approx(2 / factor)


# ---- who is compared with whom --------------------------------------------

def entry(address: str) -> AllocatorEntry:
    return decode(AllocatorEntry, make.allocator(address), "")


ADDRESSES = ("jemalloc", "jemalloc:decay_0", "jemalloc:decay_never",
             "other=jemalloc:decay_1s", "jemalloc:decay_0+thp=off",
             "mimalloc:purge_now", "mimalloc:purge_never",
             "pymalloc:2.3", "pymalloc:3.10", "pymalloc:3.10+release=never",
             "pymalloc:3.10+release=always", "pymalloc:3.10+threshold=256")


def test_pairs_differ_in_giving_back_alone():
    pairs = [(on, off) for on, off in itertools.permutations(ADDRESSES, 2)
             if tax.is_pair(entry(on), entry(off))]
    assert pairs == [
        ("jemalloc", "jemalloc:decay_never"),
        ("jemalloc:decay_0", "jemalloc:decay_never"),
        ("other=jemalloc:decay_1s", "jemalloc:decay_never"),
        ("mimalloc:purge_now", "mimalloc:purge_never"),
        ("pymalloc:3.10", "pymalloc:3.10+release=never"),
        ("pymalloc:3.10+release=always", "pymalloc:3.10+release=never")]

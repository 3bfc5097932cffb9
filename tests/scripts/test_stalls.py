"""Single calls, against sorted samples and figures worked out by hand."""

import random
from bisect import bisect

import pytest
import rows_maker as make
from giveback import stalls
from giveback.decode import decode
from giveback.rows import Cell, SlowCall

# The least value of every bucket, as harness/histogram.h makes them.
LEAST = [*range(128), *(step << shift for shift in range(1, 36)
                        for step in range(64, 128))]


def histogram(samples: list[int]) -> dict[int, int]:
    buckets: dict[int, int] = {}
    for value in samples:
        least = LEAST[bisect(LEAST, value) - 1]
        buckets[least] = buckets.get(least, 0) + 1
    return buckets


def cell(samples: list[int], **changes) -> Cell:
    calls = make.timed_calls(
        histogram(samples),
        [make.slow_call(value) for value in sorted(samples)[:-9:-1]],
        above_1us=sum(value > 1000 for value in samples))
    return decode(Cell, make.stalls_cell("system", calls, **changes), "")


@pytest.mark.parametrize("seed", range(20))
def test_a_percentile_is_that_of_the_sorted_samples(seed):
    chance = random.Random(seed)
    samples = [int(chance.lognormvariate(4, 3))
               for _ in range(chance.randrange(1, 3000))]
    found = stalls.times([cell(samples)], "alloc")
    for parts in (1, 50, 90, 99, 100):
        exact = sorted(samples)[-(-len(samples) * parts // 100) - 1]
        told = stalls.percentile_ns(found, parts, 100)
        assert exact <= told <= exact * (1 + 1 / 64), (parts, exact, told)
        assert told <= max(samples)


def test_buckets_end_where_the_next_begins():
    for least, following in zip(LEAST, LEAST[1:]):
        assert stalls.bucket_last_ns(least) == following - 1


def test_of_ten_thousand_the_last_but_one():
    calls = make.timed_calls({20: 9999, 4096: 1}, [make.slow_call(4100)])
    one = decode(Cell, make.stalls_cell("system", calls), "")
    assert stalls.percentile_ns(stalls.times([one], "alloc")) == 20
    # Of 20,000 two may be slower; of 9,999 none.
    assert stalls.percentile_ns(stalls.times([one, one], "alloc")) == 20
    calls = make.timed_calls({20: 9998, 4096: 1}, [make.slow_call(4100)])
    few = decode(Cell, make.stalls_cell("system", calls), "")
    assert stalls.percentile_ns(stalls.times([few], "alloc")) == 4100


def test_repetitions_add_up():
    found = stalls.times([cell([10, 2000]), cell([10, 10, 5000])], "alloc")
    assert (found.calls, found.above_1us) == (5, 2)
    assert found.buckets[0] == (10, 3)
    assert [slow.duration_ns for slow in found.longest] \
        == [5000, 2000, 10, 10, 10]
    assert stalls.per_million(found.above_1us, found) == 400000


def test_without_calls_nothing_is_known():
    found = stalls.times([cell([])], "release")
    assert stalls.percentile_ns(found) is None
    assert stalls.per_million(0, found) is None
    failed = decode(Cell, make.failed_cell("system", "crashed", "SIGSEGV",
                                           kind="stalls", after=None), "")
    assert stalls.times([failed], "alloc").calls == 0


def slow(duration_ns: int, **changes) -> SlowCall:
    return decode(SlowCall, make.slow_call(duration_ns, **changes), "")


MS = 10**6


@pytest.mark.parametrize(("call", "mostly"), (
    (slow(100 * MS), "its own work"),
    (slow(100 * MS, cpu_ns=30 * MS), "off the CPU"),
    (slow(100 * MS, system_ns=60 * MS), "in the kernel"),
    (slow(100 * MS, cpu_ns=60 * MS, system_ns=35 * MS), "off the CPU"),
    # Too little CPU time for the kernel's ticks to split.
    (slow(10 * MS, system_ns=10 * MS), "on the CPU"),
    (slow(10 * MS, cpu_ns=4 * MS), "off the CPU"),
    # The calls before it may be half of the window, and no more.
    (slow(100 * MS, wall_ns=200 * MS, cpu_ns=200 * MS), "its own work")))
def test_most_of_the_time_went_somewhere(call, mostly):
    assert stalls.spent(call).mostly == mostly


def test_what_other_calls_did_is_not_told_of_this_one():
    assert stalls.spent(slow(100 * MS, wall_ns=201 * MS)) is None
    assert stalls.spent(slow(0)) is None


def test_microseconds_cannot_be_told():
    assert stalls.spent(slow(49999)) is None
    assert stalls.spent(slow(50000)).mostly == "on the CPU"

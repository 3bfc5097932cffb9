"""Kernel traffic, against figures worked out by hand: half a GiB by 8 mmaps
are 16 to a GiB."""

import pytest
import rows_maker as make
from giveback import traffic
from giveback.decode import decode
from giveback.rows import Calls, Cell


def cell(**changes) -> Cell:
    return decode(Cell, make.traffic_cell("system", **changes), "")


def test_by_hand():
    assert traffic.requested_bytes(cell()) == 2**29
    assert traffic.kernel_traffic(cell(), "mmap") == traffic.Rate(16, 2**30)
    # What is put off until the trim is charged.
    assert traffic.kernel_traffic(cell(), "madvise") \
        == traffic.Rate(2000, 2 * 511 * 2**20)
    assert traffic.kernel_traffic(cell(), "munmap") == traffic.Rate(0, 0)
    assert traffic.total(cell(), "brk") == Calls(1, 2**18)


def test_phases_before_the_peak_count_and_the_rest_does_not():
    samples = make.traffic_cell("system")["samples"]
    grow = make.sample("grow", traffic=make.traffic(512, mmap=(8, 512)))
    rest = make.sample("rest", traffic=make.traffic(0, munmap=(5, 5)))
    found = cell(samples=[grow, *samples, rest])
    assert traffic.kernel_traffic(found, "mmap") == traffic.Rate(16, 2**30)
    assert traffic.total(found, "munmap").calls == 0


@pytest.mark.parametrize("row", (
    make.timing_cell("system", 30, 0),
    make.failed_cell("system", "unsupported", "no seccomp"),
    make.traffic_cell("system", samples=[
        make.sample("fill", traffic=make.traffic()),
        make.sample("drain", traffic=make.traffic())])))
def test_what_was_not_counted_or_asked_for_is_unknown(row):
    assert traffic.kernel_traffic(decode(Cell, row, ""), "mmap") is None


def test_calls_of_a_phase_are_named_without_zeros():
    assert traffic.of_phase([cell()], "poke") == {"brk": Calls(1, 2**18)}
    assert traffic.of_phase([cell()], "drain") == {}
    assert traffic.of_phase([], "poke") == {}

"""The curve over the rate of requests, and where it falls."""

import pytest
import rows_maker as make
from giveback import wake
from giveback.decode import decode
from giveback.rows import Cell
from giveback.wake import Point

S = 10**9
PAGE = 4096


def cell(rate: int | None, kept: float, name: str = "tick",
         **changes) -> Cell:
    """160 MiB of live bytes at the peak, `kept` MiB of growth at 10 s."""
    label = "silent" if rate is None else \
        name if rate == 1000 else f"{name}+rate={rate}"
    row = make.memory_cell("a", label, 160, [160, 160, 160, 160, kept])
    return decode(Cell, row | changes, "")


def point(rate: int, percent: float) -> Point:
    return Point(rate, percent, percent, percent)


def test_the_curve_has_the_median_of_each_rate_in_their_order():
    cells = [cell(1000, 8), cell(10, 160), cell(1000, 16), cell(1000, 80),
             cell(0, 160)]
    assert wake.curve(cells, 10 * S, PAGE) == [
        point(0, 100), point(10, 100), Point(1000, 10, 5, 50)]


def test_silence_has_no_rate_and_what_is_unknown_no_point():
    cells = [cell(None, 160), cell(10, 160, base=None)]
    assert wake.curve(cells, 10 * S, PAGE) == []
    assert wake.curve([cell(10, 160)], 15 * S, PAGE) == [], "ends at 10 s"


def test_less_than_at_base_is_a_negative_share():
    """The base holds 16 MiB more than every sample stands over."""
    below = cell(10, 0, base=make.base(17))
    assert wake.curve([below], 10 * S, PAGE) \
        == [point(10, pytest.approx(-10))]
    assert wake.least_rate([point(10, -10)]) == 10


@pytest.mark.parametrize(("kept", "least"), [
    ([100, 90, 9.99, 5, 0], 100), ([100, 90, 10, 5, 0], 1000),
    ([9, 9, 9, 9, 9], 0), ([100, 100, 100, 100, 100], None),
    ([100, 5, 100, 5, 5], 1000), ([5, 5, 5, 5, 100], None)])
def test_the_least_rate_is_where_kept_falls_for_good(kept, least):
    rates = (0, 10, 100, 1000, 10_000)
    assert wake.least_rate(list(map(point, rates, kept))) == least


def test_without_points_there_is_no_rate():
    assert wake.least_rate([]) is None


def test_several_rates_of_one_name_are_a_curve():
    regimes = ["silent", "tick+rate=10", "tick", "tick_same+rate=10"]
    assert wake.swept(regimes) == {"tick+rate=10"}
    assert wake.swept([*regimes, "tick_same+rate=5"]) \
        == {"tick+rate=10", "tick_same+rate=10", "tick_same+rate=5"}
    assert wake.swept(["tick+rate=10"]) == set(), "one rate is a regime"
    assert wake.swept([]) == set()

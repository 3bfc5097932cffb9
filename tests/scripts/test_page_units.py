"""Where resident pages lie: the map of page truth, and its strips."""

import random

import rows_maker as make
from giveback import decode, page_units
from giveback.rows import Pages

PAGE = page_units.PAGE


def pages(live: int, dead: int, *stretches: str,
          unit_bytes: int = 4 * PAGE) -> Pages:
    """Live and dead in pages."""
    return decode.decode(Pages, make.pages(0) | {
        "live_bytes": live * PAGE, "dead_bytes": dead * PAGE,
        "map": {"unit_bytes": unit_bytes, "stretches": list(stretches)}}, "")


def test_units_are_numbered_within_their_stretch():
    found = page_units.of_pages(pages(7, 9, "5:3+1*2 0+4", "70:1+3"))
    assert found.unit_bytes == 16384
    assert found.units == {5: (3 * PAGE, PAGE), 6: (3 * PAGE, PAGE),
                           7: (0, 4 * PAGE), 70: (PAGE, 3 * PAGE)}
    assert page_units.of_pages(pages(0, 0)).units == {}


def test_what_is_malformed_or_does_not_add_up_is_unknown():
    assert page_units.of_pages(None) is None
    assert page_units.of_pages(decode.decode(Pages, make.pages(1), "")) is None
    for wrong in (pages(7, 9, "5:3+1*2 0+4"), pages(1, 0, "5:0+1"),
                  pages(2, 0, "5:1+0", "5:1+0"), pages(2, 0, "6:1+0 ", "7:"),
                  pages(2, 0, "6:1+0", "2:1+0"), pages(1, 0, "-1:1+0"),
                  pages(129, 0, "1:1+0*129"), pages(1, 0, "1:1+0*0 1+0 1"),
                  pages(1, 0, "9007199254740991:1+0"),
                  pages(1, 0, "1:1+0", unit_bytes=3 * PAGE),
                  pages(1, 0, "1:1+0", unit_bytes=2048)):
        assert page_units.of_pages(wrong) is None
    assert page_units.of_pages(pages(128, 0, "1:1+0*128")) is not None


def test_coarser_units_hold_the_same_pages():
    noise = random.Random(3)
    for _ in range(50):
        units = {noise.randrange(1000): (noise.randrange(5), noise.randrange(5))
                 for _ in range(noise.randrange(1, 100))}
        stretches = [f"{number}:{live}+{dead}"
                     for number, (live, dead) in sorted(units.items())]
        live, dead = map(sum, zip(*units.values()))
        found = page_units.of_pages(pages(live, dead, *stretches))
        coarser = found.coarser(2**noise.randrange(2, 12) * PAGE)
        assert tuple(map(sum, zip(*coarser.units.values()))) == \
            (live * PAGE, dead * PAGE)
        times = coarser.unit_bytes // found.unit_bytes
        assert set(coarser.units) == {number // times for number in units}


def test_a_hostile_number_of_units_is_refused():
    for text in ("1:0+0*999 " * 2000, "1:0+0*128 0+0", "1:0+0*0", "1:"):
        assert page_units.of_pages(pages(0, 0, text.strip())) is None

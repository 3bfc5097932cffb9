"""The strips of the map by address: every page in its place, growth alone."""

import random

import rows_maker as make
from giveback import decode, metrics, page_units
from giveback.report import address_map, frames
from giveback.rows import Cell

PAGE = page_units.PAGE


def truth(unit_pages: int, units: dict[int, tuple[int, int]]) -> dict:
    live, dead = (sum(pair[part] for pair in units.values())
                  for part in range(2))
    return make.pages(0) | {
        "live_bytes": live * PAGE, "dead_bytes": dead * PAGE,
        "map": {"unit_bytes": unit_pages * PAGE, "stretches": [
            f"{number}:{units[number][0]}+{units[number][1]}"
            for number in sorted(units)]}}


def cell(base: dict, *maps: dict | None, **changes) -> Cell:
    """A phase for each map; the second is the drain."""
    names = ("fill", "drain", *["silent"] * len(maps))
    samples = [make.sample(name, 1, since=place, **changes) | {"pages": pages}
               for place, (name, pages) in enumerate(zip(names, maps))]
    row = make.cell("a", samples)
    row["base"]["pages"] = base
    return decode.decode(Cell, row, "")


def strip(*args, **changes) -> address_map.Strip | None:
    return address_map._strip(None, cell(*args, **changes))


def units(found: address_map.Strip) -> list[list[tuple[int, int]]]:
    return [pairs for _, pairs in found.frames.values()]


def test_all_phases_are_drawn_in_the_greatest_unit_of_any():
    found = strip(truth(1, {}), truth(1, {5: (1, 0), 6: (0, 1), 9: (1, 0)}),
                  truth(4, {0: (0, 2), 1: (3, 1)}), None)
    assert (found.unit_bytes, found.numbers) == (4 * PAGE, [0, 1, 2])
    assert units(found) == [[(0, 0), (1, 1), (1, 0)], [(0, 2), (3, 1), (0, 0)]]
    assert list(found.frames) == [("fill", 0), ("drain", 0)]


def test_what_was_there_at_base_is_no_growth():
    found = strip(truth(2, {0: (0, 2), 4: (0, 1)}),
                  truth(2, {0: (0, 2), 4: (1, 1), 9: (0, 2)}),
                  truth(2, {0: (0, 1), 4: (1, 0), 9: (0, 1)}))
    assert found.numbers == [4, 9]
    assert units(found) == [[(1, 0), (0, 2)], [(1, 0), (0, 1)]]


def test_where_little_is_known_there_is_no_strip():
    base, one = truth(1, {}), truth(1, {5: (1, 0)})
    assert strip(make.pages(0), one, one) is None
    assert strip(base, None, make.pages(1)) is None
    assert strip(base, base, base) is None
    assert strip(base, one, one, swap_bytes=4096) is None
    assert strip(base, one, None) is not None


def test_pages_of_all_phases_add_up_to_page_truth():
    noise = random.Random(9)
    for _ in range(20):
        maps = [truth(2**noise.randrange(6), {
            noise.randrange(10**noise.randrange(1, 9)): (
                noise.randrange(4), noise.randrange(1, 4))
            for _ in range(noise.randrange(1, 120))}) for _ in range(6)]
        shown = cell(truth(1, {}), *maps)
        found = address_map._strip(None, shown)
        assert len(found.numbers) <= address_map.MOST_UNITS
        for sample, pairs in found.frames.values():
            assert [sum(part) * PAGE for part in zip(*pairs)] == [
                metrics.live_page_bytes(shown, sample),
                metrics.dead_bytes(shown, sample)]


def test_strips_are_written_as_runs():
    assert address_map._runs([(1, 0), (1, 0), (0, 2)]) == "1+0*2 0+2"
    assert address_map._stretches([3, 4, 9]) == [[3, 2], [9, 1]]
    assert frames.start([("fill", 0), ("drain", 0), ("drain", 1)]) == 1

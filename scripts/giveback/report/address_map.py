"""Which resident pages hold a live byte, by address and phase by phase: of
every allocator, from page truth."""

from collections.abc import Sequence
from dataclasses import dataclass

from .. import answers, metrics, page_units, words
from ..page_units import PageUnits
from ..rows import Cell, Sample
from ..summary import Row, Section
from ..sweep_tables import unit_words
from . import frames
from . import view as views
from .frames import Key
from .view import Chart, Table, Value, View

# Of a strip: those of all phases together may be more than of one.
MOST_UNITS = 256

CAPTION = (
    "The first of {count} of each, regime {regime}. Strips lie in order of "
    "address, without what was never resident; a line is where addresses "
    "jump. Each column is an aligned unit of the size said above it, as "
    "high as the most that was resident in it: from below pages with a live "
    "byte, at least 2 pixels high; pages without one; pages that are not "
    "resident now.")


@dataclass(frozen=True, slots=True)
class Strip:
    """An allocator's units, and in each frame their (live, dead) pages as
    growth over base; the figures of a frame are those of page truth."""

    row: Row
    cell: Cell
    unit_bytes: int
    numbers: list[int]
    frames: dict[Key, tuple[Sample, list[tuple[int, int]]]]


def chart(view: View, section: Section,
          shown: Sequence[tuple[Row, Cell]]) -> Chart | None:
    """`shown` are rows with the cell that is drawn; None where no phase of
    any is known by address."""
    strips = [strip for row, cell in shown if (strip := _strip(row, cell))]
    if not strips:
        return None
    texts = frames.shared([strip.cell for strip in strips],
                          [strip.frames for strip in strips])
    drawn = [strip.row for strip in strips]
    after = strips[0].cell.after
    return Chart(
        anchor=view.anchor("addresses", section), kind="addresses",
        title=f"{views.title(section)}: by address",
        caption=CAPTION.format(
            count=words.count(max(len(views.cells_of(row, after))
                                  for row in drawn), "cell"),
            regime=words.clean(after or "", words.NAME_LIMIT)),
        data={"frames": list(texts.values()), "start": frames.start(texts),
              "strips": [_drawn(view, strip, texts) for strip in strips]},
        table=_table(strips, texts),
        notes=views.absences([row for row in section.rows
                              if row not in drawn], after),
        of_table=frames.OF_TABLE)


def _strip(row: Row, cell: Cell) -> Strip | None:
    base = page_units.of_pages(cell.base.pages) if cell.base else None
    known = {frame.key: (sample, found)
             for frame, sample in frames.of_cell(cell)
             if not metrics.is_swapped(sample)
             and (found := page_units.of_pages(sample.pages))}
    if base is None or not known:
        return None
    size = max([base.unit_bytes,
                *(found.unit_bytes for _, found in known.values())])
    while True:
        base = base.coarser(size)
        growth = {key: _growth(found.coarser(size), base)
                  for key, (_, found) in known.items()}
        numbers = sorted({number for units in growth.values()
                          for number in units})
        if len(numbers) <= MOST_UNITS:
            break
        size *= 2
    if not numbers:
        return None
    return Strip(row, cell, size, numbers, {
        key: (sample, [growth[key].get(number, (0, 0)) for number in numbers])
        for key, (sample, _) in known.items()})


def _growth(found: PageUnits, base: PageUnits) -> dict[int, tuple[int, int]]:
    """(live, dead) pages by number, without the units that hold no more than
    before the first phase. What was resident then is counted off what is
    dead: there was no live byte."""
    units = {}
    for number, (live, dead) in found.units.items():
        before = sum(base.units.get(number, (0, 0)))
        grown = (live // page_units.PAGE,
                 max(0, dead - before) // page_units.PAGE)
        if grown != (0, 0):
            units[number] = grown
    return units


# ---- drawn ----------------------------------------------------------------

def _drawn(view: View, strip: Strip, texts: dict[Key, str]) -> dict:
    """`stretches` are [number of the first unit, units side by side]; maps
    and `peak` are texts as in the format, without numbers of units."""
    maps: list[str] = []
    places, states = [], []
    for key in texts:
        sample, units = strip.frames.get(key, (None, None))
        if sample is None:
            places.append(None)
            states.append("unknown")
            continue
        drawn = _runs(units)
        if drawn not in maps:
            maps.append(drawn)
        places.append(maps.index(drawn))
        states.append(_state(strip, sample, units))
    peak = [(0, max(sum(pages) for pages in each)) for each in
            zip(*(units for _, units in strip.frames.values()))]
    return {"name": answers.name(strip.row),
            "style": view.names[strip.row.allocator],
            "unit": strip.unit_bytes // views.KIB,
            "size": unit_words(strip.unit_bytes),
            "stretches": _stretches(strip.numbers), "peak": _runs(peak),
            "maps": maps, "frames": places, "states": states}


def _runs(units: Sequence[tuple[int, int]]) -> str:
    """"4+0*2 3+1": live and dead pages, equal neighbours counted."""
    runs: list[tuple[tuple[int, int], int]] = []
    for pages in units:
        if runs and runs[-1][0] == pages:
            runs[-1] = pages, runs[-1][1] + 1
        else:
            runs.append((pages, 1))
    return " ".join(f"{live}+{dead}" + (f"*{count}" if count > 1 else "")
                    for (live, dead), count in runs)


def _stretches(numbers: Sequence[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for number in numbers:
        if found and sum(found[-1]) == number:
            found[-1][1] += 1
        else:
            found.append([number, 1])
    return found


def _figures(strip: Strip, sample: Sample) -> tuple[int, int]:
    """Growth in pages with a live byte and without, bytes: those of page
    truth, also where a unit holds less than at base."""
    return (metrics.live_page_bytes(strip.cell, sample),
            metrics.dead_bytes(strip.cell, sample))


def _state(strip: Strip, sample: Sample,
           units: Sequence[tuple[int, int]]) -> str:
    live_mib, dead_mib = map(words.mib, _figures(strip, sample))
    return (f"pages with a live byte {live_mib} MiB, without {dead_mib} MiB; "
            f"live bytes in {_with_live(units):,} of "
            f"{len(units):,} units of {unit_words(strip.unit_bytes)}")


def _with_live(units: Sequence[tuple[int, int]]) -> int:
    return sum(live > 0 for live, _ in units)


def _table(strips: Sequence[Strip], texts: dict[Key, str]) -> Table:
    lines: list[Sequence[Value]] = []
    for strip in strips:
        lines += frames.changes([
            (views.name_value(strip.row), Value(text, place),
             *_numbers(strip, key))
            for place, (key, text) in enumerate(texts.items())], first=2)
    return Table(("allocator", "phase", "unit, KiB", "units",
                  "with a live byte", "resident without one", "not resident",
                  "in pages with a live byte, MiB",
                  "in pages without, MiB"), lines)


def _numbers(strip: Strip, key: Key) -> list[Value]:
    if key not in strip.frames:
        return [Value(words.UNKNOWN)] * 7
    sample, units = strip.frames[key]
    counts = (strip.unit_bytes // views.KIB, len(units),
              _with_live(units), sum(live == 0 < dead for live, dead in units),
              sum(pages == (0, 0) for pages in units))
    return [*(Value(f"{count:,}", count) for count in counts),
            *(Value(words.mib(size), size)
              for size in _figures(strip, sample))]

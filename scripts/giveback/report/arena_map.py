"""Where live blocks lie, phase by phase: a map of arenas and pools where the
allocator shows them, and the ladder of page truth for every allocator."""

from collections.abc import Sequence
from dataclasses import dataclass

from .. import answers, arenas, metrics, phases, words
from ..rows import Cell, Sample
from ..summary import Row, Section
from ..sweep_tables import unit_words
from . import view as views
from .view import Chart, Table, Value, View, kib

# More of either would be smaller than a pixel.
MOST_ARENAS = 1000
MOST_POOLS = 1024

INTRODUCTION = (
    "The slider goes through the phases of one process: tab to it, then the "
    "arrow keys, home and end. Arenas: each strip is an arena, each field a "
    "pool; one block that is live holds a whole arena back. Page truth, of "
    "any allocator: how much of what is resident lies in a page with a live "
    "byte, how much in ever greater aligned units with one, and how much in "
    "none of them.")
PAGES_CAPTION = (
    "The first of {count} of each, regime {regime}. Result files count "
    "resident pages by these units, not by address: bars tell how far live "
    "bytes reach, not where they lie.")
ARENAS_CAPTION = (
    "The first of {count}, regime {regime}; arenas of {arena}, pools of "
    "{pool}, as the allocator itself shows them.")
# In most phases of a regime nothing changes, and each takes a line of a page.
TABLE = "The table leaves out phases in which nothing changed."


@dataclass(frozen=True, slots=True)
class Frame:
    """A phase: which of its name, from 0, and what it is called."""

    phase: str
    number: int
    text: str


def charts(view: View) -> list[Chart]:
    """A map for each allocator that shows its arenas, then page truth, of
    each workload."""
    found = []
    for section in view.sections:
        regime = views.regime(section)
        shown = [(row, cell) for row in section.rows
                 if regime and (cell := _first(row, regime))]
        found += [_arenas_chart(view, section, row, cell)
                  for row, cell in shown]
        found.append(_pages_chart(view, section, shown))
    return [chart for chart in found if chart is not None]


def _first(row: Row, regime: str) -> Cell | None:
    return min(views.cells_of(row, regime), default=None,
               key=lambda cell: cell.repetition)


def _frames(cell: Cell) -> list[tuple[Frame, Sample]]:
    """Every sample with its frame, in order."""
    seen: dict[str, int] = {}
    frames = []
    for sample in cell.samples:
        number = seen.get(sample.phase, -1) + 1
        seen[sample.phase] = number
        text = _moment(sample, number, cell.after)
        frames.append((Frame(sample.phase, number, text), sample))
    return frames


def _moment(sample: Sample, number: int, regime: str | None) -> str:
    name = words.clean(sample.phase, words.NAME_LIMIT)
    since = sample.since_drain_ns
    if sample.phase == regime and since is not None:
        return f"{name}, {words.seconds(since)} after the last release"
    return f"{name} #{number + 1}" if number else name


# ---- arenas ---------------------------------------------------------------

def _arenas_chart(view: View, section: Section, row: Row,
                  cell: Cell) -> Chart | None:
    known = [(frame, sample, found) for frame, sample in _frames(cell)
             if (found := arenas.rows(sample)) is not None]
    slots = _slots([found for _, _, found in known])
    if not slots:
        return None
    first = known[0][1].arenas
    maps: list[list] = []
    frames = []
    for frame, sample, found in known:
        drawn = _map(found, slots)
        if drawn not in maps:
            maps.append(drawn)
        frames.append({"text": frame.text, "state": _state(sample),
                       "map": maps.index(drawn)})
    start = next((index for index, (frame, _, _) in enumerate(known)
                  if frame.phase == "drain"), 0)
    return Chart(
        anchor=view.anchor(f"arenas-{view.names[row.allocator]}", section),
        kind="arenas", title=f"{views.title(section)}: {answers.name(row)}",
        caption=ARENAS_CAPTION.format(
            count=words.count(len(views.cells_of(row, cell.after)), "cell"),
            regime=words.clean(cell.after or "", words.NAME_LIMIT),
            arena=unit_words(first.arena_bytes),
            pool=unit_words(first.pool_bytes)),
        data={"style": view.names[row.allocator], "slots": slots,
              "pools": _widest([found for _, _, found in known]),
              "maps": maps, "frames": frames, "start": start},
        table=_arenas_table(cell, known), notes=_cut(known, slots),
        of_table=TABLE)


def _slots(maps: Sequence[tuple[arenas.ArenaRow, ...]]) -> list[int]:
    """Indices of the arenas that there are at any time, ascending; at most
    MOST_ARENAS. Each has its place in every frame."""
    found: set[int] = set()
    for rows in maps:
        left = MOST_ARENAS
        for row in sorted(rows, key=lambda row: row.first):
            found.update(range(row.first, row.first + min(row.count, left)))
            left -= min(row.count, left)
    return sorted(found)[:MOST_ARENAS]


def _map(rows: Sequence[arenas.ArenaRow], slots: Sequence[int]) -> list:
    """[slot, arenas, runs of pools as text] for rows of equal arenas."""
    place = {index: slot for slot, index in enumerate(slots)}
    drawn = []
    for row in rows:
        if row.first in place:
            slot = place[row.first]
            drawn.append([slot, min(row.count, len(slots) - slot),
                          _runs(row)])
    return drawn


def _runs(row: arenas.ArenaRow) -> str:
    """"61F2a-", as in the format; MOST_POOLS at most."""
    left, runs = MOST_POOLS, []
    for letter, length in row.runs:
        if shown := min(length, left):
            runs.append([letter, shown])
            left -= shown
    return "".join(f"{length if length > 1 else ''}{letter}"
                   for letter, length in runs)


def _widest(maps: Sequence[tuple[arenas.ArenaRow, ...]]) -> int:
    """Pools of the arena that has most, as they are drawn; 1 at least."""
    most = max(row.pools for rows in maps for row in rows)
    return max(1, min(most, MOST_POOLS))


def _cut(known: Sequence[tuple], slots: Sequence[int]) -> list[str]:
    """What is not drawn of the arenas and of their pools."""
    rows = [row for _, _, found in known for row in found]
    notes = []
    if (most := _union(rows)) > len(slots):
        notes.append(f"Drawn are the first {len(slots):,} of up to {most:,} "
                     "arenas; figures are of all.")
    if (pools := max(row.pools for row in rows)) > MOST_POOLS:
        notes.append(f"Drawn are the first {MOST_POOLS:,} of up to "
                     f"{pools:,} pools of an arena; figures are of all.")
    return notes


def _union(rows: Sequence[arenas.ArenaRow]) -> int:
    """Arenas that there are at any time."""
    count = free = 0
    for first, past in sorted((row.first, row.first + row.count)
                              for row in rows):
        count += max(0, past - max(first, free))
        free = max(free, past)
    return count


def _state(sample: Sample) -> str:
    """What a frame shows, in words."""
    counts = arenas.pool_counts(sample)
    total = _arena_count(sample)
    used = sum(counts[letter] for letter in arenas.USED)
    return (f"live blocks in {arenas.pinned_arenas(sample):,} of "
            f"{words.count(total, 'arena')}; pools: "
            f"{counts[arenas.FULL]:,} full, {used:,} partly used, "
            f"{counts[arenas.FREE]:,} free, {counts[arenas.UNCARVED]:,} "
            "never used or purged")


def _arena_count(sample: Sample) -> int:
    return sum(row.count for row in arenas.rows(sample))


def _arenas_table(cell: Cell, known: Sequence[tuple]) -> Table:
    lines = []
    for place, (frame, sample, _) in enumerate(known):
        counts = arenas.pool_counts(sample)
        numbers = [_arena_count(sample), arenas.pinned_arenas(sample),
                   counts[arenas.FULL],
                   sum(counts[letter] for letter in arenas.USED),
                   counts[arenas.FREE], counts[arenas.UNCARVED]]
        outside = arenas.external_fragmentation_percent(sample)
        growth = metrics.growth_bytes(cell, sample)
        lines.append((Value(frame.text, place), *(Value(f"{number:,}", number)
                                           for number in numbers),
                      Value(words.UNKNOWN) if outside is None
                      else Value(words.decimal(outside), outside),
                      Value(words.mib(growth), growth)))
    return Table(("phase", "arenas", "with a live block", "pools full",
                  "partly used", "free", "never used or purged",
                  "external fragmentation, %", "growth, MiB"),
                 _changes(lines, first=1))


def _changes(lines: Sequence[Sequence[Value]],
             first: int) -> list[Sequence[Value]]:
    """Without those that say the same as the line before, from the column
    `first` on."""
    return [line for place, line in enumerate(lines)
            if not place or line[first:] != lines[place - 1][first:]]


# ---- page truth -----------------------------------------------------------

def _pages_chart(view: View, section: Section,
                 shown: Sequence[tuple[Row, Cell]]) -> Chart | None:
    cells = {row.allocator: cell for row, cell in shown}
    units = sorted({unit for cell in cells.values() for sample in cell.samples
                    for unit in metrics.granules(sample)})
    known = [(row, found) for row, cell in shown
             if (found := _ladders(cell, units))]
    if not known or not units:
        return None
    texts: dict[tuple[str, int], str] = {}
    for row, _ in known:
        for frame, _ in _frames(cells[row.allocator]):
            texts.setdefault((frame.phase, frame.number), frame.text)
    keys = [key for key in texts if any(key in found for _, found in known)]
    drawn = [row for row, _ in known]
    cell = cells[drawn[0].allocator]
    return Chart(
        anchor=view.anchor("ladder", section), kind="ladder",
        title=f"{views.title(section)}: page truth",
        caption=PAGES_CAPTION.format(
            count=words.count(max(len(views.cells_of(row, cell.after))
                                  for row in drawn), "cell"),
            regime=words.clean(cell.after or "", words.NAME_LIMIT)),
        data={"parts": _part_names(units),
              "frames": [texts[key] for key in keys],
              "start": keys.index(("drain", 0))
              if ("drain", 0) in keys else 0,
              "bars": [{"name": answers.name(row),
                        "style": view.names[row.allocator],
                        "frames": [_parts(found.get(key)) for key in keys],
                        "all": [kib(found[key][-1]) if key in found else None
                                for key in keys]}
                       for row, found in known]},
        table=_pages_table(known, keys, texts, units),
        notes=views.absences([row for row in section.rows
                              if row not in drawn], cell.after),
        of_table=TABLE)


def _part_names(units: Sequence[int]) -> list[str]:
    names = [unit_words(unit) for unit in units]
    return ["live bytes", f"rest of the {names[0]} units they lie in",
            *(f"rest of the {name} units" for name in names[1:]),
            f"in no {names[-1]} unit with a live byte"]


def _ladders(cell: Cell, units: Sequence[int]
             ) -> dict[tuple[str, int], list[int]]:
    """By frame: live bytes, what would stay in each unit, and all that is
    resident; bytes. Only of frames in which all is known."""
    found = {}
    for frame, sample in _frames(cell):
        dead = metrics.dead_bytes(cell, sample)
        live = metrics.live_page_bytes(cell, sample)
        steps = [sample.live_bytes,
                 *(metrics.what_if_bytes(cell, sample, unit)
                   for unit in units),
                 None if dead is None or live is None else dead + live]
        if None not in steps:
            found[frame.phase, frame.number] = steps
    return found


def _parts(steps: Sequence[int] | None) -> list[float] | None:
    """The steps of a ladder one above the other, KiB. Figures are less
    those at base, so that a step may be below zero: it has no length."""
    if steps is None:
        return None
    return [kib(max(size - below, 0))
            for below, size in zip([0, *steps], steps)]


def _pages_table(known: Sequence[tuple[Row, dict]],
                 keys: Sequence[tuple[str, int]],
                 texts: dict[tuple[str, int], str],
                 units: Sequence[int]) -> Table:
    lines = []
    for row, found in known:
        unknown = [None] * (len(units) + 2)
        lines += _changes([
            (views.name_value(row), Value(texts[key], place),
             *(Value(words.mib(size), size)
               for size in found.get(key) or unknown))
            for place, key in enumerate(keys)], first=2)
    return Table(("allocator", "phase", "live, MiB",
                  *(f"in units of {unit_words(unit)}, MiB"
                    for unit in units), "all resident, MiB"), lines)

"""Arenas and their pools, phase by phase, of an allocator that shows them."""

from collections.abc import Sequence

from .. import answers, arenas, metrics, words
from ..rows import Cell, Sample
from ..summary import Row, Section
from ..sweep_tables import unit_words
from . import frames
from . import view as views
from .view import Chart, Table, Value, View

# More of either would be smaller than a pixel.
MOST_ARENAS = 1000
MOST_POOLS = 1024

CAPTION = (
    "The first of {count}, regime {regime}; arenas of {arena}, pools of "
    "{pool}, as the allocator itself shows them.")


def chart(view: View, section: Section, row: Row, cell: Cell) -> Chart | None:
    """None where no phase has a snapshot."""
    known = [(frame, sample, found) for frame, sample in frames.of_cell(cell)
             if (found := arenas.rows(sample)) is not None]
    slots = _slots([found for _, _, found in known])
    if not slots:
        return None
    first = known[0][1].arenas
    maps: list[list] = []
    shown = []
    for frame, sample, found in known:
        drawn = _map(found, slots)
        if drawn not in maps:
            maps.append(drawn)
        shown.append({"text": frame.text, "state": _state(sample),
                      "map": maps.index(drawn)})
    return Chart(
        anchor=view.anchor(f"arenas-{view.names[row.allocator]}", section),
        kind="arenas", title=f"{views.title(section)}: {answers.name(row)}",
        caption=CAPTION.format(
            count=words.count(len(views.cells_of(row, cell.after)), "cell"),
            regime=words.clean(cell.after or "", words.NAME_LIMIT),
            arena=unit_words(first.arena_bytes),
            pool=unit_words(first.pool_bytes)),
        data={"style": view.names[row.allocator], "slots": slots,
              "pools": _widest([found for _, _, found in known]),
              "maps": maps, "frames": shown,
              "start": frames.start(frame.key for frame, _, _ in known)},
        table=_table(cell, known), notes=_cut(known, slots),
        of_table=frames.OF_TABLE)


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


def _table(cell: Cell, known: Sequence[tuple]) -> Table:
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
                 frames.changes(lines, first=1))

"""How far live bytes reach, phase by phase: page truth as a bar for each
allocator, whose parts are ever greater units."""

from collections.abc import Sequence

from .. import answers, metrics, words
from ..rows import Cell
from ..summary import Row, Section
from ..sweep_tables import unit_words
from . import frames
from . import view as views
from .frames import Key
from .view import Chart, Table, Value, View, kib

CAPTION = (
    "The first of {count} of each, regime {regime}. Bars tell how far live "
    "bytes reach, not where they lie.")


def chart(view: View, section: Section,
          shown: Sequence[tuple[Row, Cell]]) -> Chart | None:
    """`shown` are rows with the cell that is drawn; None where page truth is
    known of none."""
    cells = {row.allocator: cell for row, cell in shown}
    units = sorted({unit for cell in cells.values() for sample in cell.samples
                    for unit in metrics.granules(sample)})
    known = [(row, found) for row, cell in shown
             if (found := _ladders(cell, units))]
    if not known or not units:
        return None
    drawn = [row for row, _ in known]
    texts = frames.shared([cells[row.allocator] for row in drawn],
                          [found for _, found in known])
    cell = cells[drawn[0].allocator]
    return Chart(
        anchor=view.anchor("ladder", section), kind="ladder",
        title=f"{views.title(section)}: page truth",
        caption=CAPTION.format(
            count=words.count(max(len(views.cells_of(row, cell.after))
                                  for row in drawn), "cell"),
            regime=words.clean(cell.after or "", words.NAME_LIMIT)),
        data={"parts": _part_names(units),
              "frames": list(texts.values()), "start": frames.start(texts),
              "bars": [{"name": answers.name(row),
                        "style": view.names[row.allocator],
                        "frames": [_parts(found.get(key)) for key in texts],
                        "all": [kib(found[key][-1]) if key in found else None
                                for key in texts]}
                       for row, found in known]},
        table=_table(known, texts, units),
        notes=views.absences([row for row in section.rows
                              if row not in drawn], cell.after),
        of_table=frames.OF_TABLE)


def _part_names(units: Sequence[int]) -> list[str]:
    names = [unit_words(unit) for unit in units]
    return ["live bytes", f"rest of the {names[0]} units they lie in",
            *(f"rest of the {name} units" for name in names[1:]),
            f"in no {names[-1]} unit with a live byte"]


def _ladders(cell: Cell, units: Sequence[int]
             ) -> dict[Key, list[int]]:
    """By frame: live bytes, what would stay in each unit, and all that is
    resident; bytes. Only of frames in which all is known."""
    found = {}
    for frame, sample in frames.of_cell(cell):
        dead = metrics.dead_bytes(cell, sample)
        live = metrics.live_page_bytes(cell, sample)
        steps = [sample.live_bytes,
                 *(metrics.what_if_bytes(cell, sample, unit)
                   for unit in units),
                 None if dead is None or live is None else dead + live]
        if None not in steps:
            found[frame.key] = steps
    return found


def _parts(steps: Sequence[int] | None) -> list[float] | None:
    """The steps of a ladder one above the other, KiB. Figures are less
    those at base, so that a step may be below zero: it has no length."""
    if steps is None:
        return None
    return [kib(max(size - below, 0))
            for below, size in zip([0, *steps], steps)]


def _table(known: Sequence[tuple[Row, dict]], texts: dict[Key, str],
           units: Sequence[int]) -> Table:
    lines = []
    for row, found in known:
        unknown = [None] * (len(units) + 2)
        lines += frames.changes([
            (views.name_value(row), Value(text, place),
             *(Value(words.mib(size), size)
               for size in found.get(key) or unknown))
            for place, (key, text) in enumerate(texts.items())], first=2)
    return Table(("allocator", "phase", "live, MiB",
                  *(f"in units of {unit_words(unit)}, MiB"
                    for unit in units), "all resident, MiB"), lines)

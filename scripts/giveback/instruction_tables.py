"""The tables of `giveback show` for cells that count instructions: every
allocator beside the reference, one table per workload and who counted.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from . import metrics, notes, phases, summary, table, words
from .answers import label
from .look import Look
from .rows import Cell, RunLine, Sample
from .statistics import median
from .table import Column, Line
from .words import UNKNOWN

# By kind: who counts.
COUNTERS = {"instructions": "by callgrind",
            "hardware_instructions": "by the processor"}


def tables(run: RunLine, cells: Sequence[Cell], look: Look,
           reference: str | None) -> list[str]:
    """All of them, each behind an empty line. `reference` as in
    summary.sections."""
    groups: dict[tuple, list[Cell]] = {}
    for cell in cells:
        if cell.kind in COUNTERS:
            groups.setdefault((cell.kind, cell.workload, cell.parameter_key),
                              []).append(cell)
    return [*(line for group in groups.values()
              for line in ["", *_table(run, group, look, reference)]),
            *_hardware(cells, look)]


def _hardware(cells: Iterable[Cell], look: Look) -> list[str]:
    """Why there is nothing beside callgrind's counts."""
    reasons = dict.fromkeys(cell.hardware_reason for cell in cells
                            if cell.kind == "instructions"
                            and cell.hardware_reason is not None)
    return [line for reason in reasons for line in
            look.wrap(f"The processor has {words.clean(reason)}.")]


def _table(run: RunLine, cells: Sequence[Cell], look: Look,
           reference: str | None) -> list[str]:
    first = cells[0]
    names = summary.allocator_names(run, cells)
    chosen = summary.reference_of(names, reference)
    names.sort(key=lambda name: name != chosen)
    title = "  ".join((f"instructions {COUNTERS[first.kind]}",
                       words.clean(first.workload, words.NAME_LIMIT),
                       words.parameters(first.parameters),
                       f"ref {words.clean(chosen, words.NAME_LIMIT)}"))
    columns = [Column(("alloc +", "release")), Column(("vs ref",)),
               Column(("build",), group="one call"),
               Column(("drain",), group="one call"),
               Column(("poke",)), Column(("trim",)), Column(("range", "ppm"))]
    by_name = {name: [cell for cell in cells if cell.allocator == name]
               for name in names}
    base = _per_pair(by_name[chosen])
    lines = [_line(run, name, group, base) for name, group in by_name.items()]
    return [*look.wrap(title),
            *table.render("allocator", columns, lines, look.width,
                          look.coloured),
            *(line for note in _notes(by_name)
              for line in look.wrap(note))]


def _line(run: RunLine, name: str, cells: Sequence[Cell],
          base: float | None) -> Line:
    entry = next((e for e in run.allocators if e.allocator == name), None)
    title = label(name, entry)
    well = _well(cells)
    if not well:
        ended = notes.ended(cells[0].outcome, cells[0].reason) if cells \
            else "not run: the run ended before"
        return Line(title, words=ended, colour=table.YELLOW)
    per_pair = _per_pair(well)
    ratio = None if per_pair is None or not base else per_pair / base
    return Line(title, (
        _decimal(per_pair), UNKNOWN if ratio is None else words.ratio(ratio),
        _decimal(_middle(metrics.instructions_per_call(phases.build(cell))
                         for cell in well)),
        _decimal(_middle(metrics.instructions_per_call(_drain(cell))
                         for cell in well)),
        *(_whole(_middle(None if (sample := phases.phase(cell, step)) is None
                         else sample.instructions for cell in well))
          for step in ("poke", "trim")),
        _range_ppm(well)))


def _well(cells: Iterable[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell.outcome == "ok"]


def _drain(cell: Cell) -> Sequence[Sample]:
    return phases.build_and_drain(cell)[len(phases.build(cell)):]


def _per_pair(cells: Iterable[Cell]) -> float | None:
    return _middle(map(metrics.instructions_per_pair, _well(cells)))


def _middle(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _range_ppm(cells: Sequence[Cell]) -> str:
    """How far the repetitions differ, whose seeds do too; unknown of one."""
    known = [value for value in map(metrics.instructions_per_pair, cells)
             if value is not None]
    if len(known) < 2:
        return UNKNOWN
    return words.decimal(1e6 * (max(known) - min(known)) / median(known))


def _decimal(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.2f}"


def _whole(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}"


def _notes(by_name: dict[str, list[Cell]]) -> list[str]:
    lines = []
    for name, cells in by_name.items():
        failures = Counter((cell.outcome, cell.reason) for cell in cells
                           if cell.outcome != "ok")
        if _well(cells):
            lines += [f"{notes.MARK} {words.clean(name, words.NAME_LIMIT)}: "
                      f"{number} of {words.count(len(cells), 'cell')} "
                      f"{notes.ended(outcome, reason)}"
                      for (outcome, reason), number in failures.items()]
    return lines

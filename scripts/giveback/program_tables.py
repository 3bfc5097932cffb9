"""The tables of `giveback show` for whole commands: the time of each
allocator beside the reference, its memory, and what its phases came to.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from . import notes, program_metrics, statistics, summary, table, words
from .answers import label
from .look import Look
from .program_metrics import MEMORY, TIMING
from .rows import Cell, RunLine
from .statistics import Comparison
from .table import Column, Line
from .words import UNKNOWN

COLOURS = {"better": table.GREEN, "worse": table.RED}
INTERVAL = f"{100 * statistics.CONFIDENCE:.0f} %"

Metric = Callable[[Cell], float | None]
Write = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class _Group:
    """The cells of one command, by allocator; the reference stands first."""

    run: RunLine
    cells: Sequence[Cell]
    names: Sequence[str]
    comparisons: dict[str, Comparison | None]
    compared: int  # over all groups of the run

    @property
    def reference(self) -> str:
        return self.names[0]

    def of(self, name: str, kind: str) -> list[Cell]:
        return [cell for cell in self.cells
                if cell.allocator == name and cell.kind == kind]

    def label(self, name: str) -> str:
        entry = next((entry for entry in self.run.allocators
                      if entry.allocator == name), None)
        return label(name, entry)


def tables(run: RunLine, cells: Sequence[Cell], look: Look,
           reference: str | None) -> list[str]:
    """All of them, each behind an empty line. `reference` as in
    summary.sections."""
    return [line for group in _groups(run, cells, reference)
            for line in ["", *_group_lines(group, look)]]


def _groups(run: RunLine, cells: Sequence[Cell],
            reference: str | None) -> list[_Group]:
    by_key: dict[tuple, list[Cell]] = {}
    for cell in cells:
        if cell.kind in (MEMORY, TIMING):
            by_key.setdefault((cell.workload, cell.parameter_key),
                              []).append(cell)
    if not by_key:
        return []
    names = summary.allocator_names(
        run, itertools.chain.from_iterable(by_key.values()))
    chosen = summary.reference_of(names, reference)
    names.sort(key=lambda name: name != chosen)
    judged = statistics.compare([
        _log_ratios(group, name, chosen)
        for group in by_key.values() for name in names])
    rows = iter(judged)
    compared = sum(item is not None for item in judged)
    return [_Group(run, group, names, {name: next(rows) for name in names},
                   compared) for group in by_key.values()]


def _log_ratios(cells: Sequence[Cell], name: str,
                reference: str) -> list[float]:
    """CPU time, by block."""
    if name == reference:
        return []
    ours, theirs = ({cell.block: cpu for cell in cells
                     if cell.allocator == which
                     and (cpu := program_metrics.cpu_ns(cell))}
                    for which in (name, reference))
    return statistics.log_ratios(ours, theirs)


def _group_lines(group: _Group, look: Look) -> list[str]:
    first = group.cells[0]
    name, reference = (words.clean(text, words.NAME_LIMIT)
                       for text in (first.workload, group.reference))
    title = "  ".join((f"program {name}", words.parameters(first.parameters),
                       f"ref {reference}"))
    lines = look.wrap(title)
    for part in (_time_table, _memory_table, _phase_table):
        found = part(group, look)
        lines += [*found, ""] if found else []
    for note in _notes(group):
        lines += look.wrap(note)
    return lines if lines[-1] else lines[:-1]


# ---- the three tables ------------------------------------------------------

def _time_table(group: _Group, look: Look) -> list[str]:
    columns = [Column(("n",)),
               *_figure_columns("wall s"), *_figure_columns("CPU s"),
               Column(("CPU", "vs ref"), left=True),
               Column(("verdict",), left=True)]
    return _table(group, TIMING, "time", columns, look, lambda name, cells: (
        *_figure(cells, program_metrics.wall_ns, _seconds),
        *_figure(cells, program_metrics.cpu_ns, _seconds),
        *_compared(group, name, look)))


def _memory_table(group: _Group, look: Look) -> list[str]:
    columns = [Column(("n",)), *_figure_columns("peak MiB"),
               *_figure_columns("kept MiB"), *_figure_columns("kept %")]
    return _table(group, MEMORY, "memory", columns, look, lambda _, cells: (
        *_figure(cells, program_metrics.peak_bytes, words.mib),
        *_figure(cells, program_metrics.kept_bytes, words.mib),
        *_figure(cells, program_metrics.kept_percent, words.decimal)))


def _phase_table(group: _Group, look: Look) -> list[str]:
    """Only where the command prints marks."""
    phases = list(dict.fromkeys(sample.phase for cell in group.cells
                                if cell.kind == MEMORY
                                for sample in cell.samples))
    if len(phases) < 2:
        return []
    columns = [Column((words.clean(phase, words.NAME_LIMIT),),
                      group="resident at the end of a phase, MiB")
               for phase in phases]

    def figures(_: str, cells: Sequence[Cell]) -> tuple[str, ...]:
        return tuple(_middle(cells, lambda cell, it=phase: _at(cell, it),
                             words.mib) for phase in phases)
    return _table(group, MEMORY, "phases", columns, look, figures, False)


def _table(group: _Group, kind: str, title: str, columns: Sequence[Column],
           look: Look, figures: Callable[[str, Sequence[Cell]],
                                         tuple[str, ...]],
           with_count: bool = True) -> list[str]:
    """Nothing where the run did not measure that."""
    if not any(cell.kind == kind for cell in group.cells):
        return []
    lines = []
    for name in group.names:
        cells = group.of(name, kind)
        well = [cell for cell in cells if cell.outcome == "ok"]
        if not well:
            entry = next((entry for entry in group.run.allocators
                          if entry.allocator == name), None)
            lines.append(Line(group.label(name), colour=table.YELLOW,
                              words=notes.failure_of(entry, cells)))
            continue
        mark = notes.MARK if _row_notes(group, name) else ""
        count = (str(len(well)),) if with_count else ()
        texts = (*count, *figures(name, well))
        lines.append(Line(group.label(name) + mark, texts,
                          colour=COLOURS.get(texts[-1], "")))
    return table.render(title, columns, lines, look.width, look.coloured)


def _figure_columns(title: str) -> tuple[Column, Column]:
    return Column((title,)), Column((INTERVAL,), left=True)


def _figure(cells: Sequence[Cell], metric: Metric,
            write: Write) -> tuple[str, str]:
    """Its median, and the order-statistic interval of that where there are
    runs enough for one. A figure that one cell does not know is unknown."""
    found = [metric(cell) for cell in cells]
    known = [value for value in found if value is not None]
    if len(known) < len(found):
        return UNKNOWN, UNKNOWN
    interval = statistics.median_interval(known)
    return write(statistics.median(known)), UNKNOWN if interval is None \
        else f"{write(interval.low)}-{write(interval.high)}"


def _middle(cells: Sequence[Cell], metric: Metric, write: Write) -> str:
    return _figure(cells, metric, write)[0]


def _at(cell: Cell, phase: str) -> int | None:
    """Of the last phase of that name."""
    sample = next((sample for sample in reversed(cell.samples)
                   if sample.phase == phase), None)
    return None if sample is None else program_metrics.resident_bytes(sample)


def _seconds(time_ns: float) -> str:
    return words.decimal(time_ns / 1e9, 3)


def _compared(group: _Group, name: str, look: Look) -> tuple[str, str]:
    if name == group.reference:
        return "1.00", "reference"
    comparison = group.comparisons[name]
    if comparison is None:
        return UNKNOWN, UNKNOWN
    return look.ratio(comparison), comparison.verdict


# ---- what must be read with them -------------------------------------------

def _notes(group: _Group) -> list[str]:
    lines = [f"{notes.MARK} {group.label(name)}: {note}"
             for name in group.names for note in _row_notes(group, name)]
    for note in (_kept(group), _python(group), _processes(group),
                 _intervals(group), _verdicts(group), _cleared(group)):
        lines += [note] if note else []
    return lines


def _row_notes(group: _Group, name: str) -> list[str]:
    cells = [*group.of(name, MEMORY), *group.of(name, TIMING)]
    well = [cell for cell in cells if cell.outcome == "ok"]
    if not well:
        return []
    lines = [said.partition(": ")[2] for kind in (MEMORY, TIMING)
             for said in notes.incomplete([("", group.of(name, kind))])]
    return [*lines, *_links(well), *_without(well), *_left(well),
            *_other_library(group, name, well)]


def _links(cells: Sequence[Cell]) -> list[str]:
    """A malloc that the command brings itself."""
    first = cells[0].program
    if first is None or not first.links:
        return []
    brought = words.clean(", ".join(first.links))
    if first.preload is None:
        return [f"the command brings {brought}, whose malloc this is"]
    return [f"the command brings {brought} too; "
            f"{words.clean(first.preload)} stands before it"]


def _without(cells: Sequence[Cell]) -> list[str]:
    names = sorted({name for cell in cells if cell.program is not None
                    for name in cell.program.without})
    return [f"ran without the library: {words.clean(', '.join(names))}"] \
        if names else []


def _left(cells: Sequence[Cell]) -> list[str]:
    most = max((cell.program.left_processes or 0 for cell in cells
                if cell.program is not None), default=0)
    noun = "process" if most == 1 else "processes"
    return [f"left {most} {noun} behind when it ended, killed then"] \
        if most else []


def _other_library(group: _Group, name: str,
                   cells: Sequence[Cell]) -> list[str]:
    """A row must not show another library's figures."""
    wanted = next((entry.sha256 for entry in group.run.allocators
                   if entry.allocator == name), None)
    found = {cell.identity.sha256 for cell in cells
             if cell.identity is not None}
    return ["cells ran another library than the run line names"] \
        if wanted is not None and found - {wanted} else []


def _well(group: _Group, kind: str) -> list[Cell]:
    return [cell for cell in group.cells
            if cell.kind == kind and cell.outcome == "ok"]


def _kept(group: _Group) -> str | None:
    cells = _well(group, MEMORY)
    found = [program_metrics.dropped(cell) for cell in cells]
    if None in found:
        return ("Kept is unknown: the command did not print the line `MARK "
                "dropped` once it had dropped what it drops.")
    if any(program_metrics.kept_bytes(cell) is None for cell in cells):
        return ("Kept is unknown where the phase `dropped` was too short to "
                "be read (print the mark at once, and pause 1 s after it), "
                "or pages were swapped out.")
    return None


def _python(group: _Group) -> str | None:
    programs = [cell.program for cell in group.cells
                if cell.program is not None and cell.program.is_python
                and "PYTHONMALLOC" in cell.program.environment]
    if not programs:
        return None
    return ("A Python: PYTHONMALLOC=malloc makes it ask the allocator for "
            "everything; `own` is the command with Python's own pymalloc.")


def _processes(group: _Group) -> str | None:
    most = max((cell.program.most_processes or 0
                for cell in _well(group, MEMORY)
                if cell.program is not None), default=0)
    if most < 2:
        return None
    return (f"Up to {most} processes at a time: memory is the sum of their "
            "RSS, in which a page that several share counts in each.")


def _intervals(group: _Group) -> str | None:
    cells = [group.of(name, kind) for name in group.names
             for kind in (MEMORY, TIMING)]
    counts = [sum(cell.outcome == "ok" for cell in some) for some in cells]
    if all(statistics.median_interval(range(count)) is not None
           for count in counts if count):
        return None
    return "An interval of the median needs 6 runs (--repetitions, --pairs)."


def _verdicts(group: _Group) -> str | None:
    pairs = [said.pairs for said in group.comparisons.values()
             if said is not None]
    needed = statistics.minimum_pairs(group.compared)
    if not pairs or max(pairs) >= needed:
        return None
    return (f"better and worse need {needed} pairs or more for "
            f"{words.count(group.compared, 'comparison')}; here "
            f"{words.count(max(pairs), 'pair')}.")


def _cleared(group: _Group) -> str | None:
    names = sorted({name for cell in group.cells if cell.program is not None
                    for name in cell.program.cleared})
    return ("Of the user's environment no row got "
            f"{words.clean(', '.join(names))}.") if names else None

"""The notes below a section: everything a reader must know before he uses
a figure. A row that a note speaks of is marked with an asterisk.
"""

import math
from collections import Counter
from collections.abc import Sequence

from . import controls, metrics, statistics, words
from .answers import name
from .rows import AllocatorEntry, Cell, RunLine
from .summary import SPREAD_BYTES, SPREAD_SHARE, Row, Section

MARK = "*"


def failure_words(row: Row) -> str:
    """For a row without figures: how its cells ended and why."""
    return failure_of(row.entry, row.cells)


def failure_of(entry: AllocatorEntry | None, cells: Sequence[Cell]) -> str:
    """The same of an allocator's cells, none of which has figures."""
    if not cells:
        if entry is not None and entry.outcome != "ok":
            return ended(entry.outcome, entry.reason)
        return "not run: the run ended before"
    worst = cells[0]
    total = words.count(len(cells), "cell")
    alike = sum(cell.outcome == worst.outcome for cell in cells)
    prefix = f"{alike} of {total}: " if alike < len(cells) else ""
    return prefix + ended(worst.outcome, worst.reason)


def ended(outcome: str, reason: str | None) -> str:
    """How a cell that has no figures ended, and why."""
    return f"{outcome.replace('_', ' ')}: {words.clean(reason or 'unknown')}"


def incomplete(rows: Sequence[tuple[str, list[Cell]]]) -> list[str]:
    """Of rows with figures: which cells are not among them."""
    lines = []
    for name, cells in rows:
        failed = [cell for cell in cells if cell.outcome != "ok"]
        if failed and len(failed) < len(cells):
            lines.append(f"{name}: {len(failed)} of "
                         f"{words.count(len(cells), 'cell')} "
                         f"{ended(failed[0].outcome, failed[0].reason)}")
    return lines


def is_marked(row: Row, run: RunLine) -> bool:
    return bool(_row_notes(row, run))


def notes(section: Section) -> list[str]:
    """One line each."""
    lines = [f"{MARK} {name(row)}: {note}" for row in section.rows
             if row.is_ok for note in _row_notes(row, section.run)]
    for note in (_processes(section), _threads(section), _floor(section),
                 _verdicts(section), _undecided(section), _control(section),
                 _counter(section), _huge_pages(section)):
        lines += [note] if note else []
    return lines


def _row_notes(row: Row, run: RunLine) -> list[str]:
    return [*_incomplete(row, run), *_peak(row), *_charged(row),
            *_identity(row), *_ends(row)]


def _incomplete(row: Row, run: RunLine) -> list[str]:
    """Cells that did not end well, and cells that were never run."""
    lines = []
    groups: dict[tuple[str, str | None], list[Cell]] = {}
    for cell in row.cells:
        groups.setdefault((cell.kind, cell.after), []).append(cell)
    for (kind, after), cells in groups.items():
        regime = f" ({words.clean(after, words.NAME_LIMIT)})" if after else ""
        title = f"{words.clean(kind, words.NAME_LIMIT)} cells{regime}"
        failures = Counter((cell.outcome, cell.reason) for cell in cells
                           if cell.outcome != "ok")
        for (outcome, reason), number in failures.items():
            lines.append(f"{number} of {len(cells)} {title} "
                         f"{ended(outcome, reason)}")
        wanted = run.repetitions if kind == "memory" else run.pairs
        if len(cells) < wanted:
            lines.append(f"only {len(cells)} of {wanted} {title} were run")
    return lines


def _peak(row: Row) -> list[str]:
    if row.peak is None or row.high_water is None:
        return []
    surplus = row.high_water.median - row.peak.median
    if surplus <= max(SPREAD_BYTES, SPREAD_SHARE * row.peak.median):
        return []
    return [f"the kernel saw a peak of {words.mib(row.high_water.median)} "
            "MiB: between two samples, or of lazily freed pages"]


def _charged(row: Row) -> list[str]:
    """Of the cell in which the two figures differ most."""
    apart = [(charged - growth, growth, charged, sample.phase)
             for cell in row.cells
             if (sample := metrics.charged_apart(cell)) is not None
             and (growth := metrics.growth_bytes(cell, sample)) is not None
             and (charged := metrics.charged_growth_bytes(cell, sample))
             is not None]
    if not apart:
        return []
    _, growth, charged, phase = max(apart, key=lambda row: abs(row[0]))
    return [f"the kernel bills {words.mib(charged)} MiB where growth is "
            f"{words.mib(growth)} MiB, at "
            f"{words.clean(phase, words.NAME_LIMIT)}, in "
            f"{words.count(len(apart), 'memory cell')}"]


def _identity(row: Row) -> list[str]:
    """A row must not show another library's figures."""
    wanted = row.entry.sha256 if row.entry is not None else None
    others = {cell.identity.sha256 for cell in row.cells
              if cell.identity is not None
              and cell.identity.sha256 not in (None, wanted)}
    if wanted is None or not others:
        return []
    return ["cells ran another library than the run line names"]


def _ends(row: Row) -> list[str]:
    """Of a workload with threads: a range around the median would look like
    an error of measuring, and is what programs get."""
    figures = {"peak": row.peak, **row.kept, "trim": row.trimmed}
    parts = [f"{words.clean(title, words.NAME_LIMIT)} "
             f"{words.mib(figure.ends[0])} / {words.mib(figure.median)} / "
             f"{words.mib(figure.ends[1])}"
             for title, figure in figures.items()
             if figure is not None and figure.ends is not None]
    if not row.is_threaded or not parts:
        return []
    return [f"least / median / greatest MiB: {', '.join(parts)}"]


def _processes(section: Section) -> str | None:
    if not section.is_forking:
        return None
    return ("Processes: peak, kept, trim and the pages are those of the first "
            "process alone, which forks the others; what all of them hold "
            "stands below. CPU time is that of all, and copying the pages "
            "that they share is part of it.")


def _threads(section: Section) -> str | None:
    rows = [row for row in section.rows if row.is_ok and row.is_threaded]
    if not rows:
        return None
    least = min(len({cell.repetition for cell in row.cells
                     if cell.kind == "memory" and cell.outcome == "ok"})
                for row in rows)
    advice = "" if least > 2 else ", and so few say little: --repetitions 3"
    return ("Threads: what is resident depends on how they met; figures are "
            f"of {words.count(least, 'repetition')}{advice}.")


def _floor(section: Section) -> str | None:
    floors = [row.floor.median for row in section.rows
              if row.floor is not None]
    if not any(floors):
        return None
    return (f"Kept and trim stand above the floor of "
            f"{words.size(max(floors))}: the survivors, in whole pages.")


def _verdicts(section: Section) -> str | None:
    pairs = [row.comparison.pairs for row in section.rows
             if row.comparison is not None]
    needed = statistics.minimum_pairs(section.comparisons)
    if not pairs or max(pairs) >= needed:
        return None
    return (f"better and worse need {needed} pairs or more for "
            f"{words.count(section.comparisons, 'comparison')}; "
            f"here {words.count(max(pairs), 'pair')}.")


def _undecided(section: Section) -> str | None:
    parts = []
    for row in section.rows:
        comparison = row.comparison
        if comparison is None or comparison.verdict != "unclear" \
                or comparison.interval is None:
            continue
        pairs = statistics.pairs_needed(comparison, section.comparisons)
        parts.append(f"{name(row)} more than {statistics.MOST_NEEDED:,}"
                     if pairs is None else f"{name(row)} about {pairs}")
    return f"Pairs that would decide: {', '.join(parts)}." if parts else None


def _control(section: Section) -> str | None:
    """One allocator cannot be faster than itself: of twenty such verdicts
    chance gives one, and a machine that drifts gives more."""
    if section.control is None \
            or not controls.is_beyond_chance(section.control):
        return None
    return (f"The two {words.clean(section.control_of, words.NAME_LIMIT)} "
            "of each block differ by more than chance: do not trust smaller "
            "differences of time here, or measure again on a quieter "
            "machine.")


def _counter(section: Section) -> str | None:
    cells = _memory_cells(section)
    inexact = sum(cell.counter_inexact is True for cell in cells)
    if not inexact:
        return None
    return (f"Kernel counter inexact in {inexact} of "
            f"{words.count(len(cells), 'memory cell')}: statm and "
            "smaps_rollup differ by more than 1 %; figures use smaps_rollup.")


def _huge_pages(section: Section) -> str | None:
    settings = sorted({cell.thp for cell in _memory_cells(section)
                       if cell.thp is not None})
    if len(settings) < 2:
        return None
    return ("Not comparable: cells ran with different THP settings "
            f"({', '.join(map(words.clean, settings))}).")


def _memory_cells(section: Section) -> Sequence[Cell]:
    return [cell for row in section.rows for cell in row.cells
            if cell.kind == "memory" and cell.outcome == "ok"]


def noise(section: Section, plus_minus: str) -> str:
    """"time ±6 %, memory exact": how far equal runs differ."""
    spread = section.time_noise
    time = "unknown" if spread is None \
        else f"{plus_minus}{max(1, round(100 * spread))} %"
    width = section.memory_range_bytes
    if width is None:
        memory = "memory not repeated"
    elif any(row.is_threaded for row in section.rows):
        memory = f"memory sampled, within {words.size(width)}"
    elif width == 0:
        memory = "memory exact"
    else:
        memory = f"memory within {words.size(width)}"
    return f"noise: time {time}, {memory}"


def against_itself(section: Section) -> str:
    """"system differs from itself by +0.4 % (-1.1 to +2.0 %)"; nothing
    without a second reference."""
    found = section.control
    if found is None:
        return ""
    ends = None if found.interval is None else (
        math.expm1(found.interval.low), math.expm1(found.interval.high))
    return controls.in_words(section.control_of, found.ratio - 1, ends)

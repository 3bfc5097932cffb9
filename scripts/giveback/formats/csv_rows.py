"""CSV (RFC 4180, but for the line ends): tidy, one row for each figure of
each cell. A cell without figures has one row, with its outcome.
"""

import csv
import io
from collections.abc import Iterator

from .. import figures, series, words
from ..rows import Cell, RunLine
from .source import Source

COLUMNS = ("run", "allocator", "version", "workload", "parameters", "kind",
           "after", "repetition", "block", "seed", "outcome", "reason",
           "metric", "detail", "unit", "value")


def lines(source: Source) -> Iterator[str]:
    yield _line(COLUMNS)
    runs: dict[str, RunLine] = {}
    for row in source.rows_of_allocators():
        if isinstance(row, RunLine):
            runs.setdefault(row.id, row)
        else:
            yield from _cell(row, runs[row.run], source)


def _cell(cell: Cell, run: RunLine, source: Source) -> Iterator[str]:
    names = _names(cell, run)
    if cell.outcome != "ok":
        yield _line((*names, "", "", "", ""))
    for measure, detail, value in figures.of_cell(
            cell, figures.frame_of(run), source.measures):
        yield _line((*names, measure.name, words.escaped(detail),
                     measure.unit, "" if value is None else value))


def _names(cell: Cell, run: RunLine) -> tuple[str | int, ...]:
    version = next((entry.version for entry in run.allocators
                    if entry.allocator == cell.allocator), None)
    texts = (cell.run, cell.allocator, version or "", cell.workload)
    return (*map(words.escaped, texts),
            series.settings(cell.parameter_key),
            words.escaped(cell.kind), words.escaped(cell.after or ""),
            cell.repetition, cell.block, cell.seed, cell.outcome,
            words.escaped(cell.reason or ""))


def _line(fields: tuple[str | int | float, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(fields)
    return text.getvalue()

"""Markdown: the first table of `giveback show` for each workload, as a
comment on a pull request or a page can show it.
"""

from collections.abc import Iterable, Iterator, Sequence

from .. import caveats, notes, series, show, summary, words
from ..look import Look
from ..rows import Cell, RunLine
from ..summary import Section
from ..table import Column
from .source import Source

LOOK = Look()

# Signs that would end a cell of a table or begin something else in one.
SIGNS = "\\`*_[]<>|~#"
LONGEST = 10_000


def lines(source: Source) -> Iterator[str]:
    """Holds the cells of all runs: the verdicts are made of all pairs."""
    runs: dict[str, RunLine] = {}
    cells: dict[str, list[Cell]] = {}
    for row in source.rows():
        if isinstance(row, RunLine):
            runs.setdefault(row.id, row)
        else:
            cells.setdefault(row.run, []).append(row)
    for index, run in enumerate(runs.values()):
        yield from [""] if index else []
        yield from _run(run, cells.get(run.id, []))


def _run(run: RunLine, cells: Sequence[Cell]) -> Iterator[str]:
    yield f"### {escape(f'giveback {run.giveback}, run {run.id}')}"
    for caveat in caveats.of_run(run, cells):
        yield from ("", f"> {escape(caveat)}")
    for section in summary.sections(run, cells):
        yield from ("", *of_section(section))


def of_section(section: Section) -> Iterator[str]:
    """Its address, its table, its notes."""
    address = words.clean(section.workload) \
        + series.settings(sorted(section.parameters.items()))
    yield f"**{escape(address)}**"
    yield ""
    columns = show.kept_columns(section)
    titles = [_title(column) for column in columns]
    yield _row(["allocator", *titles])
    yield _row(["---", *("---" if column.left else "---:"
                         for column in columns)])
    for row in section.rows:
        line = show.kept_line(row, section, LOOK)
        texts = line.figures if row.is_ok else [line.words]
        yield _row(map(escape, [line.name, *texts,
                                 *[""] * (len(columns) - len(texts))]))
    for note in notes.notes(section):
        yield from ("", escape(note))


def _title(column: Column) -> str:
    title = " ".join(column.heading)
    return escape(f"{column.group}: {title}" if column.group else title)


def _row(texts: Iterable[str]) -> str:
    return f"| {' | '.join(texts)} |"


def escape(text: str) -> str:
    """Text that Markdown leaves alone, on one line."""
    return "".join(f"\\{sign}" if sign in SIGNS else sign
                   for sign in words.clean(text, LONGEST))

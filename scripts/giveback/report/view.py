"""What every chart of a page is made of, and the run that it shows.

A chart is a picture, which a script draws from `data`, and the table behind
it, which stands in the page without any script.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from .. import answers, controls, notes, summary, words
from ..rows import Cell, RunLine
from ..summary import Figure, Row, Section

KIB = 2**10
BASE_NOTE = "Pale: the same allocator in base."


@dataclass(frozen=True, slots=True)
class Value:
    """A field of a table: what is read, and what it is sorted by; `sort`
    None sorts last."""

    text: str
    sort: float | str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Chart:
    """`kind` names the script that draws it, `anchor` is its place in the
    page, `data` goes into the page as JSON. `notes` must be read with it;
    `of_table` is said of its table alone."""

    anchor: str
    kind: str
    title: str
    caption: str
    data: dict
    table: Table
    notes: Sequence[str] = ()
    of_table: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A run with its sections; `prefix` keeps the anchors of several runs on
    one page apart. `base` are the runs that it is compared with, `partners`
    who in them answers to which of its allocators."""

    run: RunLine
    cells: Sequence[Cell]
    sections: Sequence[Section]
    prefix: str
    names: dict[str, int] = field(default_factory=dict)
    base: Sequence["View"] = ()
    partners: dict[str, str] = field(default_factory=dict)

    def anchor(self, kind: str, section: Section | None = None,
               regime: str = "") -> str:
        """"time-1-fill_drain-silent": letters, digits, `-` and `_` only."""
        parts = [self.prefix, kind]
        if section is not None:
            place = next(index for index, known in enumerate(self.sections)
                         if known is section)
            parts += [str(place + 1), section.workload[:40]]
        parts.append(regime[:40])
        return "-".join(re.sub(r"[^A-Za-z0-9_]+", "_", part)
                        for part in parts if part)


def of_run(run: RunLine, cells: Sequence[Cell], prefix: str,
           reference: str | None) -> View:
    """`names` gives each allocator its place among the colours: by the order
    of the run, so that it looks alike in every chart."""
    found = summary.sections(run, cells, reference)
    names = summary.allocator_names(run, cells)
    if names:
        chosen = summary.reference_of(names, reference)
        names.sort(key=lambda name: name != chosen)
    run, *_ = controls.split(run, ())
    return View(run, cells, found, prefix,
                {name: index for index, name in enumerate(names)})


def base_row(view: View, section: Section, row: Row) -> Row | None:
    """What a row is drawn beside: the same workload of its partner in base,
    of the first run that has it; None where none has."""
    partner = view.partners.get(row.allocator)
    return next((other for base in view.base for known in base.sections
                 if (known.workload, known.parameters)
                 == (section.workload, section.parameters)
                 for other in known.rows
                 if other.allocator == partner and other.is_ok), None)


def base_name(row: Row) -> str:
    return f"base: {answers.name(row)}"


def title(shown: Section | Cell) -> str:
    settings = words.parameters(shown.parameters)
    name = words.clean(shown.workload, words.NAME_LIMIT)
    return f"{name}  {settings}" if settings else name


def regime(section: Section) -> str | None:
    """The regime whose cells show a section where one is enough: what lies
    before it is the same in all. Silent cells end with a trim."""
    known = [cell.after for row in section.rows for cell in row.cells
             if cell.outcome == "ok" and cell.kind == "memory"]
    return "silent" if "silent" in known else next(iter(known), None)


def cells_of(row: Row, regime_: str) -> list[Cell]:
    """Its memory cells of that regime that ended well."""
    return [cell for cell in row.cells if cell.outcome == "ok"
            and cell.kind == "memory" and cell.after == regime_]


def absent(row: Row, kind: str = "memory", after: str | None = None) -> str:
    """Why an allocator has no mark in a chart of cells of that kind and
    regime; None is any."""
    cells = [cell for cell in row.cells if cell.kind == kind
             and after in (None, cell.after)]
    if not row.is_ok and not cells:
        return notes.failure_words(row)
    if not cells:
        return "not measured"
    if any(cell.outcome == "ok" for cell in cells):
        return "its figures are unknown"
    return notes.failure_of(row.entry, cells)


def absences(rows: Sequence[Row], after: str | None = None) -> list[str]:
    """A note for each row that a chart of memory has to leave out."""
    return [f"No mark for {answers.name(row)}: {absent(row, after=after)}."
            for row in rows]


def name_value(row: Row) -> Value:
    name = answers.name(row)
    return Value(name, name)


def size_value(figure: Figure | None) -> Value:
    """MiB, with both ends where the repetitions differ."""
    if figure is None:
        return Value(words.UNKNOWN)
    return Value(f"{words.mib(figure.median)}{ends(figure)}", figure.median)


def ends(figure: Figure) -> str:
    """" (1.0 to 2.5)" of MiB."""
    if figure.ends is None:
        return ""
    least, greatest = figure.ends
    return f" ({words.mib(least)} to {words.mib(greatest)})"


def kib(size_bytes: float | None) -> float | None:
    """For a chart: KiB, whole where bytes are whole pages."""
    if size_bytes is None:
        return None
    size = size_bytes / KIB
    return int(size) if size == int(size) else round(size, 3)


def command(view: View) -> str:
    """What ran it, for a shell."""
    return shlex.join(map(words.clean, view.run.command))


def versions(view: View) -> str:
    """What ran, below every chart: two charts without it are not to be
    compared."""
    parts = []
    for entry in view.run.allocators:
        if entry.outcome == "ok" and entry.version:
            parts.append(answers.label(entry.allocator, entry))
    host = view.run.host
    parts += [words.clean(part) for part in (host.libc, host.kernel)
              if part is not None]
    return (f"run {words.clean(view.run.id)}, giveback "
            f"{words.clean(view.run.giveback)}; {', '.join(parts)}")

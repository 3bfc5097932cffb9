"""Lays out a table for a terminal of a given width. Knows nothing of what
it shows: cells are text that words.clean has seen.

A name that would squeeze the figures stands on a line of its own; figures
that do not fit beside each other go into a second table below.
"""

import itertools
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .words import display_width

GAP = 2
INDENT = 2
LEAST_NAME = 12

GREEN, RED, YELLOW = "32", "31", "33"


@dataclass(frozen=True, slots=True)
class Column:
    """`heading` is the lines that stand above the figures, the last one
    lowest. Neighbours with the same `group` share that text above them."""

    heading: tuple[str, ...]
    left: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A name with its figures, or with words in their place."""

    name: str
    figures: tuple[str, ...] = ()
    words: str = ""
    colour: str = ""  # of the last figure, or of the words


def render(name_heading: str, columns: Sequence[Column],
           lines: Sequence[Line], width: int,
           coloured: bool = False) -> list[str]:
    """The table as lines of at most `width` columns."""
    widths = [_column_width(columns, lines, i) for i in range(len(columns))]
    _widen_groups(columns, widths)
    rows = []
    for first, last in _chunks(widths, width):
        if rows:
            rows.append("")
        is_end = last == len(widths)
        part = [Line(line.name, line.figures[first:last], line.words,
                     line.colour if is_end or line.words else "")
                for line in lines]
        rows += _render_part(name_heading, columns[first:last],
                             widths[first:last], part, width, coloured)
    return rows


def _column_width(columns: Sequence[Column], lines: Sequence[Line],
                  index: int) -> int:
    texts = [*columns[index].heading,
             *(line.figures[index] for line in lines if line.figures)]
    return max(display_width(text) for text in texts)


def _groups(columns: Sequence[Column]) -> list[tuple[str, int, int]]:
    """(text, first, last + 1) of each run of columns with one group."""
    groups, first = [], 0
    for text, members in itertools.groupby(columns, lambda c: c.group):
        last = first + len(list(members))
        groups.append((text, first, last))
        first = last
    return groups


def _span(widths: Sequence[int], first: int, last: int) -> int:
    return sum(widths[first:last]) + GAP * (last - first - 1)


def _widen_groups(columns: Sequence[Column], widths: list[int]) -> None:
    for text, first, last in _groups(columns):
        missing = display_width(text) - _span(widths, first, last)
        widths[first] += max(0, missing)


def _chunks(widths: Sequence[int], width: int) -> list[tuple[int, int]]:
    """Ranges of columns that fit beside each other, behind the indent of a
    name's own line."""
    chunks, first, used = [], 0, 0
    for index, column_width in enumerate(widths):
        if used and INDENT + used + GAP + column_width > width:
            chunks.append((first, index))
            first, used = index, 0
        used += GAP + column_width
    return [*chunks, (first, len(widths))]


def _render_part(name_heading: str, columns: Sequence[Column],
                 widths: Sequence[int], lines: Sequence[Line], width: int,
                 coloured: bool) -> list[str]:
    figures_width = sum(widths) + GAP * len(widths)
    longest = max([display_width(line.name) for line in lines]
                  + [display_width(name_heading)])
    name_width = min(longest, width - figures_width)
    if name_width < min(longest, LEAST_NAME):
        name_width = max(0, min(INDENT, width - figures_width))
    rows = _heading(name_heading, name_width, columns, widths)
    for line in lines:
        rows += _line(line, name_width, columns, widths, width, coloured)
    return rows


def _heading(name_heading: str, name_width: int, columns: Sequence[Column],
             widths: Sequence[int]) -> list[str]:
    height = max(len(column.heading) + bool(column.group)
                 for column in columns)
    fits = display_width(name_heading) <= name_width
    rows = [] if fits else [name_heading]
    for level in range(height - 1, -1, -1):
        row = _pad(name_heading if fits and level == 0 else "", name_width)
        for text, first, last in _groups(columns):
            row += " " * GAP + _heading_part(text, columns[first:last],
                                             widths[first:last], level)
        rows.append(row.rstrip())
    return rows


def _heading_part(group: str, columns: Sequence[Column],
                  widths: Sequence[int], level: int) -> str:
    """What stands above some columns, `level` lines from the lowest."""
    if group and level == len(columns[0].heading):
        return _pad(group, _span(widths, 0, len(widths)), left=False)
    texts = [column.heading[-1 - level] if level < len(column.heading) else ""
             for column in columns]
    return (" " * GAP).join(_pad(text, width, column.left) for
                            text, column, width in zip(texts, columns, widths))


def _line(line: Line, name_width: int, columns: Sequence[Column],
          widths: Sequence[int], width: int, coloured: bool) -> list[str]:
    rows = []
    name = line.name
    if display_width(name) > name_width:
        rows += _wrap(name, width)
        name = ""
    paint = _painter(line.colour if coloured else "")
    if line.words:
        start = " " * (name_width + GAP if name else INDENT)
        wrapped = _wrap(line.words, width - len(start))
        first = _pad(name, name_width) + " " * GAP if name else start
        rows.append(first + paint(wrapped[0]))
        rows += [start + paint(row) for row in wrapped[1:]]
        return rows
    text = _join(name, name_width, line.figures, columns, widths).rstrip()
    last = line.figures[-1]
    if line.colour and text.endswith(last):
        text = text[:len(text) - len(last)] + paint(last)
    return [*rows, text]


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)


def _join(name: str, name_width: int, texts: Sequence[str],
          columns: Sequence[Column], widths: Sequence[int]) -> str:
    parts = [_pad(name, name_width)]
    for text, column, width in zip(texts, columns, widths):
        parts.append(" " * GAP + _pad(text, width, column.left))
    return "".join(parts)


def _pad(text: str, width: int, left: bool = True) -> str:
    space = " " * max(0, width - display_width(text))
    return text + space if left else space + text


def _painter(colour: str) -> Callable[[str], str]:
    if not colour:
        return lambda text: text
    return lambda text: f"\033[{colour}m{text}\033[0m"

"""`giveback report`: results as one page that needs no network, as a picture
for each chart, or in short."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import outfile, results, summary, words
from ..comparison import sides
from ..comparison.verdicts import Comparison
from ..nearest import nearest
from ..results import Results, ResultsError
from . import brief, changes, page, pictures
from .view import View

SUMMARY = "results as one page to look at, without network"

FORMATS = ("html", "svg", "markdown")


@dataclass(frozen=True, slots=True)
class Shown:
    """What is to be shown, whatever the format."""

    views: Sequence[View]
    raw: bytes  # the lines it was read from
    warnings: Sequence[str]
    comparison: Comparison | None
    base: Sequence[View]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE",
                        help="results that `giveback run` wrote")
    parser.add_argument("-o", "--output", type=Path, metavar="PATH",
                        help="the page to write, or with --format svg the "
                             "folder of pictures; it must be new (default "
                             "of markdown: standard output)")
    parser.add_argument("--format", choices=FORMATS, default="html",
                        help="html: one page; svg: a picture for each chart; "
                             "markdown: the sentences and the first tables "
                             "(default: html)")
    parser.add_argument("--compare", metavar="BASE[:NAME]",
                        help="results from before: what changed stands "
                             "first, and base is drawn pale beside FILE")
    parser.add_argument("--across-machines", action="store_true",
                        help="with --compare: compare memory of two machines "
                             "too (default: only counts that code alone "
                             "decides)")
    parser.add_argument("--reference", metavar="NAME",
                        help="allocator to compare with (default: system "
                             "where the run has it, else the run's first)")


def run(arguments: argparse.Namespace) -> int:
    """Writes the report; returns 0. Raises ResultsError."""
    if arguments.output is None and arguments.format != "markdown":
        raise ResultsError(f"--format {arguments.format} needs a place to "
                           "write to: name it by -o")
    shown = _shown(arguments)
    for warning in shown.warnings:
        print(f"giveback report: {words.clean(warning)}", file=sys.stderr)
    if arguments.format == "svg":
        _write_pictures(shown.views, arguments.output)
        return 0
    with outfile.opened(arguments.output) as output:
        output.write(_text(shown, arguments.format).encode("utf-8"))
    return 0


def _text(shown: Shown, form: str) -> str:
    if form == "markdown":
        return brief.text(shown.views, shown.comparison, shown.base,
                          shown.warnings)
    change = None if shown.comparison is None else changes.told(
        shown.comparison, shown.base, shown.views)
    return page.html(shown.views, shown.raw, shown.warnings, change)


def _shown(arguments: argparse.Namespace) -> Shown:
    reference = arguments.reference
    found, lines = _read(arguments.files)
    _check_reference(found, reference)
    views = page.views(found, reference)
    if arguments.compare is None:
        if arguments.across_machines:
            raise ResultsError("--across-machines: there is nothing to "
                               "compare: add --compare BASE, or leave it out")
        return Shown(views, lines, found.warnings, None, ())
    if len(arguments.files) > 1:
        raise ResultsError(
            f"--compare: {len(arguments.files)} files: give one; `giveback "
            "merge` makes one file of several")
    comparison = changes.compared(arguments.compare, arguments.files[0],
                                  arguments.across_machines)
    theirs, before = _read([sides.parse_source(arguments.compare).path])
    base = page.views(theirs, None)
    return Shown(changes.beside(views, base, comparison), lines + before,
                 [*found.warnings, *theirs.warnings], comparison, base)


def _write_pictures(views: Sequence[View], output: Path) -> None:
    drawn = pictures.pictures(views)
    if not drawn:
        raise ResultsError(
            "--format svg: these results have no chart to draw: "
            "--format html says why")
    with outfile.folder(output) as folder:
        for name, text in drawn.items():
            (folder / f"{name}.svg").write_text(text, encoding="utf-8")


def _read(paths: list[Path]) -> tuple[Results, bytes]:
    """The rows and the very lines that they were read from."""
    found = Results()
    lines = []
    for entry in results.distinct(paths, found.warnings):
        lines.append(entry.line.rstrip(b"\n") + b"\n")
        if isinstance(entry.row, results.RunLine):
            found.runs.setdefault(entry.row.id, entry.row)
        else:
            found.cells.append(entry.row)
    return found, b"".join(lines)


def _check_reference(found: Results, reference: str | None) -> None:
    """A run without it would be compared with nothing."""
    for run_line in found.runs.values():
        names = summary.allocator_names(run_line, found.cells_of(run_line))
        if reference is not None and reference not in names:
            raise ResultsError(
                f"--reference {reference}: run {run_line.id} has no such "
                f"allocator: did you mean {nearest(reference, names)}?")

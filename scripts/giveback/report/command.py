"""`giveback report`: results as one page that needs no network."""

import argparse
import sys
from pathlib import Path

from .. import outfile, results, summary, words
from ..nearest import nearest
from ..results import Results, ResultsError
from . import page

SUMMARY = "results as one page to look at, without network"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE",
                        help="results that `giveback run` wrote")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE",
                        required=True,
                        help="write the page to FILE, which must be new")
    parser.add_argument("--reference", metavar="NAME",
                        help="allocator to compare with (default: system "
                             "where the run has it, else the run's first)")


def run(arguments: argparse.Namespace) -> int:
    """Writes the page; returns 0. Raises ResultsError."""
    found, lines = _read(arguments.files)
    for warning in found.warnings:
        print(f"giveback report: {words.clean(warning)}", file=sys.stderr)
    _check_reference(found, arguments.reference)
    with outfile.opened(arguments.output) as output:
        text = page.html(found, lines, arguments.reference)
        output.write(text.encode("utf-8"))
    return 0


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

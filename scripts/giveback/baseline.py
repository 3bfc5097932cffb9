"""`giveback baseline update`: makes or renews what `check` compares with."""

import argparse
import os
import sys
from pathlib import Path

from .comparison import compare, render, tolerances
from .comparison.sides import Source
from .gate import baseline
from .look import look_for
from .results import ResultsError

SUMMARY = "make or renew what check compares with"

LEGEND = """\
`update` writes FOLDER/MACHINE.jsonl from HEAD's cells of memory and counted
instructions and shows what that changes. Commit the file, and say in the
commit why its figures changed.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = LEGEND
    parser.add_argument("action", choices=("update",))
    parser.add_argument("head", type=Path, metavar="HEAD",
                        help="results that `giveback run` wrote")
    parser.add_argument("--folder", type=Path, default=baseline.FOLDER,
                        help=f"of baselines (default: {baseline.FOLDER})")
    parser.add_argument("--any-machine", action="store_true",
                        help=f"write {baseline.ANY_MACHINE}.jsonl, for "
                             "machines without a file of their own")


def run(arguments: argparse.Namespace) -> int:
    """Writes the baseline; returns 0. Raises ResultsError."""
    path = baseline.file_for(arguments.folder, arguments.head,
                             arguments.any_machine)
    lines = list(baseline.lines_of(arguments.head))
    if path.exists():
        _show_change(path, arguments.head)
    _write(path, lines)
    print(f"{path}: {len(lines)} lines; commit it, and say why its "
          "figures changed")
    return 0


def _show_change(path: Path, head: Path) -> None:
    """A new baseline may differ in anything; what cannot be compared with
    the old one is no reason not to write it."""
    try:
        comparison = compare.compare(Source(path, None), Source(head, None),
                                     tolerances.PRESET, kinds=baseline.KINDS)
    except ResultsError as error:
        print(f"giveback baseline: {error}", file=sys.stderr)
        return
    print("\n".join(render.lines(comparison, look_for(sys.stdout))))


def _write(path: Path, lines: list[str]) -> None:
    """All or nothing: the file is replaced when the new one is complete."""
    unfinished = path.with_suffix(".unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text("".join(lines), encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written: {error.strerror}: "
                           "check the folder") from None

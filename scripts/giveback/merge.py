"""`giveback merge`: joins results into one file, line by line.

A cell that two files hold is written once; two cells that differ and claim
one place are refused. Only a few bytes a cell stay in memory.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import outfile, results, words
from .results import Ledger, ResultsError
from .rows import RunLine

SUMMARY = "join results of several runs or hosts into one file"

# More duplicates are counted and not named.
NAMED_DUPLICATES = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE",
                        help="results that `giveback run` wrote")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE",
                        required=True, help="file to write, which must be "
                                            "new; there is no default")


def run(arguments: argparse.Namespace) -> int:
    """Writes the file; returns 0. Raises ResultsError."""
    warnings: list[str] = []
    try:
        with outfile.opened(arguments.output) as output:
            for line in merged(arguments.files, warnings):
                output.write(line)
    finally:
        for warning in warnings:
            print(f"giveback merge: {words.clean(warning)}", file=sys.stderr)
    return 0


def merged(paths: Sequence[Path], warnings: list[str]) -> Iterator[bytes]:
    """The lines to write, as they stand in the files; raises ResultsError.
    """
    ledger = Ledger()
    written: set[bytes] = set()
    duplicates = 0
    for entry in results.entries(paths, warnings):
        content = results.digest(json.dumps(entry.value, sort_keys=True))
        if isinstance(entry.row, RunLine):
            ledger.enter_run(entry)
        elif (place := ledger.place_of(entry)) is None:
            ledger.enter_cell(entry)
        elif content not in written:
            raise ResultsError(f"{entry.place}: another cell than the one at "
                               f"{place} claims its place in run "
                               f"{entry.row.run}: leave one of the files out")
        else:
            duplicates += 1
            if duplicates <= NAMED_DUPLICATES:
                warnings.append(f"{entry.place}: dropped, the same cell "
                                f"stands at {place}")
        if content not in written:
            written.add(content)
            yield entry.line
    if duplicates > NAMED_DUPLICATES:
        warnings.append(f"{duplicates:,} cells dropped that stand twice; the "
                        f"first {NAMED_DUPLICATES} are named above")

"""`giveback list metrics`: the table of metrics."""

import argparse
import textwrap

from .look import LEAST_WIDTH
from .metric_list import METRICS, SYMBOLS

SUMMARY = "list the metrics: unit, class, which way is better, formula"

EPILOG = """\
class: exact metrics of single-threaded runs without ASLR are compared as
integers, sampled ones by statistics. There are no defaults to state.
""" + SYMBOLS

INDENT = "    "
HEADING = ("metric", "unit", "class", "better")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG


def run(_arguments: argparse.Namespace) -> int:
    """Prints some lines per metric, so that they fit 80 columns; returns 0.
    """
    rows = [(m.id, m.unit, m.measure, m.better) for m in METRICS]
    widths = [max(map(len, column)) for column in zip(HEADING, *rows)]
    print(_row(HEADING, widths))
    for metric, row in zip(METRICS, rows):
        print(_row(row, widths))
        for text in (metric.meaning, metric.formula):
            print(textwrap.fill(text, LEAST_WIDTH, initial_indent=INDENT,
                                subsequent_indent=INDENT + "  "))
    print("\n" + SYMBOLS, end="")
    return 0


def _row(texts: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(text.ljust(width)
                     for text, width in zip(texts, widths)).rstrip()

"""`giveback export`: results in the formats of other programs."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import figures, outfile, words
from .figures import ALL, HEADLINE
from .formats import bencher, csv_rows, github_action_benchmark
from .formats import google_benchmark, jsonl, junit_cells, markdown_table
from .formats import openmetrics
from .formats.source import Source
from .look import Look
from .results import ResultsError

SUMMARY = "results in the formats of other programs"


@dataclass(frozen=True, slots=True)
class Format:
    """`preset` is what it holds without --metric; none where it does not
    choose."""

    summary: str
    lines: Callable[[Source], Iterator[str]]
    preset: Sequence[str] = ()


FORMATS = {
    "jsonl": Format("giveback's own, the lines as they are", jsonl.lines),
    "csv": Format("a row for each figure of each cell", csv_rows.lines,
                  [ALL]),
    "markdown": Format("the first table of `giveback show`",
                       markdown_table.lines),
    "google-benchmark": Format("Google Benchmark's JSON, for compare.py",
                               google_benchmark.lines),
    "bencher": Format("Bencher Metric Format", bencher.lines, HEADLINE),
    "github-action-benchmark": Format("its customSmallerIsBetter",
                                      github_action_benchmark.lines,
                                      HEADLINE),
    "openmetrics": Format("OpenMetrics text, for Prometheus",
                          openmetrics.lines, [ALL]),
    "junit": Format("JUnit XML, a case for each cell by its outcome",
                    junit_cells.lines),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _epilog()
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE",
                        help="results that `giveback run` wrote")
    parser.add_argument("--format", required=True, choices=FORMATS,
                        metavar="FORMAT", help="one of the formats below")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE",
                        help="write to FILE, which must be new (default: "
                             "standard output)")
    parser.add_argument("--metric", action="append", default=[],
                        metavar="LIST", type=_names,
                        help="figures to write, separated by commas; `all` "
                             "is every one (default: see below)")
    parser.add_argument("--metric-as-time", metavar="NAME",
                        help="google-benchmark: write this figure where "
                             "compare.py looks for times, in its own unit "
                             "(default: the times of timing cells)")
    parser.add_argument("--run", metavar="ID",
                        help="of this run alone (default: all of them)")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _epilog() -> str:
    width = max(map(len, FORMATS))
    rows = [f"  {name.ljust(width)}  {form.summary}"
            for name, form in FORMATS.items()]
    names = Look().wrap(", ".join(m.name for m in figures.MEASURES))
    return "\n".join(
        ["formats:", *rows, "", "figures, for --metric:", *names, "",
         "Without --metric csv and openmetrics hold all of them, bencher and",
         f"github-action-benchmark {', '.join(HEADLINE)};", "the others do "
         "not choose. Unknown figures are left out, in csv empty."])


def run(arguments: argparse.Namespace) -> int:
    """Writes the export; returns 0. Raises ResultsError."""
    source = _source(arguments)
    try:
        with outfile.opened(arguments.output) as output:
            for line in FORMATS[arguments.format].lines(source):
                output.write(f"{line}\n".encode("utf-8"))
            output.flush()
    finally:
        for warning in source.warnings:
            print(f"giveback export: {words.clean(warning)}",
                  file=sys.stderr)
    return 0


def _source(arguments: argparse.Namespace) -> Source:
    """What was chosen; raises ResultsError where a choice has no effect."""
    form = FORMATS[arguments.format]
    typed = [name for names in arguments.metric for name in names]
    if typed and not form.preset:
        raise ResultsError(f"--metric: {arguments.format} does not choose "
                           "figures: leave it out")
    as_time = arguments.metric_as_time
    if as_time is not None and arguments.format != "google-benchmark":
        raise ResultsError("--metric-as-time: is for --format "
                           "google-benchmark alone: use --metric")
    if as_time is not None:
        as_time, = figures.chosen([as_time], [])
    return Source(arguments.files, figures.chosen(typed, form.preset),
                  arguments.run, as_time)

"""`giveback check`: compares with a baseline and says it as an exit code."""

import argparse
import sys
from pathlib import Path

from . import compare, output
from .comparison import render, sides
from .comparison.sides import Source
from .comparison.verdicts import Comparison
from .formats import junit, markdown, verdict_json
from .gate import baseline, outcome, self_test
from .look import look_for
from .results import ResultsError

SUMMARY = "compare with a baseline; the exit code says regression"

FORMATS = ("text", "markdown", "json", "junit")
TOLERANCES = "tolerances.toml"

LEGEND = """\
exit codes
0  nothing is worse
1  cells of HEAD failed
2  wrong usage, or nothing that can be compared
3  regression: a figure is worse, beyond its tolerance
4  unclear: a figure may be worse or better, or is missing

Times of two runs do not pair; they are shown and decide nothing. To gate
times give one run: giveback check --baseline FILE:base FILE:head, or use
giveback ci.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = LEGEND
    parser.add_argument("head", nargs="?", metavar="HEAD[:NAME]",
                        help="results to judge")
    parser.add_argument("--baseline", metavar="FILE[:NAME]",
                        help="results to compare with; of a folder, the file "
                             "of HEAD's machine")
    compare.add_common(parser)
    parser.add_argument("--format", choices=FORMATS, default="text",
                        help="of the output (default: text)")
    parser.add_argument("--self-test", action="store_true",
                        help="measure planted regressions and show what the "
                             "gate says of them; takes about a minute")


def run(arguments: argparse.Namespace) -> int:
    """Prints the comparison; returns the exit code. Raises ResultsError."""
    if arguments.self_test:
        return self_test.run()
    if arguments.baseline is None or arguments.head is None:
        raise ResultsError("give --baseline FILE and HEAD, or --self-test")
    head = sides.parse_source(arguments.head)
    typed = sides.parse_source(arguments.baseline)
    base = Source(baseline.find(typed.path, head.path), typed.allocator)
    if arguments.tolerances is None:
        arguments.tolerances = _beside(base.path)
    comparison = compare.measure(arguments, base, head)
    output.tell(_text(comparison, arguments.format).removesuffix("\n"))
    return outcome.exit_code(comparison)


def _text(comparison: Comparison, form: str) -> str:
    if form == "json":
        return verdict_json.text(comparison)
    if form == "junit":
        return junit.text(comparison.verdicts, comparison.failures,
                          missing=comparison.missing)
    if form == "markdown":
        return markdown.text(comparison.verdicts, comparison.failures,
                             comparison.warnings, noise=comparison.noise)
    return "\n".join([*render.lines(comparison, look_for(sys.stdout)),
                      outcome.sentence(comparison)])


def _beside(base: Path) -> Path | None:
    """A project's own tolerances lie with its baselines."""
    found = base.parent / TOLERANCES
    return found if found.is_file() else None

"""`giveback compare`: what changed from base to head, and how surely."""

import argparse
import sys
from pathlib import Path

from .comparison import compare, render, sides, tolerances
from .comparison.figures import IDS, KINDS
from .comparison.sides import Source
from .comparison.verdicts import Comparison
from .formats import markdown, verdict_json
from .look import LEAST_WIDTH, look_for
from .nearest import nearest
from .results import ResultsError
from .show import width as parse_width

SUMMARY = "compare two results, or two allocators of one"

FORMATS = ("text", "markdown", "json")

LEGEND = """\
giveback compare BASE HEAD                    allocators that both files have
giveback compare FILE --base NAME --head NAME     two allocators of one file
giveback compare FILE:NAME FILE:NAME          one allocator of each file

exact      memory of equal seed, ASLR off: the greatest change among the
           seeds, and what is allowed (docs/compare.md)
sampled    median of the paired ratios head / base, the order-statistic
           interval of the median, p of Wilcoxon's exact signed-rank test
           after Holm's correction within the metric, P(head < base)
of max L   the change of sampled memory, as a share of the most live bytes
           of the workload, not of base
verdict    better, worse; same: inside the margin (3 % of time, memory of 1 %
           of max L); unclear: with about how many pairs it would be clear

Exits 0 whatever the verdicts are; `giveback check` turns them into an exit
code. 2: wrong usage, or nothing that can be compared.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = LEGEND
    parser.add_argument("files", nargs="+", metavar="FILE[:NAME]",
                        help="base, then head; or one file")
    parser.add_argument("--base", metavar="NAME",
                        help="base's allocator (default: each that both "
                             "files have)")
    parser.add_argument("--head", metavar="NAME",
                        help="head's allocator (default: as --base)")
    add_common(parser)
    parser.add_argument("--format", choices=FORMATS, default="text",
                        help="of the output (default: text)")
    parser.add_argument("--width", type=parse_width, metavar="N",
                        help="columns to fill (default: the terminal's; "
                             f"{LEAST_WIDTH} in a pipe)")


def add_common(parser: argparse.ArgumentParser) -> None:
    """Options that every comparing verb has."""
    parser.add_argument("--metric", type=_metrics, metavar="LIST",
                        help="compare these alone, of " + ", ".join(IDS)
                             + " (default: peak_growth, kept, pss_growth, "
                             "private_growth, pinned_arenas, scan_steps, "
                             "instructions, cost, program_cpu, program_wall, "
                             "program_peak, program_kept)")
    parser.add_argument("--kind", type=_kinds, metavar="LIST", default=KINDS,
                        help="cells to compare (default: "
                             + ",".join(KINDS) + ")")
    parser.add_argument("--tolerances", type=Path, metavar="FILE",
                        help="TOML that overrides what may change (default: "
                             "the presets of docs/compare.md)")
    parser.add_argument("--across-machines", action="store_true",
                        help="compare memory of two machines too (default: "
                             "only counts that code alone decides)")


def _metrics(text: str) -> tuple[str, ...]:
    return _words(text, IDS, "metric")


def _kinds(text: str) -> tuple[str, ...]:
    return _words(text, KINDS, "kind")


def _words(text: str, known: tuple[str, ...], what: str) -> tuple[str, ...]:
    typed = tuple(text.split(","))
    for word in typed:
        if word not in known:
            raise argparse.ArgumentTypeError(
                f"{word}: no such {what}: did you mean "
                f"{nearest(word, known)}?")
    return typed


def sources(files: list[str], base: str | None,
            head: str | None) -> tuple[Source, Source]:
    """What was typed, as base and head. Raises ResultsError."""
    if len(files) > 2:
        raise ResultsError(f"{len(files)} files: give base and head; "
                           "`giveback merge` makes one file of several")
    ours, theirs = sides.parse_source(files[-1]), sides.parse_source(files[0])
    if len(files) == 1 and (base is None or head is None):
        raise ResultsError(f"{files[0]}: one file: name two of its "
                           "allocators with --base and --head, or give a "
                           "second file")
    return (Source(theirs.path, base or theirs.allocator),
            Source(ours.path, head or ours.allocator))


def measure(arguments: argparse.Namespace, base: Source,
            head: Source) -> Comparison:
    """The comparison that the common options ask for."""
    table = tolerances.PRESET if arguments.tolerances is None \
        else tolerances.read(arguments.tolerances)
    return compare.compare(base, head, table, arguments.metric,
                           arguments.kind, arguments.across_machines)


def run(arguments: argparse.Namespace) -> int:
    """Prints the comparison; returns 0. Raises ResultsError."""
    base, head = sources(arguments.files, arguments.base, arguments.head)
    comparison = measure(arguments, base, head)
    if arguments.format == "json":
        sys.stdout.write(verdict_json.text(comparison))
    elif arguments.format == "markdown":
        sys.stdout.write(markdown.text(
            comparison.verdicts, comparison.failures, comparison.warnings,
            noise=comparison.noise))
    else:
        look = look_for(sys.stdout, arguments.width)
        print("\n".join(render.lines(comparison, look)))
    return 0

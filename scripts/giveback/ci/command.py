"""`giveback ci`: two builds of an allocator as two backends of one run."""

import argparse
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from .. import outfile, output, program, results
from ..comparison import render, tolerances
from ..comparison.verdicts import Comparison
from ..gate import outcome
from ..look import look_for
from ..results import ResultsError
from ..rows import RunLine
from ..statistics import minimum_pairs
from . import builds, reports, stages
from .stages import Plan

SUMMARY = "two builds of an allocator in one run: verdicts, reports"

KINDS = ("memory", "timing")
# A cell that takes no time: what the builds are, is in its run line.
TRIAL = ("-w", "fill_drain+objects=1000", "--kind", "timing", "--pairs", "1")

LEGEND = """\
An address is a path to a library or a name of `giveback list allocators`,
each with its settings: --base ./old/libmine.so --head ./new/libmine.so, or
--base pymalloc:3.10 --head pymalloc:3.10+release=never.

Both are measured in the same blocks. What looks different is measured again
with fresh pairs and seeds, and only what is then still different counts.

A stored baseline is compared by `giveback check --baseline`, which has no
times and needs none of this.

FOLDER gets comment.md, junit.xml, verdicts.json and the results;
$GITHUB_STEP_SUMMARY, where that is set, the comment too.

exit codes
0  nothing is worse, or both are one build
1  cells of head failed
2  wrong usage, or a build that does not load
3  regression: a figure is worse, beyond its tolerance
4  unclear: a figure may be worse or better
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = LEGEND
    add = parser.add_argument
    add("--base", required=True, metavar="ADDRESS",
        help="the build that is there")
    add("--head", required=True, metavar="ADDRESS",
        help="the build that is to replace it")
    add("-w", "--workloads", action="append", default=[], metavar="LIST",
        help="workloads, as `giveback run` takes them (default: those of "
             "the suite)")
    add("-s", "--suite", metavar="NAME",
        help="a named list of workloads (default: headline)")
    add("-k", "--kind", type=_kinds, metavar="LIST", default=KINDS,
        help="what is measured (default: memory,timing)")
    add("-p", "--pairs", type=_pairs, metavar="N", default=12,
        help="timing runs of each in the first stage (default: 12)")
    add("--fresh-pairs", type=_pairs, metavar="N", default=20,
        help="of what the first stage flags (default: 20)")
    add("-r", "--repetitions", type=_count, metavar="N", default=3,
        help="memory runs of each, each with a seed of its own (default: 3)")
    add("--settle", metavar="SECONDS", default="1",
        help="how long a regime lasts (default: 1)")
    add("--after", metavar="LIST",
        help="regimes of memory runs (default: silent,tick)")
    add("--seed", type=int, metavar="N", default=1,
        help="of all that is random (default: 1)")
    add("--tolerances", type=Path, metavar="FILE",
        help="TOML that overrides what may change (default: the presets of "
             "docs/compare.md)")
    add("--bank", type=Path, metavar="FOLDER",
        help="where runs of two equal builds go, as samples of noise "
             "(default: equal builds are not measured)")
    add("-o", "--output", type=Path, metavar="FOLDER",
        default=Path("giveback-ci"),
        help="where everything goes; it must hold no results (default: "
             "giveback-ci)")


def _kinds(text: str) -> tuple[str, ...]:
    typed = tuple(text.split(","))
    for word in typed:
        if word not in KINDS:
            raise argparse.ArgumentTypeError(
                f"{word}: no such kind: give one of {', '.join(KINDS)}")
    return typed


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(
            f"{text}: give a number of at least 1")
    return int(text)


def _pairs(text: str) -> int:
    count = _count(text)
    if count < minimum_pairs(1):
        raise argparse.ArgumentTypeError(
            f"{text}: so few pairs can never say that anything changed: give "
            f"at least {minimum_pairs(1)}")
    return count


def run(arguments: argparse.Namespace) -> int:
    """Measures, judges, writes; returns the exit code. Raises
    ResultsError."""
    plan = _plan(arguments)
    _make_folder(plan)
    title = f"giveback: {arguments.head} against {arguments.base}"
    if _are_one(plan):
        output.tell("base and head are one build: "
                    "there is nothing to compare")
        if arguments.bank is not None:
            _bank(plan, arguments.bank)
        note = "base and head are one build: nothing was compared"
        reports.write(plan.folder, Comparison(
            arguments.base, arguments.head, (), warnings=(note,)), title)
        return outcome.PASSED
    found = replace(stages.second(plan, stages.first(plan)),
                    base=arguments.base, head=arguments.head)
    reports.write(plan.folder, found, title)
    output.tell("\n".join([*render.lines(found, look_for(sys.stdout)),
                           outcome.sentence(found)]))
    return outcome.exit_code(found)


def _plan(arguments: argparse.Namespace) -> Plan:
    workloads = [word for text in arguments.workloads
                 for word in ("-w", text)]
    if arguments.suite is not None:
        workloads += ["--suite", arguments.suite]
    regimes = ["--settle", arguments.settle]
    if arguments.after is not None:
        regimes += ["--after", arguments.after]
    return Plan(
        folder=arguments.output,
        allocators=builds.addresses(arguments.base, arguments.head),
        workloads=workloads, regimes=regimes, kinds=arguments.kind,
        seed=arguments.seed, pairs=arguments.pairs,
        fresh_pairs=arguments.fresh_pairs,
        repetitions=arguments.repetitions,
        tolerances=tolerances.PRESET if arguments.tolerances is None
        else tolerances.read(arguments.tolerances))


def _make_folder(plan: Plan) -> None:
    try:
        plan.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(f"{plan.folder}: cannot be made: "
                           f"{error.strerror}: give another -o") from None
    if any(plan.folder.glob("*.jsonl")):
        raise ResultsError(f"{plan.folder}: holds results: give another -o, "
                           "or remove it")


def _are_one(plan: Plan) -> bool:
    program.measure(plan.file("trial"), [*plan.allocators, *TRIAL])
    line = next(results.stream([plan.file("trial")], []))
    assert isinstance(line, RunLine)
    return builds.are_one(builds.entry(line, builds.BASE),
                          builds.entry(line, builds.HEAD))


def _bank(plan: Plan, bank: Path) -> None:
    """A run of one build as two: what noise does here."""
    try:
        bank.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(f"{bank}: cannot be made: {error.strerror}: give "
                           "another --bank") from None
    stages.first(plan)
    path = _next_free(bank)
    # A copy: the bank may lie on another file system.
    with plan.file("first").open("rb") as source, \
            outfile.opened(path) as target:
        shutil.copyfileobj(source, target)
    output.tell(f"{path}: banked as a sample of this machine's noise")


def _next_free(bank: Path) -> Path:
    """Behind the last, whatever was taken out of the bank before it."""
    taken = [int(path.stem) for path in bank.glob("*.jsonl")
             if path.stem.isascii() and path.stem.isdigit()]
    return bank / f"{max(taken, default=-1) + 1:04}.jsonl"

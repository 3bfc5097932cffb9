"""`giveback doctor`: what this host can see, how small an effect it can find,
and what to do about it."""

import argparse
import json
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from .. import look, output, statistics, table, words
from ..look import Look
from . import findings, grade, noise, power, sight
from .findings import Finding
from .grade import Grade

SUMMARY = "what this host can and cannot see, and what to do about it"

PAIRS = (12, 20, 40)
INDENT = " " * len("  limit  ")
EXIT_OK, EXIT_GRADE_D = 0, 1
COLOURS = {"good": table.GREEN, "note": table.YELLOW, "limit": table.RED}

EPILOG = """\
good   as it should be
note   some figures are missing or noisier
limit  figures cannot be trusted to repeat
Exits 0, 1 at grade D (without --no-noise), 2 on wrong usage or where the
program cannot measure.
""" + textwrap.fill("grade  " + grade.RULE, look.LEAST_WIDTH - 1,
                    subsequent_indent=" " * 7)


@dataclass(frozen=True, slots=True)
class Noise:
    """`effects`: the smallest found by so many pairs; None: none."""

    log_ratios: tuple[float, ...]
    spread: float
    effects: dict[int, float | None]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    findings: tuple[Finding, ...]
    noise: Noise | None  # None: not measured, and no grade
    grade: Grade | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("--no-noise", action="store_true",
                        help="leave out the noise, which takes a minute, and "
                             "the grade (default: measured)")
    parser.add_argument("--format", choices=("text", "json"), default="text",
                        help="how it is printed (default: text)")


def run(arguments: argparse.Namespace) -> int:
    """Prints the diagnosis; returns the exit code. Raises ResultsError."""
    _say("looking at what can be seen here, some seconds")
    found = findings.of_sight(sight.look())
    log_ratios = None
    if not arguments.no_noise:
        _say(f"measuring noise: {noise.PAIRS} pairs of {noise.WORKLOAD}, "
             "about a minute")
        log_ratios = noise.measure()
    diagnosis = diagnose(found, log_ratios)
    if arguments.format == "json":
        output.tell(json.dumps(as_json(diagnosis), indent=2,
                               allow_nan=False))
    else:
        output.tell("\n".join(as_text(diagnosis, look.look_for(sys.stdout))))
    return EXIT_GRADE_D if diagnosis.grade == "D" else EXIT_OK


def _say(what: str) -> None:
    print(f"giveback doctor: {what}", file=sys.stderr, flush=True)


def diagnose(found: Sequence[Finding],
             log_ratios: Sequence[float] | None) -> Diagnosis:
    """`log_ratios`: of an A/A run; None: there was none."""
    if log_ratios is None:
        return Diagnosis(tuple(found), None, None)
    middle = statistics.median(log_ratios)
    spread = statistics.NORMAL_DEVIATIONS * statistics.median(
        [abs(ratio - middle) for ratio in log_ratios])
    effects = {pairs: power.smallest_effect(log_ratios, pairs)
               for pairs in PAIRS}
    return Diagnosis(tuple(found),
                     Noise(tuple(log_ratios), spread, effects),
                     grade.of_host(found, effects[grade.PAIRS]))


def as_json(diagnosis: Diagnosis) -> dict:
    """Ratios are less 1: 0.05 is 5 %. Null is unknown, or not found."""
    measured = diagnosis.noise
    return {
        "type": "doctor", "schema": 1,
        "findings": [asdict(finding) for finding in diagnosis.findings],
        "noise": None if measured is None else {
            "workload": noise.WORKLOAD,
            "log_ratios": list(measured.log_ratios),
            "spread": measured.spread,
            "power": power.POWER,
            "smallest_effect": {str(pairs): effect for pairs, effect
                                in measured.effects.items()},
        },
        "grade": diagnosis.grade, "rule": grade.RULE}


def as_text(diagnosis: Diagnosis, how: Look) -> list[str]:
    lines = []
    for concerns in dict.fromkeys(f.concerns for f in diagnosis.findings):
        lines.append(concerns)
        for finding in diagnosis.findings:
            if finding.concerns == concerns:
                lines += _finding(finding, how)
        lines.append("")
    return [*lines, *_noise(diagnosis, how)]


def _finding(finding: Finding, how: Look) -> list[str]:
    """The state, what was seen, and below it what to do."""
    wrapped = _wrap(f"  {finding.state:5}  {words.clean(finding.seen)}.", how)
    if how.coloured:
        colour = COLOURS[finding.state]
        wrapped[0] = wrapped[0].replace(
            finding.state, f"\033[{colour}m{finding.state}\033[0m", 1)
    if finding.state != "good" and finding.remedy is not None:
        wrapped += _wrap(f"{INDENT}to do: {finding.remedy}", how)
    return wrapped


def _wrap(sentence: str, how: Look) -> list[str]:
    """As lines that begin below what was seen."""
    return textwrap.wrap(sentence, how.width, subsequent_indent=INDENT,
                         break_on_hyphens=False)


def _noise(diagnosis: Diagnosis, how: Look) -> list[str]:
    measured = diagnosis.noise
    if measured is None:
        return ["Noise was not measured: no grade."]
    effects = ", ".join(
        f"{'none' if effect is None else percent(effect)} with {pairs} pairs"
        for pairs, effect in measured.effects.items())
    return [
        *how.wrap(f"noise: two equal backends differ by {how.plus_minus}"
                  f"{percent(measured.spread)} in "
                  f"{words.count(len(measured.log_ratios), 'pair')} of "
                  f"{noise.WORKLOAD} (1.4826 x median absolute deviation of "
                  "log ratios)."),
        *how.wrap("Smallest effect on time found with 80 % power by the "
                  f"signed-rank test: {effects}; by drawing from these pairs "
                  f"{power.DRAWS:,} times."),
        f"grade {diagnosis.grade}", *how.wrap(grade.RULE)]


def percent(share: float) -> str:
    """Rounded up: never shown smaller than it is."""
    tenths = -(-round(1000 * share, 6) // 1)
    return f"{words.decimal(tenths / 10, 1)} %"

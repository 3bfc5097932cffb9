"""Verdicts as Markdown: a comment of a pull request, a summary of a step."""

from collections.abc import Sequence

from .. import words
from ..comparison.verdicts import CellVerdict, Failure, SelfDifference
from ..comparison.verdicts import counts_in_words
from . import phrases

SIGNS = {"worse": "\N{CROSS MARK}", "better": "\N{WHITE HEAVY CHECK MARK}",
         "unclear": "\N{WHITE QUESTION MARK ORNAMENT}", "same": ""}
HEADING = ("figure", "workload", "base", "head", "change", "interval", "p",
           "verdict")


def text(verdicts: Sequence[CellVerdict], failures: Sequence[Failure] = (),
         warnings: Sequence[str] = (), title: str = "giveback",
         noise: Sequence[SelfDifference] = ()) -> str:
    """A document: what needs a look on top, the rest folded away. GitHub,
    GitLab and Forgejo show it. Ends with a newline."""
    loud = [verdict for verdict in verdicts if verdict.word != "same"]
    lines = [f"## {escape(title)}: {counts_in_words(verdicts)}", ""]
    for failed in failures:
        lines.append(f"- {SIGNS['worse']} {escape(phrases.failure(failed))}")
    lines += [f"- {escape(warning)}" for warning in warnings]
    if failures or warnings:
        lines.append("")
    if loud:
        lines += [*table(loud), ""]
    quiet = [verdict for verdict in verdicts if verdict.word == "same"]
    if quiet:
        lines += [f"<details><summary>{len(quiet)} same</summary>", "",
                  *table(quiet), "", "</details>", ""]
    lines += [f"- {escape(phrases.noise(said))}" for said in noise]
    return "\n".join(lines).rstrip("\n") + "\n"


def table(verdicts: Sequence[CellVerdict]) -> list[str]:
    """One row per verdict, in the order given."""
    names = {(verdict.base, verdict.head) for verdict in verdicts}
    rows = [HEADING, ("---",) * len(HEADING),
            *(_row(verdict, len(names) > 1) for verdict in verdicts)]
    return ["| " + " | ".join(row) + " |" for row in rows]


def _row(verdict: CellVerdict, with_names: bool) -> tuple[str, ...]:
    return tuple(map(escape, fields(verdict, with_names)))


def fields(verdict: CellVerdict, with_names: bool) -> tuple[str, ...]:
    """What stands below each of HEADING, as plain text."""
    place = phrases.workload(verdict)
    if with_names:
        place = f"{phrases.allocators(verdict)}: {place}"
    said = f"{SIGNS[verdict.word]} {phrases.verdict_words(verdict)}".strip()
    return (
        verdict.title, place,
        phrases.figure(verdict.base_figure, verdict.unit),
        phrases.figure(verdict.head_figure, verdict.unit),
        phrases.change(verdict), phrases.interval(verdict),
        phrases.probability(verdict.adjusted_p),
        f"{said}; {verdict.note}" if verdict.note else said)


def escape(foreign: str) -> str:
    """Text that Markdown and HTML leave alone, on one line."""
    return "".join(f"&#{ord(sign)};" if sign in "&\\`*_[]<>|#~@" else sign
                   for sign in words.clean(foreign, 1000))

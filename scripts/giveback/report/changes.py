"""What changed between two runs, for a page that shows both: the verdicts of
`giveback compare`, as they stand."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .. import words
from ..comparison import compare, sides
from ..comparison.verdicts import CellVerdict, Comparison, counts_in_words
from ..formats import markdown, phrases
from . import host
from .view import Table, Value, View

LONGEST = 1000  # letters of a sentence

# Of two runs these always differ.
OF_A_MOMENT = frozenset(("load when it began", "started", "cells"))


def compared(base: str, head: Path, across_machines: bool) -> Comparison:
    """`base` is FILE or FILE:ALLOCATOR. Raises ResultsError."""
    return compare.compare(sides.parse_source(base), sides.Source(head, None),
                           across_machines=across_machines)


def beside(views: Sequence[View], base: Sequence[View],
           comparison: Comparison) -> list[View]:
    """The views of head with those of base to draw beside them: of each
    allocator that was compared."""
    partners = {verdict.head: verdict.base
                for verdict in comparison.verdicts}
    return [replace(view, base=tuple(base), partners=partners)
            for view in views]


def told(comparison: Comparison, base: Sequence[View],
         head: Sequence[View]) -> dict:
    """The part of the page that stands first."""
    loud = [verdict for word in ("worse", "unclear", "better")
            for verdict in comparison.with_word(word)]
    return {"base": words.clean(comparison.base),
            "head": words.clean(comparison.head),
            "hosts": differences(base, head),
            "counts": counts_in_words(comparison.verdicts),
            "failures": [phrases.failure(failed)
                         for failed in comparison.failures],
            "warnings": [words.clean(warning, LONGEST)
                         for warning in comparison.warnings],
            "loud": _table(loud),
            "same": _table(comparison.with_word("same"))}


def differences(base: Sequence[View], head: Sequence[View]) -> list[str]:
    """"kernel: base 6.1.0, head 6.2.0", of the first run of each."""
    if not base or not head:
        return []
    theirs, ours = (_facts(views[0]) for views in (base, head))
    return [f"{name}: base {theirs[name]}, head {ours[name]}"
            for name in ours if ours[name] != theirs[name]]


def _facts(view: View) -> dict[str, str]:
    known = dict(host.facts(view)) | {
        "giveback": words.clean(view.run.giveback),
        "commit": words.clean(view.run.commit or "unknown"),
        "repetitions": str(view.run.repetitions),
        "pairs": str(view.run.pairs)}
    return {name: text for name, text in known.items()
            if name not in OF_A_MOMENT}


def _table(verdicts: Sequence[CellVerdict]) -> Table | None:
    if not verdicts:
        return None
    names = {(verdict.base, verdict.head) for verdict in verdicts}
    return Table(markdown.HEADING, [
        [Value(text, _sort(column, text, verdict)) for column, text
         in zip(markdown.HEADING, markdown.fields(verdict, len(names) > 1))]
        for verdict in verdicts])


def _sort(column: str, text: str,
          verdict: CellVerdict) -> float | str | None:
    figures = {"base": verdict.base_figure, "head": verdict.head_figure,
               "change": verdict.change, "interval": verdict.low,
               "p": verdict.adjusted_p}
    return figures.get(column, text)

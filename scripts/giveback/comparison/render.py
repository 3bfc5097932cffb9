"""A comparison as tables for a terminal: one per figure."""

from collections.abc import Sequence

from .. import table, words
from ..formats import phrases
from ..look import Look
from ..table import Column, Line
from .verdicts import CellVerdict, Comparison, counts_in_words

COLOURS = {"better": table.GREEN, "worse": table.RED,
           "unclear": table.YELLOW}
# What the changes of sampled figures are in; None: the figure's unit.
IN_WHAT = {"ratio": "%", "of max L": "% of max L", "difference": None}


def _sampled_columns(verdict: CellVerdict) -> tuple[Column, ...]:
    unit = IN_WHAT[verdict.scale] or verdict.unit
    return (Column(("base",)), Column(("head",)),
            Column(("change", unit)), Column(("interval", unit)),
            Column(("p",)), Column(("P(head", "< base)")),
            Column(("pairs",)), Column(("verdict",), left=True))


def _exact_columns(unit: str) -> tuple[Column, ...]:
    return (Column(("base",)), Column(("head",)),
            Column(("changed", f"by, {unit}")),
            Column(("allowed", unit)), Column(("seeds",)),
            Column(("verdict",), left=True))


def lines(comparison: Comparison, look: Look) -> list[str]:
    """Everything, line by line; what is not the same once more in
    words, the worst last."""
    found = look.wrap(f"base: {words.clean(comparison.base)}") \
        + look.wrap(f"head: {words.clean(comparison.head)}")
    groups: dict[str, list[CellVerdict]] = {}
    for verdict in comparison.verdicts:
        groups.setdefault(_heading(verdict), []).append(verdict)
    for heading, group in groups.items():
        found += ["", heading, *_table(group, look)]
    found.append("")
    found += _sentences(comparison, look)
    return found


def _heading(verdict: CellVerdict) -> str:
    unit = "MiB" if verdict.unit == "bytes" else verdict.unit
    return f"{verdict.title}, {unit}, {verdict.measure}"


def _table(verdicts: Sequence[CellVerdict], look: Look) -> list[str]:
    is_exact = verdicts[0].measure == "exact"
    rows = [Line(_name(verdict, verdicts),
                 _exact(verdict) if is_exact else _sampled(verdict),
                 colour=COLOURS.get(verdict.word, ""))
            for verdict in verdicts]
    columns = _exact_columns(verdicts[0].unit) if is_exact \
        else _sampled_columns(verdicts[0])
    return table.render("workload", columns, rows, look.width, look.coloured)


def _name(verdict: CellVerdict, others: Sequence[CellVerdict]) -> str:
    """With parameters, or allocators, only where those tell cells apart."""
    several = sum(other.workload == verdict.workload
                  and (other.base, other.head) == (verdict.base, verdict.head)
                  for other in others) > 1
    name = phrases.workload(verdict) if several \
        else words.clean(verdict.workload, words.NAME_LIMIT)
    pairs = {(other.base, other.head) for other in others}
    return f"{phrases.allocators(verdict)}: {name}" if len(pairs) > 1 \
        else name


def _bare(value: float | None, unit: str) -> str:
    return phrases.figure(value, unit).split(" ")[0]


def _exact(verdict: CellVerdict) -> tuple[str, ...]:
    unit = verdict.unit
    return (_bare(verdict.base_figure, unit), _bare(verdict.head_figure, unit),
            phrases.number(verdict.change), words.number(verdict.margin),
            str(verdict.pairs), verdict.word)


def _sampled(verdict: CellVerdict) -> tuple[str, ...]:
    return (_bare(verdict.base_figure, verdict.unit),
            _bare(verdict.head_figure, verdict.unit),
            _bare_change(verdict), phrases.bare_interval(verdict),
            phrases.probability(verdict.adjusted_p),
            words.UNKNOWN if verdict.head_below is None
            else words.ratio(verdict.head_below), str(verdict.pairs),
            verdict.word)


def _bare_change(verdict: CellVerdict) -> str:
    if verdict.scale == "difference":
        return phrases.number(verdict.change)
    return phrases.percent(verdict.change).removesuffix(" %")


def _sentences(comparison: Comparison, look: Look) -> list[str]:
    notes = dict.fromkeys(f"{verdict.title} of {verdict.workload}: "
                          f"{verdict.note}" for verdict in comparison.verdicts
                          if verdict.note)
    said = [f"warning: {warning}" for warning in comparison.warnings]
    said += [f"note: {note}" for note in notes]
    said += [phrases.noise(one) for one in comparison.noise]
    said += [f"failed: {phrases.failure(failed)}"
             for failed in comparison.failures]
    said += [phrases.sentence(verdict)
             for word in ("better", "unclear", "worse")
             for verdict in comparison.with_word(word)]
    said.append(counts_in_words(comparison.verdicts))
    return [line for sentence in said
            for line in look.wrap(words.clean(sentence, 1000))]

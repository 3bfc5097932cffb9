"""From readings to verdicts: exact figures each for itself, sampled ones
with Holm's correction within their metric. What both sides have and nothing
can be said of is unclear; no figure is dropped.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .. import statistics, words
from ..results import ResultsError
from . import exact, pairing, sampled
from .sampled import Sample
from .sides import Place, Reading
from .tolerances import Tolerance, Tolerances
from .verdicts import CellVerdict


@dataclass(frozen=True, slots=True)
class Match:
    """A figure that both sides have."""

    place: Place
    base_name: str
    head_name: str
    base: Sequence[Reading]
    head: Sequence[Reading]

    @property
    def is_exact(self) -> bool:
        """Whether equal seeds give equal figures: no seed decides the order
        of threads."""
        return self.place.measured.is_exact and not self.is_threaded

    @property
    def is_threaded(self) -> bool:
        return any(reading.threaded for side in (self.base, self.head)
                   for reading in side)


def verdicts(matches: Sequence[Match], tolerances: Tolerances,
             refuse: bool = True) -> list[CellVerdict]:
    """One per match, in their order. `refuse`: raises ResultsError where a
    sampled metric has too few pairs for any verdict; else it is unclear."""
    judged: dict[int, CellVerdict] = {}
    waiting: dict[str, list[tuple[int, Match, str]]] = {}
    for number, match in enumerate(matches):
        note = ""
        if match.is_exact:
            change = exact.compare(match.base, match.head,
                                   _tolerance(tolerances, match))
            if change is None:
                continue  # as a sample it has no pair either
            if change.word is not None:
                judged[number] = _exact_verdict(match, change)
                continue
            note = f"exact, but {change.note}: judged as sampled"
        elif match.place.measured.is_exact:
            note = "several threads: judged as sampled"
        waiting.setdefault(match.place.measured.metric, []).append(
            (number, match, note))
    for family in waiting.values():
        judged |= _judge_family(family, tolerances, refuse)
    return [judged[number] if number in judged
            else _not_compared(match, tolerances)
            for number, match in enumerate(matches)]


def _tolerance(tolerances: Tolerances, match: Match) -> Tolerance:
    return tolerances.of(match.place.measured.metric, match.place.point)


def _not_compared(match: Match, tolerances: Tolerances) -> CellVerdict:
    """Unclear, not left out: what nobody compared is not green."""
    if match.is_exact:
        return replace(
            _blank(match, _allowed(match, tolerances)),
            note="no seed is on both sides: not compared")
    return replace(_blank(match, _tolerance(tolerances, match).margin),
                   measure="sampled", scale=match.place.measured.scale,
                   note="no pair of both sides gives it: not compared")


def _allowed(match: Match, tolerances: Tolerances) -> float:
    return _tolerance(tolerances, match).allowed(_middle(match.base))


def _blank(match: Match, margin: float) -> CellVerdict:
    place = match.place
    return CellVerdict(
        metric=place.measured.metric, point=place.point,
        workload=place.workload, parameters=dict(place.parameters),
        base=match.base_name, head=match.head_name, measure="exact",
        unit=place.measured.unit, word="unclear",
        base_figure=_middle(match.base), head_figure=_middle(match.head),
        change=None, margin=margin)


def _middle(readings: Sequence[Reading]) -> float:
    return statistics.median([reading.value for reading in readings])


def _exact_verdict(match: Match, change: exact.Change) -> CellVerdict:
    assert change.word is not None
    return replace(_blank(match, change.allowed), word=change.word,
                   change=change.change, pairs=change.seeds)


# ---- sampled --------------------------------------------------------------

def _judge_family(family: Sequence[tuple[int, Match, str]],
                  tolerances: Tolerances,
                  refuse: bool) -> dict[int, CellVerdict]:
    found = [(number, match, note, _sample(match))
             for number, match, note in family]
    present = [row for row in found if row[3] is not None]
    samples = [sample for *_, sample in present]
    if refuse:
        _refuse_too_few(present)
    adjusted = statistics.holm([sample.p for sample in samples])
    return {number: _sampled_verdict(match, sample, p, len(present), note,
                                     tolerances)
            for (number, match, note, sample), p in zip(present, adjusted)}


def _sample(match: Match) -> Sample | None:
    """Paired within blocks where both come from one run."""
    scale = match.place.measured.scale
    if match.is_exact:
        # Regimes of one seed share their build and drain: once is enough.
        return sampled.of_pairs(
            pairing.first_of_seeds(match.base, match.head), scale)
    if match.place.measured.is_exact:
        pairs = pairing.by_run_and_seed(match.base, match.head)
        base, head = map(pairing.first_of_each_run, (match.base, match.head))
    else:
        pairs = pairing.by_block(match.base, match.head)
        base, head = match.base, match.head
    return sampled.of_pairs(pairs, scale) if pairs \
        else sampled.of_groups(base, head, scale)


def _refuse_too_few(present: Sequence[tuple[int, Match, str, Sample]]) \
        -> None:
    """A metric of the class exact has as few repetitions as it has: that is
    unclear. A metric that is sampled by design must have enough."""
    if not present or present[0][1].place.measured.is_exact:
        return
    metric = present[0][1].place.measured.metric
    most = max(sample.count for *_, sample in present)
    cells, paired = len(present), present[0][3].paired
    least = minimum_runs(cells, paired)
    if most < least:
        what = "pairs" if paired else "runs a side"
        kind = present[0][1].place.measured.kind
        verb = "micro" if kind == "micro" else \
            "program" if kind.startswith("program") else "run"
        option = "--repetitions" if kind in ("memory", "program") \
            else "--pairs"
        memory = {"run": "memory", "program": "program"}.get(verb)
        rest = "" if memory in (None, kind) \
            else f", or compare memory alone with --kind {memory}"
        raise ResultsError(
            f"{metric}: {most} {what} can never reject among {cells} cells "
            f"at {100 * statistics.ALPHA:.0f} %: measure with `giveback {verb} "
            f"{option} {least}`{rest}")


def minimum_runs(cells: int, paired: bool) -> int:
    """The fewest pairs, or runs of each side, whose smallest p Holm can
    still reject among so many comparisons: 2 / 2^n for pairs, 2 over the
    binomial of 2n and n for Mann and Whitney's test."""
    if paired:
        return statistics.minimum_pairs(cells)
    runs = 1
    while 2 / math.comb(2 * runs, runs) > statistics.ALPHA / cells:
        runs += 1
    return runs


def _sampled_verdict(match: Match, sample: Sample, adjusted_p: float,
                     cells: int, note: str,
                     tolerances: Tolerances) -> CellVerdict:
    scale = match.place.measured.scale
    said = _allowed(match, tolerances) if scale == "difference" \
        else _tolerance(tolerances, match).margin
    margin = math.log1p(said) if scale == "ratio" else said
    word = statistics.verdict(sample.interval, adjusted_p, margin)
    shown = math.expm1 if scale == "ratio" else float
    interval = sample.interval
    left_out = f"{words.count(sample.undefined, 'pair')} without such a " \
        "difference left out" if sample.undefined else ""
    return replace(
        _blank(match, said), measure="sampled", scale=scale, word=word,
        change=shown(sample.middle),
        low=None if interval is None else shown(interval.low),
        high=None if interval is None else shown(interval.high),
        p=sample.p, adjusted_p=adjusted_p, head_below=sample.head_below,
        pairs=sample.count, paired=sample.paired, gates=sample.paired,
        pairs_needed=_needed(sample, adjusted_p, cells, margin)
        if word == "unclear" else None,
        note="; ".join(filter(None, (note, left_out))))


def _needed(sample: Sample, adjusted_p: float, cells: int,
            margin: float) -> int | None:
    comparison = statistics.Comparison(
        sample.count, sample.middle, sample.interval, sample.p, adjusted_p,
        "unclear")
    least = minimum_runs(cells, sample.paired)
    if sample.interval is None:
        return least
    wanted = statistics.pairs_needed(comparison, cells, margin)
    return None if wanted is None else max(least, wanted)

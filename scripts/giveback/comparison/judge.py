"""From readings to verdicts: exact figures each for itself, sampled ones
with Holm's correction within their metric.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .. import statistics
from ..results import ResultsError
from . import exact, pairing, sampled
from .pairing import Pair
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


def verdicts(matches: Sequence[Match],
             tolerances: Tolerances) -> list[CellVerdict]:
    """One per match that can be compared at all, in their order. Raises
    ResultsError where a sampled metric has too few pairs for any verdict."""
    judged: dict[int, CellVerdict] = {}
    waiting: dict[str, list[tuple[int, Match, str]]] = {}
    for number, match in enumerate(matches):
        tolerance = tolerances.of(match.place.measured.metric,
                                  match.place.point)
        change = None if not match.place.measured.is_exact \
            else exact.compare(match.base, match.head, tolerance)
        if change is not None and change.word is not None:
            judged[number] = _exact_verdict(match, change)
        elif change is not None or not match.place.measured.is_exact:
            note = "" if change is None else change.note
            waiting.setdefault(_family(match.place), []).append(
                (number, match, note))
    for family in waiting.values():
        judged |= _judge_family(family, tolerances)
    return [judged[number] for number in sorted(judged)]


def _family(place: Place) -> str:
    return f"{place.measured.metric} {place.point}"


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
                  tolerances: Tolerances) -> dict[int, CellVerdict]:
    found = [(number, match, note, _sample(match))
             for number, match, note in family]
    present = [row for row in found if row[3] is not None]
    samples = [sample for *_, sample in present]
    _refuse_too_few(present)
    adjusted = statistics.holm([sample.p for sample in samples])
    return {number: _sampled_verdict(
                match, sample, p, len(present), note,
                tolerances.of(match.place.measured.metric,
                              match.place.point))
            for (number, match, note, sample), p in zip(present, adjusted)}


def _sample(match: Match) -> Sample | None:
    """Paired within blocks where both come from one run."""
    measured = match.place.measured
    if measured.is_exact:
        # Regimes of one seed share their build and drain: once is enough.
        return sampled.of_pairs(
            pairing.first_of_seeds(match.base, match.head), measured.is_size)
    pairs: list[Pair] = pairing.by_block(match.base, match.head)
    if pairs:
        return sampled.of_pairs(pairs, measured.is_size)
    return sampled.of_groups(match.base, match.head, measured.is_size)


def _refuse_too_few(present: Sequence[tuple[int, Match, str, Sample]]) \
        -> None:
    """An exact metric whose repetitions differ has as few as it has: that
    is unclear. A metric that is sampled by design must have enough."""
    if not present or present[0][1].place.measured.is_exact:
        return
    metric = present[0][1].place.measured.metric
    most = max(sample.count for *_, sample in present)
    cells, paired = len(present), present[0][3].paired
    least = minimum_runs(cells, paired)
    if most < least:
        what = "pairs" if paired else "runs a side"
        option = "--repetitions" \
            if present[0][1].place.measured.kind == "memory" else "--pairs"
        raise ResultsError(
            f"{metric}: {most} {what} can never reject among {cells} cells "
            f"at {100 * statistics.ALPHA:.0f} %: measure with `giveback run "
            f"{option} {least}`, or compare memory alone with --kind memory")


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
                     tolerance: Tolerance) -> CellVerdict:
    is_size = match.place.measured.is_size
    margin = tolerance.margin if is_size else math.log1p(tolerance.margin)
    word = statistics.verdict(sample.interval, adjusted_p, margin)
    shown = (lambda value: value) if is_size else math.expm1
    interval = sample.interval
    return replace(
        _blank(match, tolerance.margin), measure="sampled", word=word,
        change=shown(sample.middle),
        low=None if interval is None else shown(interval.low),
        high=None if interval is None else shown(interval.high),
        p=sample.p, adjusted_p=adjusted_p, head_below=sample.head_below,
        pairs=sample.count, paired=sample.paired, gates=sample.paired,
        pairs_needed=_needed(sample, adjusted_p, cells, margin)
        if word == "unclear" else None,
        note=f"exact, but {note}: judged as sampled" if note else "")


def _needed(sample: Sample, adjusted_p: float, cells: int,
            margin: float) -> int:
    comparison = statistics.Comparison(
        sample.count, sample.middle, sample.interval, sample.p, adjusted_p,
        "unclear")
    least = minimum_runs(cells, sample.paired)
    return max(least, statistics.pairs_needed(comparison, cells, margin)
               if sample.interval is not None else least)

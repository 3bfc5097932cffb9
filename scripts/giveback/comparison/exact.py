"""Exact figures: integers of equal seed, compared as such."""

from collections.abc import Sequence
from dataclasses import dataclass

from .. import statistics, words
from .pairing import by_seed
from .sides import Reading
from .tolerances import Tolerance
from .verdicts import Word


@dataclass(frozen=True, slots=True)
class Change:
    """`word` None: the repetitions contradict the class, so that the figure
    must be judged as a sample; `note` says why."""

    word: Word | None
    change: float
    allowed: float
    seeds: int
    note: str


def compare(base: Sequence[Reading], head: Sequence[Reading],
            tolerance: Tolerance) -> Change | None:
    """Less is better. None where no seed is in both.

    `worse` and `better` need every seed to change beyond the tolerance, in
    one direction; where nothing but code decides (no tolerance) one seed is
    enough. Seeds that disagree, or repetitions of one seed that differ by
    more than the tolerance, make the figure a sample."""
    ours, theirs = by_seed(head), by_seed(base)
    seeds = sorted(ours.keys() & theirs.keys())
    if not seeds:
        return None
    middle = statistics.median([reading.value for reading in base])
    allowed = tolerance.allowed(middle)
    changes = [_middle(ours[seed]) - _middle(theirs[seed]) for seed in seeds]
    greatest = max(changes, key=abs)
    spread = max(_range(group[seed]) for group in (ours, theirs)
                 for seed in seeds)
    word, note = _word(changes, allowed), ""
    if spread > allowed:
        word = None
        note = f"runs of equal seed differ by {words.number(spread)}"
    elif word is None:
        note = "seeds disagree"
    return Change(word, greatest, allowed, len(seeds), note)


def _word(changes: Sequence[float], allowed: float) -> Word | None:
    beyond = [change for change in changes if abs(change) > allowed]
    if not beyond:
        return "same"
    if allowed and len(beyond) < len(changes):
        return None
    if all(change > 0 for change in beyond):
        return "worse"
    return "better" if all(change < 0 for change in beyond) else None


def _middle(readings: Sequence[Reading]) -> float:
    return statistics.median([reading.value for reading in readings])


def _range(readings: Sequence[Reading]) -> float:
    values = [reading.value for reading in readings]
    return max(values) - min(values)

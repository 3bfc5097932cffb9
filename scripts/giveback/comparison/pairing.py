"""Which figures of base and head belong together.

Sampled figures pair within a block of one run, where both met the same
moment of the machine. Exact ones pair by seed, whatever run they are of;
memory of several threads by seed within one run.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from .. import statistics
from .sides import Place, Reading, Readings, Side

# Fewer blocks than this say nothing about what they have in common.
LEAST_BLOCKS = 6


@dataclass(frozen=True, slots=True)
class Pair:
    base: Reading
    head: Reading


def by_block(base: Iterable[Reading], head: Iterable[Reading]) -> list[Pair]:
    """Those of one run and block, in order."""
    known = {(reading.run, reading.block): reading for reading in base}
    return [Pair(known[key], reading) for reading in head
            if (key := (reading.run, reading.block)) in known]


def by_seed(readings: Iterable[Reading]) -> dict[int, list[Reading]]:
    """A seed's readings, which should be equal."""
    groups: dict[int, list[Reading]] = {}
    for reading in readings:
        groups.setdefault(reading.seed, []).append(reading)
    return groups


def first_of_seeds(base: Sequence[Reading],
                   head: Sequence[Reading]) -> list[Pair]:
    """One pair for each seed that both have."""
    ours, theirs = by_seed(head), by_seed(base)
    return [Pair(theirs[seed][0], ours[seed][0])
            for seed in sorted(ours.keys() & theirs.keys())]


def first_of_each_run(readings: Iterable[Reading]) -> list[Reading]:
    """One for each run and seed: what shares a seed is no second sample."""
    found: dict[tuple[str, int], Reading] = {}
    for reading in readings:
        found.setdefault((reading.run, reading.seed), reading)
    return list(found.values())


def by_run_and_seed(base: Iterable[Reading],
                    head: Iterable[Reading]) -> list[Pair]:
    """Those of one repetition of one run, in order, each seed once."""
    known = {(reading.run, reading.seed): reading
             for reading in first_of_each_run(base)}
    return [Pair(known[key], reading) for reading in first_of_each_run(head)
            if (key := (reading.run, reading.seed)) in known]


def share_left_by_pairing(side: Side) -> float | None:
    """What pairing leaves of the variance of log ratios: over all two
    allocators that stood in the same blocks of this side, the median of
    var(ln a - ln b) / (var(ln a) + var(ln b)). An unpaired comparison needs
    the inverse of it times the runs for an interval as narrow. None where
    no two have enough blocks."""
    shares = [share for ours, theirs in combinations(
                  [side.readings[name] for name in side.names], 2)
              for place in ours
              if place.measured.kind == "timing" and place in theirs
              and (share := _share_left(place, ours, theirs)) is not None]
    return statistics.median(shares) if shares else None


def _share_left(place: Place, ours: Readings,
                theirs: Readings) -> float | None:
    pairs = [pair for pair in by_block(ours[place], theirs[place])
             if pair.base.value > 0 and pair.head.value > 0]
    if len(pairs) < LEAST_BLOCKS:
        return None
    first = [math.log(pair.base.value) for pair in pairs]
    second = [math.log(pair.head.value) for pair in pairs]
    apart = _variance(first) + _variance(second)
    together = _variance([a - b for a, b in zip(first, second)])
    return together / apart if apart else None


def _variance(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) \
        / (len(values) - 1)

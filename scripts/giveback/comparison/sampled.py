"""Sampled figures: differences, their interval and their test.

Paired: the log ratio of each block (of memory, which may be zero or
negative, the difference over max L; of counts, which may be zero, the plain
difference), Wilcoxon's signed-rank test and the order-statistic interval of
the median. Unpaired: the same differences of
every head with every base, the test of Mann and Whitney and the interval
that belongs to it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import statistics
from ..statistics import MedianInterval
from .pairing import Pair
from .sides import Reading
from .verdicts import Scale

# More say no more, and their statistics would take minutes: of so many pairs
# or, unpaired, runs of a side, every n-th is taken.
MOST_PAIRS, MOST_RUNS = 1000, 100
# Beyond this many runs of both sides U's distribution is taken for normal.
EXACT_RUNS = 60
NORMAL_QUANTILE = 1.959963984540054  # of 97.5 %


@dataclass(frozen=True, slots=True)
class Sample:
    """Differences head - base, on the scale of `difference`. `count`: pairs
    or, unpaired, the runs of the side that has fewer. `head_below`:
    P(head < base). `undefined`: pairs that have no difference."""

    middle: float
    interval: MedianInterval | None
    p: float
    head_below: float
    count: int
    paired: bool
    undefined: int = 0


def difference(base: Reading, head: Reading, scale: Scale) -> float | None:
    """ln(head / base), head - base, or (head - base) / max L. None where it
    is not defined."""
    if scale == "difference":
        return head.value - base.value
    if scale == "of max L":
        if not base.max_live_bytes:
            return None
        return (head.value - base.value) / base.max_live_bytes
    if base.value <= 0 or head.value <= 0:
        return None
    return math.log(head.value / base.value)


def of_pairs(pairs: Sequence[Pair], scale: Scale) -> Sample | None:
    """None where no pair has a difference."""
    pairs = _thinned(pairs, MOST_PAIRS)
    values = _known([difference(pair.base, pair.head, scale)
                     for pair in pairs])
    if not values:
        return None
    return Sample(statistics.median(values),
                  statistics.median_interval(values),
                  statistics.wilcoxon_p(values),
                  statistics.share_below(values), len(values), True,
                  len(pairs) - len(values))


def of_groups(base: Sequence[Reading], head: Sequence[Reading],
              scale: Scale) -> Sample | None:
    """Two runs: nothing pairs. None where no two have a difference."""
    base, head = _thinned(base, MOST_RUNS), _thinned(head, MOST_RUNS)
    rows = [[difference(theirs, ours, scale) for theirs in base]
            for ours in head]
    values = _known([value for row in rows for value in row])
    if not values or len(values) < len(base) * len(head):
        return None
    return Sample(statistics.median(values),
                  _shift_interval(values, len(head), len(base)),
                  _mann_whitney_p([reading.value for reading in base],
                                  [reading.value for reading in head]),
                  statistics.share_below(values),
                  min(len(base), len(head)), False)


def _thinned(rows: Sequence[Any], most: int) -> Sequence[Any]:
    step = -(-len(rows) // most) or 1
    return rows[::step]


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _mann_whitney_p(base: Sequence[float], head: Sequence[float]) -> float:
    # Takes most of a second to load, which paired comparisons need not pay.
    from scipy import stats

    # Where figures tie scipy goes over to the normal approximation itself.
    return float(stats.mannwhitneyu(head, base).pvalue)


def _shift_interval(differences: Sequence[float], first: int,
                    second: int) -> MedianInterval | None:
    """From the k-th smallest to the k-th greatest of all differences
    (Hodges and Lehmann, Annals of Mathematical Statistics 34(2), 1963):
    k is the greatest for which P(U < k) stays below half of what may be
    missed. None where even all of them cover less."""
    ordered = sorted(differences)
    if first + second > EXACT_RUNS:
        product = first * second
        spread = math.sqrt(product * (first + second + 1) / 12)
        rank = math.floor(product / 2 - NORMAL_QUANTILE * spread)
        if rank < 1:
            return None
        return MedianInterval(ordered[rank - 1], ordered[-rank],
                              statistics.CONFIDENCE)
    ways = _u_counts(first, second)
    total, tail, rank = sum(ways), 0, 0
    while 1 - 2 * (tail + ways[rank]) / total >= statistics.CONFIDENCE:
        tail, rank = tail + ways[rank], rank + 1
    if rank == 0:
        return None
    return MedianInterval(ordered[rank - 1], ordered[-rank],
                          1 - 2 * tail / total)


def _u_counts(first: int, second: int) -> list[int]:
    """counts[u]: how many of the orders of two samples have Mann and
    Whitney's U at u, by their recurrence over the greatest value."""
    table = [[1]] * (second + 1)  # no value in the first sample
    for ours in range(1, first + 1):
        row = [[1]]
        for theirs in range(1, second + 1):
            counts = [0] * (ours * theirs + 1)
            for u, ways in enumerate(table[theirs]):
                counts[u + theirs] += ways
            for u, ways in enumerate(row[theirs - 1]):
                counts[u] += ways
            row.append(counts)
        table = row
    return table[second]

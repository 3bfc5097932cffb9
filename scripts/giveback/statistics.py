"""The statistics of paired runs. Takes numbers, returns numbers.

A block runs every allocator once; a pair is an allocator and the reference
of the same block. Ratios are compared as logarithms, so that twice as slow
and twice as fast weigh the same.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

ALPHA = 0.05
CONFIDENCE = 0.95
# Time differences inside 3 % are called the same (docs/measuring.md).
TIME_MARGIN = math.log(1.03)

# Makes the median absolute deviation of normal data their standard
# deviation: 1 / the 3/4 quantile of the normal distribution.
NORMAL_DEVIATIONS = 1.482602218505602

# More pairs than this are no advice: a week of runs of half a second.
MOST_NEEDED = 1_000_000

# Of more pairs the signed-rank test is not counted but approximated.
EXACT_PAIRS = 100

Verdict = Literal["better", "worse", "same", "unclear"]


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two; `values` is not empty."""
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


def relative_spread(values: Sequence[float]) -> float | None:
    """The noise of single runs: 1.4826 times the median absolute deviation
    over the median, a standard deviation that outliers do not move. None
    for fewer than three values or a median of zero."""
    if len(values) < 3 or not median(values):
        return None
    middle = median(values)
    deviation = median([abs(value - middle) for value in values])
    return NORMAL_DEVIATIONS * deviation / abs(middle)


def log_ratios(figures: Mapping[int, float],
               reference: Mapping[int, float]) -> list[float]:
    """ln(figure / reference) for each block that has both, in the order of
    the blocks. All figures are positive."""
    return [math.log(figures[block] / reference[block])
            for block in sorted(figures.keys() & reference.keys())]


@dataclass(frozen=True, slots=True)
class MedianInterval:
    low: float
    high: float
    coverage: float  # the real one, at least CONFIDENCE


def median_interval(values: Sequence[float]) -> MedianInterval | None:
    """The order-statistic interval of the median: from the k-th smallest to
    the k-th greatest value, which covers it with probability
    1 - 2 P(Bin(n, 1/2) < k), whatever the distribution (David and Nagaraja,
    Order Statistics, section 7.1). k is the greatest that still covers
    CONFIDENCE. None below six values: even all of them cover less."""
    ordered = sorted(values)
    count = len(ordered)
    tail, rank = 0, 0
    while True:
        wider_tail = tail + math.comb(count, rank)
        if 1 - 2 * wider_tail / 2**count < CONFIDENCE:
            break
        tail, rank = wider_tail, rank + 1
    if rank == 0:
        return None
    return MedianInterval(ordered[rank - 1], ordered[count - rank],
                          1 - 2 * tail / 2**count)


def wilcoxon_p(differences: Sequence[float]) -> float:
    """The two-sided p of Wilcoxon's signed-rank test (Biometrics Bulletin
    1(6), 1945), exact. Zeros are left out, ties share their mean rank; 1
    where nothing is left.

    Counted here and not by scipy.stats.wilcoxon, whose exact mode (1.10)
    takes ties for distinct ranks: of 1, 1, 2, -1, 3, 4, 5 it says 0.047
    where the permutations give 0.0625. A test holds both against each
    other where there are no ties. Beyond EXACT_PAIRS counting takes seconds
    and the normal approximation, which knows of ties, differs in the fourth
    digit."""
    present = [value for value in differences if value]
    if len(present) > EXACT_PAIRS:
        from scipy import stats  # takes most of a second to load
        return float(stats.wilcoxon(present, method="approx").pvalue)
    ranks = _doubled_ranks([abs(value) for value in present])
    below = sum(rank for rank, value in zip(ranks, present) if value < 0)
    total = sum(ranks)
    # ways[s]: how many choices of signs give the negative ranks the sum s.
    ways = [1] + [0] * total
    for rank in ranks:
        for index in range(total, rank - 1, -1):
            ways[index] += ways[index - rank]
    tail = sum(ways[:min(below, total - below) + 1])
    return min(1.0, 2 * tail / 2**len(ranks))


def _doubled_ranks(sizes: Sequence[float]) -> list[int]:
    """Twice the rank of each, so that shared ranks are integers too."""
    return [2 * sum(other < size for other in sizes)
            + sum(other == size for other in sizes) + 1 for size in sizes]


def holm(p_values: Sequence[float]) -> list[float]:
    """The p values adjusted for being several (Holm, Scandinavian Journal
    of Statistics 6(2), 1979), in the order given."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    for rank, index in enumerate(order):
        highest = max(highest, (len(p_values) - rank) * p_values[index])
        adjusted[index] = min(1.0, highest)
    return adjusted


def minimum_pairs(comparisons: int) -> int:
    """The fewest pairs whose smallest p, 2 / 2^n, Holm can still reject
    among that many comparisons."""
    pairs = 1
    while 2 / 2**pairs > ALPHA / max(1, comparisons):
        pairs += 1
    return pairs


@dataclass(frozen=True, slots=True)
class Comparison:
    """One allocator against the reference: figures are log ratios."""

    pairs: int
    middle: float
    interval: MedianInterval | None
    p: float
    adjusted_p: float
    verdict: Verdict

    @property
    def ratio(self) -> float:
        return math.exp(self.middle)

    @property
    def ratio_half_width(self) -> float | None:
        """From the ratio to the farther end of its interval."""
        if self.interval is None:
            return None
        return max(math.exp(self.interval.high) - self.ratio,
                   self.ratio - math.exp(self.interval.low))


def compare(families: Sequence[Sequence[float]]) -> list[Comparison | None]:
    """Compares each list of log ratios with no difference, and judges them
    together: Holm over all that have a pair. None where there is none."""
    alone = [_compare_alone(ratios) if ratios else None
             for ratios in families]
    judged = [item for item in alone if item is not None]
    adjusted = iter(holm([item.p for item in judged]))
    return [None if item is None else _judge(item, next(adjusted))
            for item in alone]


def _compare_alone(ratios: Sequence[float]) -> Comparison:
    p = wilcoxon_p(ratios)
    return Comparison(len(ratios), median(ratios), median_interval(ratios),
                      p, p, "unclear")


def _judge(comparison: Comparison, adjusted_p: float) -> Comparison:
    return replace(comparison, adjusted_p=adjusted_p,
                   verdict=verdict(comparison.interval, adjusted_p))


def verdict(interval: MedianInterval | None, adjusted_p: float,
            margin: float = TIME_MARGIN) -> Verdict:
    """`same`: the interval lies inside the margin. `better`, `worse`: it
    lies on one side of no difference and the test rejects it too. Less is
    better. Everything else is `unclear`."""
    if interval is None:
        return "unclear"
    if -margin <= interval.low and interval.high <= margin:
        return "same"
    if adjusted_p > ALPHA:
        return "unclear"
    if interval.high < 0:
        return "better"
    return "worse" if interval.low > 0 else "unclear"


def pairs_needed(comparison: Comparison, comparisons: int,
                 margin: float = TIME_MARGIN) -> int | None:
    """About how many pairs would decide an `unclear` comparison: intervals
    shrink with the root of n, and this one must come to lie clear of no
    difference or inside the margin, whichever is nearer. Never fewer than
    Holm needs, which is all that is known without an interval. None where
    no number of pairs that anybody runs would do."""
    least = minimum_pairs(comparisons)
    if comparison.interval is None:
        return least
    half_width = max(comparison.interval.high - comparison.middle,
                     comparison.middle - comparison.interval.low)
    distance = max(abs(comparison.middle), margin - abs(comparison.middle))
    if half_width > distance * math.sqrt(MOST_NEEDED / comparison.pairs):
        return None  # a distance of zero too
    if not distance:
        return max(least, comparison.pairs + 1)
    wanted = comparison.pairs * (half_width / distance) ** 2
    return max(least, _round_up(math.ceil(wanted)), comparison.pairs + 1)


def share_below(differences: Sequence[float]) -> float:
    """P(B < A) of pairs whose differences are B - A: the share below zero,
    zeros half. `differences` is not empty."""
    below = sum(value < 0 for value in differences)
    ties = sum(value == 0 for value in differences)
    return (below + ties / 2) / len(differences)


def _round_up(number: int) -> int:
    """To two digits: an estimate has no more."""
    unit = 10 ** max(0, len(str(number)) - 2)
    return -(-number // unit) * unit

"""The smallest effect that the signed-rank test finds, from measured noise.

Method: n pairs are drawn with replacement from the A/A log ratios, each with
a random sign (two equal backends have no direction) and moved by the effect;
the exact two-sided signed-rank test of statistics.wilcoxon_p judges them at
5 %. The smallest effect is the one found in 80 % of DRAWS such sets, by
bisection over the same draws, so that the answer is the same each time. Runs
that follow each other are drawn as if they did not: where noise comes in
waves longer than a pair, the truth lies a little above.
"""

import math
from collections.abc import Sequence

from ..statistics import ALPHA

POWER = 0.8
DRAWS = 2000
SEED = 20261124
STEPS = 24  # of the bisection: to a millionth of the range
GREATEST = math.log(4.0)  # an effect beyond is called none


def critical_sum(pairs: int, alpha: float = ALPHA) -> int | None:
    """The greatest W, the lesser of the two rank sums of `pairs` differences
    without ties, that is still significant; None where none is. Counted as
    in statistics.wilcoxon_p."""
    total = pairs * (pairs + 1) // 2
    ways = [1] + [0] * total
    for rank in range(1, pairs + 1):
        for index in range(total, rank - 1, -1):
            ways[index] += ways[index - rank]
    found, below = None, 0
    for index, count in enumerate(ways):
        below += count
        if 2 * below > alpha * 2**pairs:
            return found
        found = index
    return found


def smallest_effect(log_ratios: Sequence[float], pairs: int) -> float | None:
    """As a ratio less 1 (0.05: 5 % slower), or None where not even four
    times as slow is found."""
    import numpy  # as slow to import as everything else together

    limit = critical_sum(pairs)
    if limit is None or not log_ratios:
        return None
    generator = numpy.random.default_rng(SEED)
    drawn = generator.choice(numpy.asarray(log_ratios, dtype=float),
                             (DRAWS, pairs))
    drawn *= generator.choice((-1.0, 1.0), (DRAWS, pairs))

    def power(effect: float) -> float:
        moved = drawn + effect
        ranks = numpy.abs(moved).argsort(axis=1).argsort(axis=1) + 1
        above = numpy.where(moved > 0, ranks, 0).sum(axis=1)
        lesser = numpy.minimum(above, pairs * (pairs + 1) // 2 - above)
        return float((lesser <= limit).mean())

    if power(GREATEST) < POWER:
        return None
    low, high = 0.0, GREATEST
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle) >= POWER \
            else (middle, high)
    return math.expm1(high)

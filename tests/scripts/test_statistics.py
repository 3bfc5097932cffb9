"""The statistics against published figures, scipy and plain counting."""

import itertools
import math
import random

import pytest
from giveback import statistics
from giveback.statistics import MedianInterval
from scipy import stats


def test_log_ratios_pair_within_blocks():
    ratios = statistics.log_ratios({1: 20.0, 2: 30.0, 7: 1.0},
                                   {0: 9.0, 1: 10.0, 2: 60.0})
    assert ratios == [math.log(2), math.log(0.5)]


def test_the_median_of_both_kinds():
    assert statistics.median([3, 1, 2]) == 2
    assert statistics.median([4, 1, 2, 3]) == 2.5


@pytest.mark.parametrize("count", range(6))
def test_below_six_values_there_is_no_interval(count):
    assert statistics.median_interval(range(count)) is None


@pytest.mark.parametrize(("count", "low", "high", "coverage"), [
    (6, 0, 5, 1 - 2 / 64),
    (8, 0, 7, 1 - 2 / 256),
    (9, 1, 7, 1 - 2 * 10 / 512),
    (12, 2, 9, 1 - 2 * 79 / 4096),
    (20, 5, 14, 0.958610534667969)])
def test_the_interval_states_its_real_coverage(count, low, high, coverage):
    interval = statistics.median_interval(list(range(count))[::-1])
    assert interval == MedianInterval(low, high, pytest.approx(coverage))


def test_the_interval_covers_the_median_as_often_as_it_says():
    random_stream = random.Random(7)
    hits = 0
    for _ in range(4000):
        interval = statistics.median_interval(
            [random_stream.expovariate(1) for _ in range(12)])
        hits += interval.low <= math.log(2) <= interval.high
    # 0.9614, standard error 0.003
    assert 0.95 < hits / 4000 < 0.973


def test_wilcoxon_agrees_with_scipy_where_nothing_ties():
    random_stream = random.Random(3)
    for count in (1, 2, 6, 12, 20, 40):
        for _ in range(20):
            sample = [random_stream.gauss(0.3, 1) for _ in range(count)]
            expected = stats.wilcoxon(sample, method="exact").pvalue
            assert statistics.wilcoxon_p(sample) == pytest.approx(expected)


def counted_p(differences: list[float]) -> float:
    """By listing every choice of signs."""
    sizes = [abs(value) for value in differences if value]
    ranks = stats.rankdata(sizes)
    total = sum(ranks)
    below = sum(rank for rank, value in
                zip(ranks, filter(None, differences)) if value < 0)
    seen = min(below, total - below)
    sums = [sum(itertools.compress(ranks, signs))
            for signs in itertools.product((0, 1), repeat=len(sizes))]
    extreme = sum(value <= seen for value in sums)
    return min(1.0, 2 * extreme / len(sums))


@pytest.mark.parametrize("differences", [
    [1, 1, 2, -1, 3, 4, 5], [0, 0, 1, 2, -3], [1] * 6, [-2, 2, -2, 2],
    [1, 1, 1, -4, 2, 2, 3, 3]])
def test_wilcoxon_is_exact_with_ties_and_zeros(differences):
    assert statistics.wilcoxon_p(differences) \
        == pytest.approx(counted_p(differences))


def test_wilcoxon_without_a_difference_is_one():
    assert statistics.wilcoxon_p([]) == 1
    assert statistics.wilcoxon_p([0, 0, 0]) == 1


def test_wilcoxon_does_not_care_for_the_direction():
    sample = [0.4, -0.1, 0.7, 0.2, 0.9, -0.3]
    assert statistics.wilcoxon_p(sample) \
        == statistics.wilcoxon_p([-value for value in sample])


def test_holm():
    # sorted: 0.01 * 4, 0.02 * 3, 0.03 * 2, 0.5 * 1, never falling
    assert statistics.holm([0.02, 0.5, 0.01, 0.03]) \
        == pytest.approx([0.06, 0.5, 0.04, 0.06])
    assert statistics.holm([0.6, 0.7]) == [1, 1]
    assert statistics.holm([]) == []


@pytest.mark.parametrize(("comparisons", "pairs"), [
    (0, 6), (1, 6), (10, 9), (30, 11), (60, 12), (100, 12), (300, 14)])
def test_the_fewest_pairs_that_can_reject(comparisons, pairs):
    assert statistics.minimum_pairs(comparisons) == pairs


def interval(low: float, high: float) -> MedianInterval:
    return MedianInterval(math.log(low), math.log(high), 0.96)


@pytest.mark.parametrize(("bounds", "p", "verdict"), [
    (interval(0.5, 0.6), 0.01, "better"),
    (interval(1.2, 1.4), 0.01, "worse"),
    (interval(0.98, 1.02), 0.8, "same"),
    (interval(1.01, 1.02), 0.001, "same"),
    (interval(0.5, 0.6), 0.06, "unclear"),
    (interval(0.9, 1.1), 0.5, "unclear"),
    (interval(0.9, 1.1), 0.01, "unclear"),
    (interval(1.0, 1.04), 0.5, "unclear"),
    (None, 0.01, "unclear")])
def test_verdicts(bounds, p, verdict):
    assert statistics.verdict(bounds, p) == verdict


def test_many_comparisons_ask_for_more_than_one():
    """Six pairs reject alone, and cannot among three."""
    ratios = [math.log(0.5 + 0.01 * i) for i in range(6)]
    alone = statistics.compare([ratios])[0]
    assert (alone.verdict, alone.adjusted_p) == ("better", 2 / 64)
    assert alone.ratio == pytest.approx(math.sqrt(0.52 * 0.53))
    together = statistics.compare([ratios, [], ratios, ratios])
    assert together[1] is None
    assert [c.verdict for c in together if c] == ["unclear"] * 3
    assert statistics.pairs_needed(together[0], 3) == 7


def test_the_half_width_reaches_the_farther_end():
    ratios = [math.log(r) for r in (0.9, 1, 1, 1, 1, 1.2)]
    comparison = statistics.compare([ratios])[0]
    assert comparison.ratio_half_width == pytest.approx(0.2)


def test_an_estimate_of_pairs_has_two_digits():
    ratios = [0.02 + 0.03 * (i - 5.5) for i in range(12)]
    # half width 3.5 * 0.03 = 0.105 against 0.02: 12 * 27.6 = 330.75
    comparison = statistics.compare([ratios])[0]
    assert statistics.pairs_needed(comparison, 1) == 340


def test_more_scatter_needs_more_pairs():
    def needed(scatter: float) -> int:
        ratios = [0.05 + scatter * (i - 5.5) for i in range(12)]
        return statistics.pairs_needed(statistics.compare([ratios])[0], 1)
    assert needed(0.02) < needed(0.04) < needed(0.08)


def test_the_spread_ignores_outliers_and_scale():
    values = [10, 11, 9, 10, 12, 8, 10]
    spread = statistics.relative_spread(values)
    # deviations 0 1 1 0 2 2 0: their median is 1
    assert spread == pytest.approx(0.1482602218505602)
    assert statistics.relative_spread([v * 7 for v in values]) \
        == pytest.approx(spread)
    assert statistics.relative_spread([*values[:-1], 10_000]) < 0.2
    assert statistics.relative_spread([1, 2]) is None
    assert statistics.relative_spread([0, 0, 0]) is None

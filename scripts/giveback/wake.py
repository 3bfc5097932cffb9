"""The wake-rate: how often a program must ask before its memory comes back.
Of cells whose regimes differ in the rate of their requests alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import metrics, statistics
from .rows import Cell

# Below it memory counts as given back ("Metrics", wake_rate).
GIVEN_BACK_PERCENT = 10.0


@dataclass(frozen=True, slots=True)
class Point:
    """What is kept at the end of the regime under a rate: the median over
    the repetitions, and the least and the most of them."""

    requests_per_s: int
    kept_percent: float
    least_percent: float
    most_percent: float


def curve(cells: Iterable[Cell], delay_ns: int,
          page_bytes: int) -> list[Point]:
    """kept(delay_ns) against the rate, ascending; % of max L ("Metrics",
    wake_rate). Rates without a known figure are left out."""
    kept = kept_by_rate(cells, delay_ns, page_bytes)
    return [Point(rate, statistics.median(values), min(values), max(values))
            for rate, values in kept.items()]


def kept_by_rate(cells: Iterable[Cell], delay_ns: int,
                 page_bytes: int) -> dict[int, list[float]]:
    """kept(delay_ns) of every repetition by the rate, ascending; % of max
    L."""
    kept: dict[int, list[float]] = {}
    for cell in cells:
        percent = metrics.kept_percent(cell, delay_ns, page_bytes)
        if cell.requests_per_s is not None and percent is not None:
            kept.setdefault(cell.requests_per_s, []).append(percent)
    return dict(sorted(kept.items()))


def least_rate(points: Sequence[Point]) -> int | None:
    """The least measured rate from which on the median kept stays below
    10 %, requests/s ("Metrics", wake_rate); None: not even the greatest. A
    dip that a greater rate takes back is chance, and does not count."""
    least = None
    for point in reversed(points):
        if point.kept_percent >= GIVEN_BACK_PERCENT:
            break
        least = point.requests_per_s
    return least


def swept(regimes: Iterable[str]) -> set[str]:
    """Those that are points of a curve and no columns of their own: other
    rates than the plain one, `tick+rate=10`, where there are several of one
    name."""
    rates: dict[str, list[str]] = {}
    for regime in regimes:
        rates.setdefault(regime.partition("+")[0], []).append(regime)
    return {regime for labels in rates.values() if len(labels) > 1
            for regime in labels if "+" in regime}

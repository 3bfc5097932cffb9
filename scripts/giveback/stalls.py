"""Single calls: how many are slow, how slow the slowest are, and what
coincided with the longest ("Metrics", stalls).

Times include one reading of the clock, which `Stalls.clock_ns` tells.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .rows import Cell, SlowCall, TimedCalls

CallClass = Literal["alloc", "release", "trim"]
CLASSES: tuple[CallClass, ...] = CallClass.__args__

# harness/histogram.h: buckets to a power of two.
STEPS = 64

# The kernel tells time in itself from time outside by its ticks, 1 to 10 ms
# apart: with less CPU time than some of them the share says nothing.
LEAST_SPLIT_NS = 40 * 10**6
# It tells CPU time in microseconds, and reading it takes some of them.
LEAST_TOLD_NS = 50 * 10**3


@dataclass(frozen=True, slots=True)
class Times:
    """Calls of one class, of all repetitions together."""

    calls: int
    above_1us: int
    above_10us: int
    above_100us: int
    buckets: tuple[tuple[int, int], ...]  # (least ns, calls), ascending
    longest: tuple[SlowCall, ...]  # descending


def times(cells: Iterable[Cell], call_class: CallClass) -> Times:
    """The figures of the cells added up."""
    parts: list[TimedCalls] = [getattr(cell.stalls, call_class)
                               for cell in cells if cell.stalls is not None]
    buckets: Counter[int] = Counter()
    for part in parts:
        for least_ns, calls in zip(part.bucket_least_ns, part.bucket_calls):
            buckets[least_ns] += calls
    longest = sorted((slow for part in parts for slow in part.longest),
                     key=lambda slow: -slow.duration_ns)
    return Times(sum(part.calls for part in parts),
                 sum(part.above_1us for part in parts),
                 sum(part.above_10us for part in parts),
                 sum(part.above_100us for part in parts),
                 tuple(sorted(buckets.items())), tuple(longest))


def per_million(count: int, found: Times) -> float | None:
    """Of a million calls so many; None without calls."""
    return 1e6 * count / found.calls if found.calls else None


def bucket_last_ns(least_ns: int) -> int:
    """The greatest duration in the bucket that begins at `least_ns`: one
    value each below 2 * STEPS, then STEPS buckets to a power of two."""
    shift = max(0, least_ns.bit_length() - STEPS.bit_length())
    return least_ns + (1 << shift) - 1


def percentile_ns(found: Times, parts: int = 9999,
                  whole: int = 10000) -> int | None:
    """p99.99: the duration that at least `parts` of `whole` calls do not
    exceed, ns; at most 1/64 too long, because it is the end of a bucket, and
    never above the longest. None without calls."""
    rank = -(-found.calls * parts // whole)
    seen = 0
    for least_ns, calls in found.buckets:
        seen += calls
        if seen >= rank > 0:
            last_ns = bucket_last_ns(least_ns)
            return min([last_ns, *(slow.duration_ns
                                   for slow in found.longest[:1])])
    return None


# ---- what coincided -------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Spent:
    """Shares of a window's wall time; `kernel` is None where there was too
    little CPU time to tell."""

    cpu: float
    kernel: float | None

    @property
    def mostly(self) -> str:
        """Where most of the time went."""
        shares = {"off the CPU": 1 - self.cpu}
        if self.kernel is None:
            shares["on the CPU"] = self.cpu
        else:
            shares["in the kernel"] = self.kernel
            shares["its own work"] = self.cpu - self.kernel
        return max(shares, key=lambda where: shares[where])


def spent(slow: SlowCall) -> Spent | None:
    """How the window of a call was spent. The window ends with the call and
    may hold up to 1,023 calls before it; None where the call is less than
    half of it, so that it cannot be told what was whose, or too short."""
    window = slow.window
    if window.wall_ns < LEAST_TOLD_NS \
            or 2 * slow.duration_ns < window.wall_ns:
        return None
    cpu = min(1.0, window.cpu_ns / window.wall_ns)
    kernel = None if window.cpu_ns < LEAST_SPLIT_NS \
        else min(cpu, window.system_ns / window.wall_ns)
    return Spent(cpu, kernel)

"""What a sample's snapshot of arenas says: `arenas` in results/README.md.

One function per formula of docs/measuring.md, "Arenas". As in metrics.py:
None where there is no snapshot or a figure is unknown. A map comes from a
file that anybody may have written; nothing here grows with the numbers in it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .rows import Sample

# Letters of a pool; 'a' to 'j' are tenths of its blocks.
UNCARVED, FREE, FULL = ".-F"
USED = "abcdefghij"

_ROW = r"([0-9]{1,10}):((?:[0-9]{0,10}[-.Fa-j])*)(?:\*([0-9]{1,10}))?"
_RUN = r"([0-9]*)([-.Fa-j])"


@dataclass(frozen=True, slots=True)
class ArenaRow:
    """`count` arenas from index `first` on whose maps are equal: pools in
    order of address, as runs of (letter, pools)."""

    first: int
    count: int
    runs: tuple[tuple[str, int], ...]

    @property
    def pools(self) -> int:
        return sum(length for _, length in self.runs)

    @property
    def used_pools(self) -> int:
        """Pools with a live block."""
        return sum(length for letter, length in self.runs
                   if letter not in (UNCARVED, FREE))


def rows(sample: Sample) -> tuple[ArenaRow, ...] | None:
    """The map of a sample; None where there is none, or it is malformed."""
    if sample.arenas is None:
        return None
    found = [_row(text) for text in sample.arenas.map]
    return None if None in found else tuple(found)


def _row(text: str) -> ArenaRow | None:
    match = re.fullmatch(_ROW, text)
    if match is None:
        return None
    runs = tuple((letter, int(count or 1))
                 for count, letter in re.findall(_RUN, match[2]))
    return ArenaRow(int(match[1]), int(match[3] or 1), runs)


def pool_counts(sample: Sample) -> Counter[str] | None:
    """Pools by letter."""
    found = rows(sample)
    if found is None:
        return None
    counts: Counter[str] = Counter()
    for row in found:
        for letter, length in row.runs:
            counts[letter] += row.count * length
    return counts


def pinned_arenas(sample: Sample) -> int | None:
    """Arenas that a live block keeps from being given back, count."""
    found = rows(sample)
    return None if found is None else \
        sum(row.count for row in found if row.used_pools)


def occupancy_histogram(sample: Sample) -> tuple[int, ...] | None:
    """Arenas by the share of their pools that hold a live block: [0] none,
    [k] above (k - 1) and up to k tenths."""
    found = rows(sample)
    if found is None:
        return None
    histogram = [0] * 11
    for tenth, count in _tenths(found):
        histogram[tenth] += count
    return tuple(histogram)


def _tenths(found: tuple[ArenaRow, ...]) -> Iterator[tuple[int, int]]:
    for row in found:
        if row.pools:
            yield -(-10 * row.used_pools // row.pools), row.count


def external_fragmentation_percent(sample: Sample) -> float | None:
    """Free blocks and free pools over all bytes of arenas, %: what is there
    and cannot be given back, or is not."""
    arenas = sample.arenas
    if arenas is None or not (total := _total_bytes(sample)):
        return None
    return 100 * (arenas.available_bytes + arenas.unused_pools_bytes) / total


def internal_fragmentation_percent(sample: Sample) -> float | None:
    """Bytes of allocated blocks that nobody asked for, over all bytes of
    allocated blocks, %. None where the allocator does not know what the
    program holds: then live bytes are another allocator's too (requests
    above the threshold), or blocks wait on a list above it."""
    arenas = sample.arenas
    if arenas is None or not arenas.allocated_bytes \
            or sample.live_bytes is None or sample.self is None \
            or sample.self.allocated_bytes != arenas.allocated_bytes:
        return None
    unasked = arenas.allocated_bytes - sample.live_bytes
    return 100 * unasked / arenas.allocated_bytes


def _total_bytes(sample: Sample) -> int:
    arenas = sample.arenas
    return (arenas.allocated_bytes + arenas.available_bytes
            + arenas.unused_pools_bytes + arenas.pool_headers_bytes
            + arenas.quantization_bytes + arenas.arena_alignment_bytes)

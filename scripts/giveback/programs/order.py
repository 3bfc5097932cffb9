"""Blocks: each allocator once, in random order; over as many blocks as there
are allocators each takes each position once (docs/measuring.md)."""

import random
from collections.abc import Iterator, Sequence


def blocks(names: Sequence[str], count: int,
           source: random.Random) -> Iterator[list[str]]:
    """`count` orders of the names: the rows of random Latin squares."""
    size = len(names)
    for block in range(count):
        if block % size == 0:
            shuffled = source.sample(list(names), size)
            shifts = source.sample(range(size), size)
        shift = shifts[block % size]
        yield shuffled[shift:] + shuffled[:shift]

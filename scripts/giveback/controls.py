"""The second reference: what a run says of its own noise.

The timing blocks of a run with several allocators hold the reference twice.
The second one is no allocator to choose, so readers take it out of the run
and say only how far the reference differs from itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from . import statistics, words
from .rows import Cell, RunLine
from .statistics import Comparison


def seconds(run: RunLine) -> dict[str, str]:
    """The names of second references, each with what it repeats."""
    return {entry.allocator: entry.second_of for entry in run.allocators
            if entry.second_of is not None}


def split(run: RunLine, cells: Iterable[Cell]) \
        -> tuple[RunLine, list[Cell], list[Cell]]:
    """The run and its cells without the control, and the control's cells."""
    names = seconds(run)
    plain: list[Cell] = []
    control: list[Cell] = []
    for cell in cells:
        (control if cell.allocator in names else plain).append(cell)
    entries = tuple(entry for entry in run.allocators
                    if entry.allocator not in names)
    return replace(run, allocators=entries), plain, control


def against_itself(first: Mapping[int, float],
                   second: Mapping[int, float]) -> Comparison | None:
    """The second reference against the first, costs by block. It stands
    alone: no claim is made of it, and Holm does not count it. None where no
    block has both."""
    [found] = statistics.compare([statistics.log_ratios(second, first)])
    return found


def is_beyond_chance(said: Comparison) -> bool:
    """Whether the test rejects that both are alike. However small a
    difference is, one allocator has none from itself: no margin."""
    return said.interval is not None and said.p <= statistics.ALPHA \
        and (said.interval.low > 0 or said.interval.high < 0)


def in_words(name: str, change: float, ends: Sequence[float] | None) -> str:
    """"system differs from itself by +0.4 % (-1.1 to +2.0 %)"; shares, as
    0.004."""
    text = f"{words.clean(name, words.NAME_LIMIT)} differs from itself by " \
        f"{round(100 * change, 1) + 0.0:+.1f} %"
    if ends is None:
        return text
    low, high = (round(100 * end, 1) + 0.0 for end in ends)
    return f"{text} ({low:+.1f} to {high:+.1f} %)"

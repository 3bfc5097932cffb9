"""What micro-benchmarks say: the formulas of cells of kind `micro`.

Such a cell is one micro-benchmark in one process; each of its samples is a
loop, a repetition within that process. Those repetitions share a process and
are no independent runs: together they give one figure.
"""

from . import statistics
from .rows import Cell

KIND = "micro"


def cpu_ns(cell: Cell) -> float | None:
    """CPU ns of an iteration: the median over the loops of the process."""
    return _middle(cell, "cpu_ns")


def wall_ns(cell: Cell) -> float | None:
    """The same of the clock on the wall, ns."""
    return _middle(cell, "wall_ns")


def figure_ns(cell: Cell) -> float | None:
    """The figure to compare: CPU ns, and of several threads, which wait for
    each other, ns on the wall."""
    return wall_ns(cell) if cell.threaded else cpu_ns(cell)


def iterations(cell: Cell) -> int:
    """Of all loops."""
    return sum(sample.operations or 0 for sample in cell.samples)


def _middle(cell: Cell, field: str) -> float | None:
    if cell.kind != KIND or cell.outcome != "ok" or not cell.samples:
        return None
    figures = []
    for sample in cell.samples:
        spent = getattr(sample, field)
        # A clock that did not move has measured nothing.
        if not spent or not sample.operations:
            return None
        figures.append(spent / sample.operations)
    return statistics.median(figures)

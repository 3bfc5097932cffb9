"""How far two equal backends seem to lie apart on this host: an A/A run of
the program itself."""

from collections.abc import Iterable

from .. import metrics, program, results, statistics
from ..results import ResultsError
from ..rows import Cell
from ..workspace import workspace

PAIRS = 40
WORKLOAD = "fill_drain+objects=1M"
NAMES = ("a", "b")
ARGUMENTS = ("-a", "a=system,b=system", "-w", WORKLOAD, "-k", "timing",
             "-p", str(PAIRS))


def measure() -> list[float]:
    """Log ratios of cost, one for each pair; about a minute. Raises
    ResultsError."""
    with workspace("doctor") as folder:
        path = folder / "noise.jsonl"
        program.measure(path, ARGUMENTS)
        found = log_ratios(results.read([path]).cells)
    if len(found) < PAIRS // 2:
        raise ResultsError(f"only {len(found)} of {PAIRS} pairs ended well: "
                           f"try giveback run {' '.join(ARGUMENTS)}")
    return found


def log_ratios(cells: Iterable[Cell]) -> list[float]:
    """ln(b / a) of the cost of each block that has both."""
    costs: dict[str, dict[int, float]] = {name: {} for name in NAMES}
    for cell in cells:
        cost = metrics.cost_ns(cell) if cell.outcome == "ok" else None
        if cost is not None and cell.allocator in costs:
            costs[cell.allocator][cell.block] = cost
    return statistics.log_ratios(costs["b"], costs["a"])

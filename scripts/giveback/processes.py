"""What the processes of a cell hold together, of workloads that fork
("Metrics", pss_growth). The other figures of memory are of the first process
alone.
"""

from . import phases
from .rows import Cell, Processes, Sample


def is_forking(cell: Cell) -> bool:
    """Whether a sample saw more than one process."""
    return any(sample.processes is not None and sample.processes.count > 1
               for sample in cell.samples)


def pss_growth_bytes(cell: Cell, sample: Sample) -> int | None:
    """PSS summed over all processes, less what is lazily freed, minus the
    same at base, bytes."""
    return _growth(cell, sample, "pss_bytes")


def private_growth_bytes(cell: Cell, sample: Sample) -> int | None:
    """The same of the pages that one process alone maps."""
    return _growth(cell, sample, "private_bytes")


def at_end(cell: Cell) -> Sample | None:
    """The last sample of the regime."""
    timed = phases.regime(cell)
    return timed[-1][1] if timed else None


def _growth(cell: Cell, sample: Sample, field: str) -> int | None:
    base = cell.base and _held(cell.base.processes, field)
    held = _held(sample.processes, field)
    return None if base is None or held is None else held - base


def _held(processes: Processes | None, field: str) -> int | None:
    if processes is None:
        return None
    held, lazy = getattr(processes, field), processes.lazy_free_bytes
    return None if held is None or lazy is None else held - lazy

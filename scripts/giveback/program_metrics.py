"""The metrics of whole commands (`giveback program`), as those of cells are in
metrics.py: one cell in, one figure out, None where it is unknown.

Their memory is absolute: what the kernel has resident of all processes of the
command, program text and libraries included, as a user sees it. Nothing is
taken off for a base, for a command has none.
"""

from . import metrics
from .rows import Cell, Sample

MEMORY, TIMING = "program", "program_timing"
DROPPED = "dropped"  # the phase that the MARK protocol has for it


def wall_ns(cell: Cell) -> int | None:
    """From the start of the command to its end, ns, by hyperfine."""
    return cell.samples[0].wall_ns \
        if cell.kind == TIMING and cell.samples else None


def cpu_ns(cell: Cell) -> int | None:
    """User and system time of the command and of the children it waited
    for, ns: what getrusage(2) has, by hyperfine."""
    return cell.samples[0].cpu_ns \
        if cell.kind == TIMING and cell.samples else None


def peak_bytes(cell: Cell) -> int | None:
    """The greatest sum of RSS over the processes at one moment, bytes:
    sampled every 10 ms, and never less than VmHWM of any of them. Of one
    process it is exact but for its last moments. A page that several share
    counts in each."""
    return cell.peak_rss_bytes if cell.kind == MEMORY else None


def kept_bytes(cell: Cell) -> int | None:
    """RSS of all processes at the end of the phase `dropped`, less what is
    lazily freed, bytes ("Traps" 2). None without that phase, where it was
    too short to be read, and where pages were swapped out."""
    return None if (sample := dropped(cell)) is None \
        else resident_bytes(sample)


def kept_percent(cell: Cell) -> float | None:
    """kept_bytes over peak_bytes, percent."""
    kept, peak = kept_bytes(cell), peak_bytes(cell)
    return None if kept is None or not peak else 100 * kept / peak


def resident_bytes(sample: Sample) -> int | None:
    """At the end of a phase, as kept_bytes has it."""
    if metrics.is_swapped(sample) or sample.rss_bytes is None \
            or sample.lazy_free_bytes is None:
        return None
    return sample.rss_bytes - sample.lazy_free_bytes


def dropped(cell: Cell) -> Sample | None:
    """The last phase of that name."""
    return next((sample for sample in reversed(cell.samples)
                 if sample.phase == DROPPED), None) \
        if cell.kind == MEMORY else None

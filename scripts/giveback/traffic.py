"""Kernel traffic: the system calls by which memory comes and goes, against
what the program asked for ("Metrics", kernel_traffic)."""

from collections.abc import Iterable
from dataclasses import dataclass

from . import phases
from .rows import Calls, Cell, Sample, Traffic

GIB = 2**30
NAMES = ("mmap", "munmap", "madvise", "brk", "mremap")


@dataclass(frozen=True, slots=True)
class Rate:
    """Of one system call, per GiB that the program asked for."""

    calls: float
    bytes: float


def counted(cell: Cell) -> tuple[Sample, ...]:
    """The samples that count: build, drain, and the tail of poke and trim,
    where an allocator may do what it put off ("Traps" 12)."""
    tail = [phases.phase(cell, name) for name in ("poke", "trim")]
    return (*phases.build_and_drain(cell),
            *(sample for sample in tail if sample is not None))


def requested_bytes(cell: Cell) -> int | None:
    """What the program asked for, bytes: the GiB churned."""
    return _sum(sample.traffic and sample.traffic.requested_bytes
                for sample in counted(cell))


def total(cell: Cell, name: str) -> Calls | None:
    """All calls of one name; None where the kind did not count."""
    found = [getattr(sample.traffic, name) for sample in counted(cell)
             if sample.traffic is not None]
    if not found:
        return None
    return Calls(sum(one.calls for one in found),
                 sum(one.bytes for one in found))


def kernel_traffic(cell: Cell, name: str) -> Rate | None:
    """Calls and bytes of one system call per GiB churned ("Metrics",
    kernel_traffic); None where nothing was asked for or counted."""
    churned, found = requested_bytes(cell), total(cell, name)
    if not churned or found is None:
        return None
    return Rate(found.calls * GIB / churned, found.bytes * GIB / churned)


def by_phase(cell: Cell) -> dict[str, dict[str, Calls]]:
    """By phase, of `counted`, and by name; those of phases of one name
    added up. Empty where the kind did not count."""
    made: dict[str, list[Traffic]] = {}
    for sample in counted(cell):
        if sample.traffic is not None:
            made.setdefault(sample.phase, []).append(sample.traffic)
    return {phase: {name: _added(of_one, name) for name in NAMES}
            for phase, of_one in made.items()}


def of_phase(cells: Iterable[Cell], phase: str) -> dict[str, Calls]:
    """What the first cell that counted made in a phase, without zeros."""
    for cell in cells:
        made = [sample.traffic for sample in cell.samples
                if sample.phase == phase and sample.traffic is not None]
        if made:
            return {name: calls for name in NAMES
                    if (calls := _added(made, name)).calls}
    return {}


def _added(made: Iterable[Traffic], name: str) -> Calls:
    found = [getattr(one, name) for one in made]
    return Calls(sum(one.calls for one in found),
                 sum(one.bytes for one in found))


def _sum(values: Iterable[int | None]) -> int | None:
    known = list(values)
    return None if not known or None in known else sum(known)

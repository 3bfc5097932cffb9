"""The return tax: what it costs to give memory back while a program runs.

Release on against release off: two variants of one backend in the same
blocks. By convention the variant that never gives back is called ..._never
(`jemalloc:decay_never`), or a setting has the value `never`
(`pymalloc:3.10+release=never`), so that no list of backends stands here.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import metrics, phases, statistics
from .rows import AllocatorEntry, Cell, RunLine

GIB = 2**30
NS_PER_S = 10**9
NEVER = "never"

# Less of what was taken says nothing about the price ("Metrics").
LEAST_RETURNED = 0.1

# Where a setting begins: a '+' may stand in a version too ("5.2.1-3+b1").
SETTING = re.compile(r"\+(?=[a-z_][a-z0-9_]*=)")


@dataclass(frozen=True, slots=True)
class Tax:
    """CPU seconds per GiB given back, beyond what the allocator that never
    gives back spends: None where too little was; its order-statistic
    interval where pairs suffice."""

    cpu_s_per_gib: float | None
    low: float | None
    high: float | None
    returned_bytes: float
    pairs: int


# ---- which allocators are compared ----------------------------------------

@dataclass(frozen=True, slots=True)
class _Address:
    backend: str
    variant: str
    settings: tuple[tuple[str, str], ...]


def _address(entry: AllocatorEntry) -> _Address:
    """`[alias=]name[@version][:variant][+key=value...]` taken apart."""
    head, *parts = SETTING.split(entry.address)
    name, _, variant = head.rpartition("=")[2].partition(":")
    return _Address(name, variant, tuple(sorted(
        (key, value) for key, _, value in
        (part.partition("=") for part in parts))))


def never_gives_back(entry: AllocatorEntry) -> bool:
    """Whether the allocator is the `off` of its backend, by its name."""
    address = _address(entry)
    return address.variant.endswith(NEVER) \
        or any(value == NEVER for _, value in address.settings)


def is_pair(on: AllocatorEntry, off: AllocatorEntry) -> bool:
    """Whether the two differ in giving back alone: in the variant where that
    says never (one with options of its own, as no_thp, differs in more), else
    in the settings that say it."""
    if never_gives_back(on) or not never_gives_back(off):
        return False
    ours, theirs = _address(on), _address(off)
    if ours.backend != theirs.backend:
        return False
    if theirs.variant.endswith(NEVER):
        return ours.settings == theirs.settings and on.options == off.options
    says = {key for key, value in theirs.settings if value == NEVER}
    others = [[pair for pair in address.settings if pair[0] not in says]
              for address in (ours, theirs)]
    return ours.variant == theirs.variant and others[0] == others[1]


def pairs(run: RunLine) -> list[tuple[AllocatorEntry, AllocatorEntry]]:
    """(on, off) of all that differ in giving back alone; a second reference
    would only repeat what its first says."""
    entries = [entry for entry in run.allocators if entry.second_of is None]
    return [(on, off) for on, off in itertools.permutations(entries, 2)
            if is_pair(on, off)]


# ---- the formula ----------------------------------------------------------

def moved_bytes(cell: Cell) -> tuple[int, int] | None:
    """(taken, given back) until the last release, bytes: the sums of all
    rises and of all falls of resident growth on the timeline. What is taken
    again within a millisecond of having been given back is missed, so the
    second is a lower bound. None without a timeline, or with swapped pages.
    """
    if cell.timeline is None \
            or any(map(metrics.is_swapped, (cell.base, *cell.samples))):
        return None
    taken = given = before = 0
    for time_ns, resident in zip(cell.timeline.t_ns,
                                 cell.timeline.resident_bytes):
        taken += max(0, resident - before)
        given += max(0, before - resident)
        before = resident
        if time_ns >= 0:
            break
    return taken, given


def running_cpu_ns(cell: Cell) -> int | None:
    """CPU of build and drain, ns. The tail is left out: there both are asked
    to give back the same, which would hide what one had done before."""
    parts = [sample.cpu_ns for sample in phases.build_and_drain(cell)]
    return None if not parts or None in parts else sum(parts)


def return_tax(on: Sequence[Cell], off: Sequence[Cell]) -> Tax | None:
    """Extra CPU seconds per GiB given back ("Metrics", return_tax): the
    median over the blocks of CPU(on) - CPU(off) of build and drain, from
    timing cells, over the GiB that `on` gives back until the last release
    beyond `off`, from the timelines of memory cells; no figure where that is
    less than 10 % of what `on` took. None without a pair or a timeline.
    Takes cells of one workload and its parameters."""
    moved_on, moved_off = _moved(on), _moved(off)
    ours, theirs = _cpu_by_block(on), _cpu_by_block(off)
    extra_s = [(ours[block] - theirs[block]) / NS_PER_S
               for block in sorted(ours.keys() & theirs.keys())]
    if moved_on is None or moved_off is None or not extra_s:
        return None
    taken, returned = moved_on[0], moved_on[1] - moved_off[1]
    if returned <= 0 or returned < LEAST_RETURNED * taken:
        return Tax(None, None, None, returned, len(extra_s))
    gib = returned / GIB
    interval = statistics.median_interval(extra_s)
    return Tax(statistics.median(extra_s) / gib,
               None if interval is None else interval.low / gib,
               None if interval is None else interval.high / gib,
               returned, len(extra_s))


def _moved(cells: Iterable[Cell]) -> tuple[float, float] | None:
    """Medians over the memory cells; where there are any, of those without
    requests, whose first point after the last release is the drain's alone."""
    memory = [cell for cell in cells
              if cell.kind == "memory" and cell.outcome == "ok"]
    silent = [cell for cell in memory if cell.after == "silent"]
    known = [moved for cell in silent or memory
             if (moved := moved_bytes(cell)) is not None]
    if not known:
        return None
    return (statistics.median([taken for taken, _ in known]),
            statistics.median([given for _, given in known]))


def _cpu_by_block(cells: Iterable[Cell]) -> dict[int, int]:
    return {cell.block: cpu_ns for cell in cells
            if cell.kind == "timing" and cell.outcome == "ok"
            and (cpu_ns := running_cpu_ns(cell)) is not None}

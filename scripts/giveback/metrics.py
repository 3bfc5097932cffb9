"""The metrics: one function per formula of docs/measuring.md, "Metrics".

Every function takes one cell and returns one figure, or None where a figure
it needs is unknown: null in, null out, never zero. Nothing is clamped: an
allocator that keeps twice the peak shows 200 %. Symbols: R growth, L live
bytes, F the floor (L rounded up to pages), t_f the last release, D a delay
after it. `page_bytes` is the host's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from . import phases, processes
from .rows import Base, Cell, Sample

MIB = 2**20

# Below this share of max L nothing rose that could come back.
LEAST_RISE = 0.05

# R and what the kernel bills differ if by more than this share of the peak.
CHARGED_SHARE = 0.05
# The kernel bills 64 pages ahead on each CPU that asked (MEMCG_CHARGE_BATCH
# of include/linux/memcontrol.h): four CPUs' worth.
CHARGED_AHEAD_BYTES = 4 * 64 * 4096


@dataclass(frozen=True, slots=True)
class Interval:
    """When something happened, in ns since the last release: after
    `lower_ns` and by `upper_ns`. Censored: `upper_ns` None says only that
    it had not happened by `lower_ns`; 0..0 that it had by the release."""

    lower_ns: int
    upper_ns: int | None


# ---- growth, floor and live bytes -----------------------------------------

def growth_bytes(cell: Cell, sample: Sample) -> int | None:
    """R = anonymous + shmem + hugetlb - lazily freed, minus the same at
    base, bytes. Lazily freed pages (MADV_FREE) still count as resident
    although the kernel may take them ("Metrics"; "Traps" 2). None where
    pages were swapped out: they are held and not resident."""
    if is_swapped(cell.base) or is_swapped(sample):
        return None
    base_bytes = _resident_bytes(cell.base)
    sample_bytes = _resident_bytes(sample)
    if base_bytes is None or sample_bytes is None:
        return None
    return sample_bytes - base_bytes


def is_swapped(memory: Base | Sample | None) -> bool:
    """Whether pages are known to be swapped out: what is resident is then
    less than what is held."""
    return memory is not None and bool(memory.swap_bytes)


def _resident_bytes(memory: Base | Sample | None) -> int | None:
    if memory is None:
        return None
    parts = (memory.anon_bytes, memory.shmem_bytes, memory.hugetlb_bytes)
    if None in parts or memory.lazy_free_bytes is None:
        return None
    return sum(parts) - memory.lazy_free_bytes


def floor_bytes(sample: Sample, page_bytes: int) -> int | None:
    """F = L rounded up to pages, bytes: what an ideal compacting allocator
    would hold ("Metrics")."""
    if sample.live_bytes is None:
        return None
    return -(-sample.live_bytes // page_bytes) * page_bytes


def max_live_bytes(cell: Cell) -> int | None:
    """max L over the phases of build and drain, bytes ("Metrics")."""
    return _max_or_none([s.live_bytes for s in phases.build_and_drain(cell)])


def peak_growth_bytes(cell: Cell) -> int | None:
    """max R over the phases of build and drain, bytes ("Metrics"). The
    drain counts: scudo grows while freeing. The regime does not."""
    return _max_or_none([growth_bytes(cell, s)
                         for s in phases.build_and_drain(cell)])


def high_water_bytes(cell: Cell) -> int | None:
    """VmHWM - RSS at base, bytes: the cross-check of peak_growth_bytes. It
    sees peaks between phases, but counts file and lazily freed pages too
    ("Metrics", blow_up)."""
    if cell.base is None or cell.base.rss_bytes is None \
            or cell.peak_rss_bytes is None:
        return None
    return cell.peak_rss_bytes - cell.base.rss_bytes


def _max_or_none(values: list[int | None]) -> int | None:
    """The greatest; None where one is unknown, for it might be greater."""
    known = [value for value in values if value is not None]
    return max(known) if known and len(known) == len(values) else None


def blow_up(cell: Cell) -> float | None:
    """max R / max L, ratio ("Metrics")."""
    return _ratio(peak_growth_bytes(cell), max_live_bytes(cell))


def realized_fragmentation_percent(cell: Cell) -> float | None:
    """R(t*) / L(t*) - 1 at the moment t* of max R, % ("Metrics")."""
    peak = peak_growth_bytes(cell)
    if peak is None:
        return None
    at_peak = next(s for s in phases.build_and_drain(cell)
                   if growth_bytes(cell, s) == peak)
    ratio = _ratio(peak, at_peak.live_bytes)
    return None if ratio is None else 100 * (ratio - 1)


# ---- what stays, what comes back ------------------------------------------

def kept_at_bytes(cell: Cell, sample: Sample | None,
                  page_bytes: int) -> int | None:
    """R - F at one sample, bytes; may be negative."""
    if sample is None:
        return None
    growth = growth_bytes(cell, sample)
    floor = floor_bytes(sample, page_bytes)
    return None if growth is None or floor is None else growth - floor


def kept_bytes(cell: Cell, delay_ns: int, page_bytes: int) -> int | None:
    """R(t_f + D) - F, bytes ("Metrics", kept): what stays above the floor
    D after the last release, under the cell's regime."""
    return kept_at_bytes(cell, phases.sample_after(cell, delay_ns),
                         page_bytes)


def kept_percent(cell: Cell, delay_ns: int, page_bytes: int) -> float | None:
    """(R(t_f + D) - F) / max L, % ("Metrics", kept): the headline."""
    ratio = _ratio(kept_bytes(cell, delay_ns, page_bytes),
                   max_live_bytes(cell))
    return None if ratio is None else 100 * ratio


def returned_percent(cell: Cell, delay_ns: int,
                     page_bytes: int) -> float | None:
    """(max R - R(t_f + D)) / (max R - F), % ("Metrics"); None where max R
    - F is below 5 % of max L. Never for ranking: an inflated peak improves
    it."""
    sample = phases.sample_after(cell, delay_ns)
    share = None if sample is None else _returned(cell, sample, page_bytes)
    return None if share is None else 100 * share


def _returned(cell: Cell, sample: Sample, page_bytes: int) -> float | None:
    peak, live = peak_growth_bytes(cell), max_live_bytes(cell)
    growth = growth_bytes(cell, sample)
    floor = floor_bytes(sample, page_bytes)
    if peak is None or not live or growth is None or floor is None:
        return None
    if peak - floor < LEAST_RISE * live:
        return None
    return (peak - growth) / (peak - floor)


def release_time(cell: Cell, share: float,
                 page_bytes: int) -> Interval | None:
    """t50 (share 0.5) or t90 (0.9): the interval between the last sample
    with less than `share` returned and the sample after it ("Metrics").
    Memory that comes back and is taken again counts as not returned."""
    timed = phases.regime(cell)
    shares = [_returned(cell, sample, page_bytes) for _, sample in timed]
    if len(timed) < 2 or any(value is None for value in shares):
        return None
    short = [index for index, value in enumerate(shares) if value < share]
    if not short:
        return Interval(0, 0)
    last = short[-1]
    upper_ns = timed[last + 1][0] if last + 1 < len(timed) else None
    return Interval(timed[last][0], upper_ns)


def excess_percent(cell: Cell, span_ns: int, page_bytes: int) -> float | None:
    """Mean of (R - F) / max L over `span_ns` after the last release, %
    ("Metrics", excess), from the timeline: a step function, whose points
    stand where something changed. The timeline counts lazily freed pages
    as resident, so this is an upper bound where there are any. None where
    the timeline covers less than 80 % of the span or pages were swapped."""
    live = max_live_bytes(cell)
    if cell.timeline is None or not live \
            or any(map(is_swapped, (cell.base, *cell.samples))):
        return None
    times = cell.timeline.t_ns
    end_ns = min(span_ns, times[-1]) if times else 0
    if end_ns <= 0 or times[0] > 0 \
            or end_ns < (1 - phases.DELAY_TOLERANCE) * span_ns:
        return None
    area = 0
    for index, start_ns in enumerate(times):
        stop_ns = times[index + 1] if index + 1 < len(times) else end_ns
        width_ns = min(stop_ns, end_ns) - max(start_ns, 0)
        if width_ns > 0:
            held = cell.timeline.live_bytes[index]
            floor = -(-held // page_bytes) * page_bytes
            area += width_ns * (cell.timeline.resident_bytes[index] - floor)
    return 100 * area / end_ns / live


# ---- page truth -----------------------------------------------------------

def dead_bytes(cell: Cell, sample: Sample | None) -> int | None:
    """Resident pages without a live byte, less those at base, bytes ("Page
    truth"): held + stranded."""
    return _page_difference(cell, sample, "dead_bytes")


def has_trim(cell: Cell) -> bool:
    """Whether the allocator has a trim call of its own. The `trim` phase is
    sampled either way; its operations tell."""
    trim = phases.phase(cell, "trim")
    return trim is not None and bool(trim.operations)


def stranded_bytes(cell: Cell) -> int | None:
    """Dead pages that the allocator's trim leaves, bytes ("Page truth");
    None where it has none: held and stranded are one figure then."""
    if not has_trim(cell):
        return None
    return dead_bytes(cell, phases.phase(cell, "trim"))


def held_bytes(cell: Cell, sample: Sample | None) -> int | None:
    """Dead pages at `sample` that are gone after the trim, bytes ("Page
    truth")."""
    dead, stranded = dead_bytes(cell, sample), stranded_bytes(cell)
    return None if dead is None or stranded is None else dead - stranded


def live_page_bytes(cell: Cell, sample: Sample | None) -> int | None:
    """Resident pages with a live byte, less those at base, bytes ("Page
    truth")."""
    return _page_difference(cell, sample, "live_bytes")


def live_page_waste_bytes(cell: Cell, sample: Sample | None) -> int | None:
    """Resident pages with a live byte, less those at base, minus L, bytes
    ("Page truth")."""
    live_pages = live_page_bytes(cell, sample)
    if live_pages is None or sample is None or sample.live_bytes is None:
        return None
    return live_pages - sample.live_bytes


def granules(sample: Sample | None) -> tuple[int, ...]:
    """The units that page truth was taken in, ascending, bytes. A key that
    is no number as we write them is none: nothing can be looked up by it."""
    if sample is None or sample.pages is None:
        return ()
    return tuple(sorted(int(key) for key in sample.pages.granules or {}
                        if re.fullmatch("[1-9][0-9]{0,18}", key)))


def what_if_bytes(cell: Cell, sample: Sample, granule: int) -> int | None:
    """What would stay if memory could be given back in units of `granule`
    bytes, less the same at base, bytes ("Page truth")."""
    if cell.base is None or cell.base.pages is None \
            or sample.pages is None or is_swapped(sample):
        return None
    at_base = (cell.base.pages.granules or {}).get(str(granule))
    at_sample = (sample.pages.granules or {}).get(str(granule))
    if at_base is None or at_sample is None:
        return None
    return at_sample - at_base


def _page_difference(cell: Cell, sample: Sample | None,
                     name: str) -> int | None:
    if cell.base is None or cell.base.pages is None \
            or sample is None or sample.pages is None or is_swapped(sample):
        return None
    at_base = getattr(cell.base.pages, name)
    at_sample = getattr(sample.pages, name)
    return None if at_base is None or at_sample is None \
        else at_sample - at_base


# ---- what the kernel bills ------------------------------------------------

def charged_growth_bytes(cell: Cell, sample: Sample) -> int | None:
    """What the cell's own memory cgroup is billed, less the same at base,
    bytes ("Metrics", charged): page tables, and the whole of huge pages
    whose parts were given back, come on top of what is resident."""
    if cell.base is None or cell.base.charged_bytes is None \
            or sample.charged_bytes is None:
        return None
    return sample.charged_bytes - cell.base.charged_bytes


def charged_apart(cell: Cell) -> Sample | None:
    """The sample up to the end of the regime at which R and charged growth
    differ most, if by more than 5 % of the peak ("Metrics", charged) and by
    more than the kernel books ahead; else None. None of workloads that fork,
    too: R is the first process's, and all are billed."""
    if processes.is_forking(cell):
        return None
    peak = peak_growth_bytes(cell)
    if peak is None:
        return None
    gaps = []
    for sample in (*phases.build_and_drain(cell),
                   *(sample for _, sample in phases.regime(cell)[1:])):
        growth = growth_bytes(cell, sample)
        charged = charged_growth_bytes(cell, sample)
        if growth is not None and charged is not None:
            gaps.append((abs(charged - growth), sample))
    gap, apart = max(gaps, key=lambda pair: pair[0], default=(0, None))
    return apart if gap > max(CHARGED_SHARE * peak, CHARGED_AHEAD_BYTES) \
        else None


# ---- cost -----------------------------------------------------------------

def cost_ns(cell: Cell) -> float | None:
    """CPU ns per allocation together with its release ("Metrics", cost).

    CPU of build, drain, `poke` and `trim` over half of the operations of
    build and drain: release work that an allocator puts off is charged to
    it ("Traps" 12). Only of timing cells: memory cells run beside the
    sampler."""
    return _per_pair(cell, "cpu_ns") if cell.kind == "timing" else None


def wall_cost_ns(cell: Cell) -> float | None:
    """The same of the clock on the wall, ns."""
    return _per_pair(cell, "wall_ns") if cell.kind == "timing" else None


def pair_count(cell: Cell) -> int | None:
    """Allocations with their releases in build and drain: half of the
    calls."""
    calls = _sum_or_none([s.operations for s in phases.build_and_drain(cell)])
    return None if calls is None else calls // 2


def _per_pair(cell: Cell, field: str) -> float | None:
    """That figure of build, drain, `poke` and `trim` over half of the
    operations of build and drain."""
    measured = phases.build_and_drain(cell)
    tail = [phases.phase(cell, name) for name in ("poke", "trim")]
    if not measured or None in tail:
        return None
    spent = _sum_or_none([getattr(s, field) for s in (*measured, *tail)])
    operations = _sum_or_none([s.operations for s in measured])
    # A clock that did not move has measured nothing.
    return _ratio(spent, operations, scale=2) if spent else None


def instructions_per_pair(cell: Cell) -> float | None:
    """Instructions per allocation together with its release ("Metrics",
    instructions): as cost_ns, with the tail charged, and the workload's own
    instructions in it, which are the same on every allocator."""
    return _per_pair(cell, "instructions")


def instructions_per_call(samples: Sequence[Sample]) -> float | None:
    """Instructions per call of some phases, the workload's own included."""
    return _ratio(_sum_or_none([s.instructions for s in samples]),
                  _sum_or_none([s.operations for s in samples]))


def phase_cost_ns(sample: Sample) -> float | None:
    """CPU ns per call of one phase ("Metrics", cost, phase by phase)."""
    return _ratio(sample.cpu_ns, sample.operations)


def refill_cpu_ratio(cell: Cell) -> float | None:
    """CPU per call of the second build over that of the first, ratio
    ("Metrics", refill). Per call, because a refill allocates only what is
    not live."""
    first = phases.build(cell)
    refill = phases.phase(cell, "refill")
    if not first or refill is None:
        return None
    first_ns = _ratio(_sum_or_none([s.cpu_ns for s in first]),
                      _sum_or_none([s.operations for s in first]))
    return _ratio(phase_cost_ns(refill), first_ns)


def refill_faults_per_mib(cell: Cell) -> float | None:
    """Minor and major faults of the second build per MiB of live bytes it
    adds ("Metrics", refill)."""
    drain = phases.phase(cell, "drain")
    refill = phases.phase(cell, "refill")
    if drain is None or refill is None:
        return None
    faults = _sum_or_none([refill.minor_faults, refill.major_faults])
    if None in (faults, drain.live_bytes, refill.live_bytes):
        return None
    added_bytes = refill.live_bytes - drain.live_bytes
    return faults * MIB / added_bytes if added_bytes > 0 else None


def _sum_or_none(values: list[int | None]) -> int | None:
    return None if None in values else sum(values)


def _ratio(numerator: float | None, denominator: float | None,
           scale: int = 1) -> float | None:
    if numerator is None or not denominator:
        return None
    return scale * numerator / denominator

"""Condenses the cells of a run into sections: one per workload with its
parameters, one row per allocator. Computes, prints nothing.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from . import controls, metrics, phases, processes, statistics, wake
from .metrics import MIB, Interval
from .rows import AllocatorEntry, Cell, RunLine, Sample
from .statistics import Comparison

HEADLINE_NS = 10 * 10**9

# Repetitions that differ by more are shown with their range: the greater of
# the two (docs/measuring.md: the tolerance of peak, fill and trim).
SPREAD_BYTES = MIB
SPREAD_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Figure:
    """The median over repetitions; half of their range and its two ends
    where they say something, else None."""

    median: float
    half_range: float | None = None
    ends: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An allocator in a section. None is unknown. Bytes, ns, ratios."""

    allocator: str
    entry: AllocatorEntry | None
    cells: tuple[Cell, ...]
    max_live: Figure | None
    floor: Figure | None  # F at D after the last release
    peak: Figure | None
    high_water: Figure | None
    kept: dict[str, Figure | None]  # by regime
    trimmed: Figure | None  # above the floor, after the trim
    cost_ns: Figure | None
    comparison: Comparison | None  # None for the reference
    release: dict[str, tuple[Interval | None, Interval | None]]  # t50, t90
    refill_ratio: Figure | None
    dead: Figure | None  # these four: right after the drain
    held: Figure | None
    stranded: Figure | None
    waste: Figure | None

    @property
    def is_threaded(self) -> bool:
        """Whether what is resident depends on how threads meet."""
        return any(cell.threaded for cell in self.cells)

    @property
    def is_ok(self) -> bool:
        """Whether it has figures to show."""
        return any(cell.outcome == "ok" for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Section:
    run: RunLine
    workload: str
    parameters: dict[str, int | str]
    reference: str
    regimes: tuple[str, ...]
    delay_ns: int  # the D of `kept`
    time_noise: float | None  # relative
    memory_range_bytes: int | None  # between runs of equal seed
    rows: tuple[Row, ...]
    comparisons: int  # how many are judged together, over all sections
    # The run's second reference against its first, and whose they are.
    control: Comparison | None = None
    control_of: str = ""

    @property
    def is_forking(self) -> bool:
        """Whether figures of memory are of one process among several."""
        return any(processes.is_forking(cell) for row in self.rows
                   for cell in row.cells)


def delay_of(run: RunLine) -> int:
    """The headline's D, or what the regime lasted where that is less."""
    return min(HEADLINE_NS, run.settle_ns)


def sections(run: RunLine, cells: Sequence[Cell],
             reference: str | None = None) -> list[Section]:
    """The sections of one run, in the order in which its cells ended.
    `reference` names the allocator to compare with; None: `system` where
    the run has it, else its first."""
    seconds = controls.seconds(run)
    run, cells, control = controls.split(run, cells)
    shown = [cell for cell in cells if cell.kind in ("memory", "timing")]
    groups: dict[tuple, list[Cell]] = {}
    for cell in shown:
        groups.setdefault((cell.workload, cell.parameter_key),
                          []).append(cell)
    names = allocator_names(run, shown)
    if not names:
        return []
    chosen = reference_of(names, reference)
    names.sort(key=lambda name: name != chosen)
    pairs = [(group, name) for group in groups.values() for name in names]
    judged = statistics.compare([_log_ratios(group, name, chosen)
                                 for group, name in pairs])
    comparisons = iter(judged)
    count = sum(item is not None for item in judged)
    return [_with_control(
                _section(run, group, names, chosen,
                         [next(comparisons) for _ in names], count),
                group, [cell for cell in control
                        if (cell.workload, cell.parameter_key) == key],
                seconds)
            for key, group in groups.items()]


def _with_control(section: Section, cells: Sequence[Cell],
                  control: Sequence[Cell],
                  seconds: dict[str, str]) -> Section:
    if not control:
        return section
    second = control[0].allocator
    return replace(section, control_of=seconds[second],
                   control=controls.against_itself(
                       _costs(cells, seconds[second]),
                       _costs(control, second)))


def reference_of(names: Sequence[str], reference: str | None) -> str:
    """The allocator to compare with: the one that was asked for, else
    `system` where it is among them, else the first."""
    return reference or ("system" if "system" in names else names[0])


def allocator_names(run: RunLine, cells: Iterable[Cell]) -> list[str]:
    """Those of the run line, then any that only cells name; a second
    reference is a control and no allocator."""
    seconds = controls.seconds(run)
    named = [entry.allocator for entry in run.allocators]
    return [name for name in dict.fromkeys(
        named + [cell.allocator for cell in cells]) if name not in seconds]


def _log_ratios(cells: Sequence[Cell], name: str,
                reference: str) -> list[float]:
    if name == reference:
        return []
    return statistics.log_ratios(_costs(cells, name),
                                 _costs(cells, reference))


def _costs(cells: Iterable[Cell], name: str) -> dict[int, float]:
    """CPU ns per alloc + release of an allocator, by block."""
    costs = {cell.block: metrics.cost_ns(cell)
             for cell in _ok(cells, "timing") if cell.allocator == name}
    return {block: cost for block, cost in costs.items() if cost is not None}


def _ok(cells: Iterable[Cell], kind: str) -> list[Cell]:
    return [cell for cell in cells
            if cell.kind == kind and cell.outcome == "ok"]


def _section(run: RunLine, cells: Sequence[Cell], names: Sequence[str],
             reference: str, comparisons: Sequence[Comparison | None],
             comparison_count: int) -> Section:
    present = {cell.after for cell in cells if cell.after is not None}
    named = dict.fromkeys([*run.regimes, *sorted(present)])
    swept = wake.swept(named)
    regimes = tuple(regime for regime in named if regime not in swept)
    rows = tuple(_row(run, name, [cell for cell in cells
                                  if cell.allocator == name],
                      regimes, comparison)
                 for name, comparison in zip(names, comparisons))
    costs = list(_costs(cells, reference).values())
    return Section(
        run=run, workload=cells[0].workload, parameters=cells[0].parameters,
        reference=reference, regimes=regimes, delay_ns=delay_of(run),
        time_noise=statistics.relative_spread(costs),
        memory_range_bytes=_memory_range(_ok(cells, "memory")),
        rows=rows, comparisons=comparison_count)


def _row(run: RunLine, name: str, cells: Sequence[Cell],
         regimes: Sequence[str], comparison: Comparison | None) -> Row:
    page = run.host.page_bytes
    delay_ns = delay_of(run)
    memory = _ok(cells, "memory")
    by_regime = {regime: [cell for cell in memory if cell.after == regime]
                 for regime in regimes}
    silent = by_regime.get("silent", [])
    entry = next((e for e in run.allocators if e.allocator == name), None)
    return Row(
        allocator=name, entry=entry, cells=tuple(cells),
        max_live=_figure(memory, metrics.max_live_bytes),
        floor=_figure(memory, lambda c: _floor(c, delay_ns, page)),
        peak=_bytes(memory, metrics.peak_growth_bytes),
        high_water=_bytes(memory, metrics.high_water_bytes),
        kept={regime: _bytes(group, lambda c: metrics.kept_bytes(
            c, delay_ns, page)) for regime, group in by_regime.items()},
        trimmed=_bytes(silent, lambda c: metrics.kept_at_bytes(
            c, phases.phase(c, "trim"), page) if metrics.has_trim(c)
            else None),
        cost_ns=_figure(_ok(cells, "timing"), metrics.cost_ns),
        comparison=comparison,
        release={regime: (_release(group, 0.5, page),
                          _release(group, 0.9, page))
                 for regime, group in by_regime.items()},
        refill_ratio=_figure(itertools.chain(*by_regime.values()),
                             metrics.refill_cpu_ratio),
        dead=_bytes(silent, lambda c: metrics.dead_bytes(c, _drain(c))),
        held=_bytes(silent, lambda c: metrics.held_bytes(c, _drain(c))),
        stranded=_bytes(silent, metrics.stranded_bytes),
        waste=_bytes(silent, lambda c: metrics.live_page_waste_bytes(
            c, _drain(c))))


def _drain(cell: Cell) -> Sample | None:
    return phases.phase(cell, "drain")


def _floor(cell: Cell, delay_ns: int, page_bytes: int) -> int | None:
    sample = phases.sample_after(cell, delay_ns)
    return None if sample is None else metrics.floor_bytes(sample, page_bytes)


def _figure(cells: Iterable[Cell],
            metric: Callable[[Cell], float | None]) -> Figure | None:
    known = [value for value in map(metric, cells) if value is not None]
    return Figure(statistics.median(known)) if known else None


def _bytes(cells: Iterable[Cell],
           metric: Callable[[Cell], float | None]) -> Figure | None:
    """As _figure, with the range where the repetitions differ."""
    known = [value for value in map(metric, cells) if value is not None]
    if not known:
        return None
    middle = statistics.median(known)
    width = max(known) - min(known)
    differ = width > max(SPREAD_BYTES, SPREAD_SHARE * abs(middle))
    return Figure(middle, width / 2, (min(known), max(known))) if differ \
        else Figure(middle)


def _release(cells: Iterable[Cell], share: float,
             page_bytes: int) -> Interval | None:
    """The median of censored times: those beyond the regime rank last, and
    of two in the middle the later one counts."""
    known = [when for when in (metrics.release_time(cell, share, page_bytes)
                               for cell in cells) if when is not None]
    known.sort(key=lambda when: (float("inf") if when.upper_ns is None
                                 else when.upper_ns, when.lower_ns))
    return known[len(known) // 2] if known else None


def _memory_range(cells: Iterable[Cell]) -> int | None:
    """The greatest difference of R at `fill` and at `drain` between memory
    cells of one allocator and one seed (they part only in what follows),
    bytes. None where no two can be compared or addresses were random."""
    groups: dict[tuple, list[int]] = {}
    for cell in cells:
        if cell.aslr is not False:
            continue
        for name in ("fill", "drain"):
            sample = phases.phase(cell, name)
            growth = sample and metrics.growth_bytes(cell, sample)
            if growth is not None:
                groups.setdefault((cell.allocator, cell.seed, name),
                                  []).append(growth)
    ranges = [max(group) - min(group) for group in groups.values()
              if len(group) > 1]
    return max(ranges) if ranges else None


def outcome_counts(cells: Iterable[Cell]) -> Counter[str]:
    return Counter(cell.outcome for cell in cells)

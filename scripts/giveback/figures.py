"""What a single cell says, as a table of figures for other programs.

A row here is a figure of metric_list.py in one unit; the formulas are those
of metrics.py, arenas.py and survivors.py. What is made of several cells
(OVER_CELLS) is in `giveback show` alone.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from . import arenas, metrics, micro, phases, processes, program_metrics
from . import stalls, summary, survivors, traffic, words
from .metric_list import METRICS, Metric
from .metrics import Interval
from .nearest import nearest
from .results import ResultsError
from .rows import Cell, RunLine, Sample

OVER_CELLS = frozenset(("release_granule", "return_tax", "wake_rate"))

# Phases that every workload has, or the tail: the names are a contract.
GROWTH_PHASES = ("fill", "drain", "poke", "trim", "refill", "rest")
COST_PHASES = ("fill", "drain")

# What docs/measuring.md calls the headline, for formats that are read as a
# list of numbers to watch.
HEADLINE = ("peak_growth", "kept_bytes", "cost", "micro")
ALL = "all"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a figure needs besides its cell: D of `kept`, and the page."""

    delay_ns: int
    page_bytes: int

    @property
    def delay(self) -> str:
        return words.seconds(self.delay_ns)


# (what of the cell, the figure or None where it is unknown); nothing at all
# where the cell cannot have such a figure.
Details = Iterable[tuple[str, float | None]]


@dataclass(frozen=True, slots=True)
class Measure:
    """`name` is the metric's, with the unit where a metric has two."""

    name: str
    metric_id: str
    unit: str
    take: Callable[[Cell, Frame], Details]

    @property
    def metric(self) -> Metric:
        return next(m for m in METRICS if m.id == self.metric_id)


def frame_of(run: RunLine) -> Frame:
    return Frame(summary.delay_of(run), run.host.page_bytes)


def of_cell(cell: Cell, frame: Frame,
            measures: Sequence[Measure]
            ) -> Iterable[tuple[Measure, str, float | None]]:
    """(measure, detail, figure) of a cell that is ok; no others have any."""
    if cell.outcome != "ok":
        return
    for measure in measures:
        for detail, value in measure.take(cell, frame):
            assert value is None or math.isfinite(value)
            yield measure, detail, value


def chosen(names: Sequence[str], preset: Sequence[str]) -> list[Measure]:
    """The rows of MEASURES named, in their order; `all` is every one, no
    name at all the preset. Raises ResultsError, naming the nearest."""
    wanted = set(names or preset)
    known = [measure.name for measure in MEASURES]
    if ALL in wanted:
        return list(MEASURES)
    for name in sorted(wanted - set(known)):
        if name in OVER_CELLS:
            raise ResultsError(f"--metric {name}: is made of several cells: "
                               "see `giveback show`")
        raise ResultsError(f"--metric {name}: no such metric: did you mean "
                           f"{nearest(name, [*known, ALL])}?")
    return [measure for measure in MEASURES if measure.name in wanted]


# ---- memory cells ---------------------------------------------------------

def _memory(take: Callable[[Cell, Frame], Details]
            ) -> Callable[[Cell, Frame], Details]:
    """Only of cells of that kind."""
    return lambda cell, frame: take(cell, frame) \
        if cell.kind == "memory" else ()


def _whole(metric: Callable[[Cell], float | None]
           ) -> Callable[[Cell, Frame], Details]:
    return _memory(lambda cell, _frame: [("", metric(cell))])


def _at_delay(metric: Callable[[Cell, int, int], float | None]
              ) -> Callable[[Cell, Frame], Details]:
    return _memory(lambda cell, frame: [
        (frame.delay, metric(cell, frame.delay_ns, frame.page_bytes))])


def _at(phase: str, metric: Callable[[Cell, Sample | None], float | None]
        ) -> Callable[[Cell, Frame], Details]:
    return _memory(lambda cell, _frame: [
        (phase, metric(cell, phases.phase(cell, phase)))])


def _growth(cell: Cell, _frame: Frame) -> Details:
    for name in GROWTH_PHASES:
        if (sample := phases.phase(cell, name)) is not None:
            yield name, metrics.growth_bytes(cell, sample)


def _processes(growth: Callable[[Cell, Sample], float | None]
               ) -> Callable[[Cell, Frame], Details]:
    """At the end of every phase up to the drain, and after D."""
    def take(cell: Cell, frame: Frame) -> Details:
        if not processes.is_forking(cell):
            return
        for sample in phases.build_and_drain(cell):
            yield sample.phase, growth(cell, sample)
        settled = phases.sample_after(cell, frame.delay_ns)
        yield frame.delay, None if settled is None else growth(cell, settled)
    return _memory(take)


def _kept(cell: Cell, frame: Frame) -> Details:
    """After D, and after the allocator's own trim where it has one."""
    yield frame.delay, metrics.kept_bytes(cell, frame.delay_ns,
                                          frame.page_bytes)
    if metrics.has_trim(cell):
        yield "trim", metrics.kept_at_bytes(
            cell, phases.phase(cell, "trim"), frame.page_bytes)


def _release(share: float) -> Callable[[Cell, Frame], Details]:
    """Both ends of the interval, s. A time beyond the regime has no end."""
    def take(cell: Cell, frame: Frame) -> Details:
        when = metrics.release_time(cell, share, frame.page_bytes)
        lower, upper = _ends(when)
        return [("after", lower), ("by", upper)]
    return _memory(take)


def _ends(when: Interval | None) -> tuple[float | None, float | None]:
    if when is None:
        return None, None
    return when.lower_ns / 1e9, \
        None if when.upper_ns is None else when.upper_ns / 1e9


def _what_if(cell: Cell, _frame: Frame) -> Details:
    drain = phases.phase(cell, "drain")
    for granule in metrics.granules(drain):
        yield str(granule), metrics.what_if_bytes(cell, drain, granule)


def _fit(cell: Cell, _frame: Frame) -> Details:
    if cell.workload == survivors.WORKLOAD:
        yield "", survivors.fitted_granule_bytes(cell)


def _refill(metric: Callable[[Cell], float | None]
            ) -> Callable[[Cell, Frame], Details]:
    return _memory(lambda cell, _frame: [("", metric(cell))]
                   if phases.phase(cell, "refill") is not None else ())


def _charged(cell: Cell, frame: Frame) -> Details:
    sample = phases.sample_after(cell, frame.delay_ns)
    yield frame.delay, None if sample is None \
        else metrics.charged_growth_bytes(cell, sample)


def _arenas(metric: Callable[[Sample], float | None]
            ) -> Callable[[Cell, Frame], Details]:
    """Of allocators that show their arenas."""
    def take(cell: Cell, _frame: Frame) -> Details:
        drain = phases.phase(cell, "drain")
        if drain is not None and drain.arenas is not None:
            yield "drain", metric(drain)
    return _memory(take)


def _scan_steps(sample: Sample) -> float | None:
    return sample.arenas.scan_steps


# ---- timing cells ---------------------------------------------------------

def _cost(cell: Cell, _frame: Frame) -> Details:
    if cell.kind == "timing":
        yield "", metrics.cost_ns(cell)


def _phase_cost(cell: Cell, _frame: Frame) -> Details:
    for name in COST_PHASES if cell.kind == "timing" else ():
        if (sample := phases.phase(cell, name)) is not None:
            yield name, metrics.phase_cost_ns(sample)


# ---- cells of other kinds -------------------------------------------------

def _micro(cell: Cell, _frame: Frame) -> Details:
    if cell.kind == micro.KIND:
        yield "cpu", micro.cpu_ns(cell)
        yield "wall", micro.wall_ns(cell)


def _instructions(cell: Cell, _frame: Frame) -> Details:
    if cell.instructions_source is not None:
        yield "", metrics.instructions_per_pair(cell)


def _slow_calls(cell: Cell, _frame: Frame) -> Details:
    for name in stalls.CLASSES if cell.stalls is not None else ():
        found = stalls.times([cell], name)
        yield f"{name} above 1 us", stalls.per_million(found.above_1us, found)
        yield f"{name} above 10 us", stalls.per_million(found.above_10us,
                                                        found)
        yield f"{name} above 100 us", stalls.per_million(found.above_100us,
                                                         found)


def _stall_times(cell: Cell, _frame: Frame) -> Details:
    for name in stalls.CLASSES if cell.stalls is not None else ():
        found = stalls.times([cell], name)
        yield f"{name} p99.99", stalls.percentile_ns(found)
        yield f"{name} longest", found.longest[0].duration_ns \
            if found.longest else None


def _traffic(part: str) -> Callable[[Cell, Frame], Details]:
    """`part` of a rate: its calls or its bytes."""
    def take(cell: Cell, _frame: Frame) -> Details:
        for name in traffic.NAMES if cell.kind == "traffic" else ():
            rate = traffic.kernel_traffic(cell, name)
            yield name, None if rate is None else getattr(rate, part)
    return take


def _program(kind: str, metric: Callable[[Cell], float | None],
             scale: float = 1) -> Callable[[Cell, Frame], Details]:
    """Of whole commands; `scale` makes the unit of it."""
    def take(cell: Cell, _frame: Frame) -> Details:
        if cell.kind == kind:
            value = metric(cell)
            yield "", None if value is None else value * scale
    return take


MEASURES = (
    Measure("growth", "growth", "bytes", _memory(_growth)),
    Measure("pss_growth", "pss_growth", "bytes",
            _processes(processes.pss_growth_bytes)),
    Measure("private_growth", "private_growth", "bytes",
            _processes(processes.private_growth_bytes)),
    Measure("peak_growth", "peak_growth", "bytes",
            _whole(metrics.peak_growth_bytes)),
    Measure("blow_up", "blow_up", "ratio", _whole(metrics.blow_up)),
    Measure("realized_fragmentation", "realized_fragmentation", "percent",
            _whole(metrics.realized_fragmentation_percent)),
    Measure("kept_bytes", "kept", "bytes", _memory(_kept)),
    Measure("kept_percent", "kept", "percent",
            _at_delay(metrics.kept_percent)),
    Measure("returned", "returned", "percent",
            _at_delay(metrics.returned_percent)),
    Measure("t50", "t50", "seconds", _release(0.5)),
    Measure("t90", "t90", "seconds", _release(0.9)),
    Measure("excess", "excess", "percent", _at_delay(metrics.excess_percent)),
    Measure("held", "held", "bytes", _at("drain", metrics.held_bytes)),
    Measure("stranded", "stranded", "bytes", _whole(metrics.stranded_bytes)),
    Measure("live_page_waste", "live_page_waste", "bytes",
            _at("drain", metrics.live_page_waste_bytes)),
    Measure("what_if", "what_if", "bytes", _memory(_what_if)),
    Measure("release_granule_fit", "release_granule_fit", "bytes",
            _memory(_fit)),
    Measure("cost", "cost", "nanoseconds", _cost),
    Measure("phase_cost", "phase_cost", "nanoseconds", _phase_cost),
    Measure("instructions", "instructions", "instructions", _instructions),
    Measure("micro", "micro", "nanoseconds", _micro),
    Measure("slow_calls", "stalls", "per_million", _slow_calls),
    Measure("stalls", "stalls", "nanoseconds", _stall_times),
    Measure("traffic_calls", "kernel_traffic", "per_gibibyte",
            _traffic("calls")),
    Measure("traffic_bytes", "kernel_traffic", "bytes_per_gibibyte",
            _traffic("bytes")),
    Measure("refill", "refill", "ratio", _refill(metrics.refill_cpu_ratio)),
    Measure("refill_faults", "refill_faults", "per_mebibyte",
            _refill(metrics.refill_faults_per_mib)),
    Measure("charged", "charged", "bytes", _memory(_charged)),
    Measure("program_wall", "program_wall", "seconds",
            _program(program_metrics.TIMING, program_metrics.wall_ns, 1e-9)),
    Measure("program_cpu", "program_cpu", "seconds",
            _program(program_metrics.TIMING, program_metrics.cpu_ns, 1e-9)),
    Measure("program_peak", "program_peak", "bytes",
            _program(program_metrics.MEMORY, program_metrics.peak_bytes)),
    Measure("program_kept_bytes", "program_kept", "bytes",
            _program(program_metrics.MEMORY, program_metrics.kept_bytes)),
    Measure("program_kept_percent", "program_kept", "percent",
            _program(program_metrics.MEMORY, program_metrics.kept_percent)),
    Measure("pinned_arenas", "pinned_arenas", "arenas",
            _arenas(arenas.pinned_arenas)),
    Measure("scan_steps", "scan_steps", "steps", _arenas(_scan_steps)),
    Measure("external_fragmentation", "external_fragmentation", "percent",
            _arenas(arenas.external_fragmentation_percent)),
    Measure("internal_fragmentation", "internal_fragmentation", "percent",
            _arenas(arenas.internal_fragmentation_percent)),
)

"""Which figures of a cell are compared: a table.

A measure takes one figure out of one cell by a formula of metrics.py or
arenas.py. Figures of build and drain are the same whatever regime follows,
so all memory cells of one seed give them: that shows whether they repeat.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .. import arenas, metrics, micro, phases, processes, program_metrics
from ..metric_list import METRICS
from ..rows import Cell, Sample
from .verdicts import Scale

# A figure of a cell, given the host's page size and the delay of `kept`.
Take = Callable[[Cell, int, int], float | None]

KINDS = ("memory", "timing", "instructions", "micro", "program",
         "program_timing")
REGIMES = ("silent", "tick", "tick_same", "tick_other")
ANY_REGIME = "any"  # build and drain: what follows does not matter
EACH_REGIME = "each"  # the point is the regime's name


@dataclass(frozen=True, slots=True)
class Measured:
    """`after`: which memory cells have it. `counted`: nothing but code
    decides it, so it is alike on every machine. `preset`: compared without
    being asked for. Bytes are of the process that was started; where it
    forks, only those of `all_processes` say what is held."""

    metric: str
    point: str
    kind: Literal["memory", "timing", "instructions", "micro",
                  "program", "program_timing"]
    take: Take
    unit: str
    after: str = ANY_REGIME
    counted: bool = False
    preset: bool = True
    all_processes: bool = False  # of workloads that fork, and of no other

    @property
    def is_exact(self) -> bool:
        return CLASSES[self.metric] == "exact"

    @property
    def scale(self) -> Scale:
        """What repetitions of it are compared by. Bytes and counts may be
        zero, and bytes of growth negative: no ratios of those. A whole
        command always holds something."""
        if self.unit == "bytes" and self.kind == "memory":
            return "of max L"
        return "difference" if self.is_exact else "ratio"


CLASSES = {metric.id: metric.measure for metric in METRICS}


def _at(phase: str, take: Callable[[Sample], int | None]) -> Take:
    def figure(cell: Cell, _page_bytes: int, _delay_ns: int) -> int | None:
        sample = phases.phase(cell, phase)
        return None if sample is None else take(sample)
    return figure


def _kept_at(phase: str) -> Take:
    def figure(cell: Cell, page_bytes: int, _delay_ns: int) -> int | None:
        return metrics.kept_at_bytes(cell, phases.phase(cell, phase),
                                     page_bytes)
    return figure


def _trimmed(cell: Cell, page_bytes: int, _delay_ns: int) -> int | None:
    if not metrics.has_trim(cell):
        return None
    return metrics.kept_at_bytes(cell, phases.phase(cell, "trim"), page_bytes)


def _kept(cell: Cell, page_bytes: int, delay_ns: int) -> int | None:
    return metrics.kept_bytes(cell, delay_ns, page_bytes)


def _scan_steps(sample: Sample) -> int | None:
    return None if sample.arenas is None else sample.arenas.scan_steps


def _of_crew(growth: Callable[[Cell, Sample], int | None],
             sample_of: Callable[[Cell], Sample | None]) -> Take:
    def figure(cell: Cell, _page_bytes: int, _delay_ns: int) -> int | None:
        sample = sample_of(cell)
        return None if sample is None else growth(cell, sample)
    return figure


def _crew_peak(cell: Cell, _page_bytes: int, _delay_ns: int) -> int | None:
    """Unknown where one sample is: it might be the greatest."""
    known = [processes.pss_growth_bytes(cell, sample)
             for sample in phases.build_and_drain(cell)]
    return None if not known or None in known else max(known)


def _in_ms(time_ns: int | None) -> float | None:
    return None if time_ns is None else time_ns / 1e6


MEASURED = (
    Measured("peak_growth", "", "memory",
             lambda cell, *_: metrics.peak_growth_bytes(cell), "bytes"),
    Measured("kept", "drain", "memory", _kept_at("drain"), "bytes"),
    Measured("kept", EACH_REGIME, "memory", _kept, "bytes",
             after=EACH_REGIME),
    Measured("kept", "trim", "memory", _trimmed, "bytes", after="silent"),
    Measured("pss_growth", "peak", "memory", _crew_peak, "bytes",
             all_processes=True),
    Measured("pss_growth", "drain", "memory",
             _of_crew(processes.pss_growth_bytes,
                      lambda cell: phases.phase(cell, "drain")),
             "bytes", all_processes=True),
    *(Measured(metric, EACH_REGIME, "memory",
               _of_crew(growth, processes.at_end), "bytes",
               after=EACH_REGIME, all_processes=True)
      for metric, growth in (
          ("pss_growth", processes.pss_growth_bytes),
          ("private_growth", processes.private_growth_bytes))),
    Measured("pinned_arenas", "fill", "memory",
             _at("fill", arenas.pinned_arenas), "arenas", counted=True),
    Measured("pinned_arenas", "drain", "memory",
             _at("drain", arenas.pinned_arenas), "arenas", counted=True),
    Measured("scan_steps", "drain", "memory", _at("drain", _scan_steps),
             "steps", counted=True),
    Measured("cost", "", "timing", lambda cell, *_: metrics.cost_ns(cell),
             "CPU ns"),
    # Of one processor and libc: glibc chooses its copies by the processor.
    Measured("instructions", "", "instructions",
             lambda cell, *_: metrics.instructions_per_pair(cell),
             "instructions"),
    Measured("micro", "", micro.KIND, lambda cell, *_: micro.figure_ns(cell),
             "ns"),
    *(Measured(metric, "", kind, take, unit)
      for metric, kind, unit, take in (
          ("program_cpu", "program_timing", "CPU ms",
           lambda cell, *_: _in_ms(program_metrics.cpu_ns(cell))),
          ("program_wall", "program_timing", "ms",
           lambda cell, *_: _in_ms(program_metrics.wall_ns(cell))),
          ("program_peak", "program", "bytes",
           lambda cell, *_: program_metrics.peak_bytes(cell)),
          ("program_kept", "program", "bytes",
           lambda cell, *_: program_metrics.kept_bytes(cell)))),
    Measured("stranded", "", "memory",
             lambda cell, *_: metrics.stranded_bytes(cell), "bytes",
             after="silent", preset=False),
    Measured("live_page_waste", "drain", "memory",
             lambda cell, *_: metrics.live_page_waste_bytes(
                 cell, phases.phase(cell, "drain")), "bytes", preset=False),
    Measured("refill_faults", "", "memory",
             lambda cell, *_: metrics.refill_faults_per_mib(cell), "1/MiB",
             after="tick", preset=False),
    Measured("refill", "", "memory",
             lambda cell, *_: metrics.refill_cpu_ratio(cell), "ratio",
             after="tick", preset=False),
    *(Measured("phase_cost", phase, "timing",
               _at(phase, metrics.phase_cost_ns), "CPU ns", preset=False)
      for phase in ("fill", "drain")),
)

IDS = tuple(dict.fromkeys(measured.metric for measured in MEASURED))


def points(metric: str) -> tuple[str, ...]:
    """Where in a cell it is measured; "" for the whole."""
    return tuple(point for measured in MEASURED if measured.metric == metric
                 for point in (REGIMES if measured.after == EACH_REGIME
                               else (measured.point,)))


def chosen(ids: tuple[str, ...] | None) -> tuple[Measured, ...]:
    """The rows of those metrics; without any those of the preset."""
    return tuple(measured for measured in MEASURED
                 if (measured.preset if ids is None
                     else measured.metric in ids))


def of_cell(measured: Measured, cell: Cell, page_bytes: int,
            delay_ns: int) -> tuple[str, float] | None:
    """(point, figure) of an ok cell; None where it has no such figure."""
    if not _is_of(measured, cell):
        return None
    figure = measured.take(cell, page_bytes, delay_ns)
    return None if figure is None else (_point(measured, cell), figure)


def unread(measured: Measured, cell: Cell) -> str | None:
    """The point of a figure over all processes, for an ok cell without that
    figure: the kernel did not tell what one of them held."""
    return _point(measured, cell) \
        if measured.all_processes and _is_of(measured, cell) else None


def _is_of(measured: Measured, cell: Cell) -> bool:
    if cell.kind != measured.kind:
        return False
    if measured.unit == "bytes" and measured.kind == "memory" \
            and measured.all_processes != processes.is_forking(cell):
        return False
    return measured.after in (ANY_REGIME, EACH_REGIME, cell.after)


def _point(measured: Measured, cell: Cell) -> str:
    return measured.point if measured.after != EACH_REGIME \
        else cell.after or ""

"""How much a figure may change and still be the same: a table, and the file
that overrides it.

The presets come from how exact figures of equal runs proved to be: counts
that nothing but code decides do not move at all; memory at the peak, after
the drain and after a trim moves by less than 1 MiB and 1 %, after releases
that a clock drives by up to 5 %.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..metrics import MIB
from ..nearest import nearest
from ..results import ResultsError
from .figures import IDS, points

KEYS = ("absolute", "share", "margin")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Of an exact figure the greater of `absolute`, in its unit, and
    `share` of the base's. `margin`: of a sampled one, a share of the base's
    or, of memory, of max L."""

    absolute: float = 0
    share: float = 0
    margin: float = 0.03

    def allowed(self, base_figure: float) -> float:
        return max(self.absolute, self.share * abs(base_figure))


MEMORY = Tolerance(absolute=MIB, share=0.01, margin=0.01)
CLOCK_DRIVEN = replace(MEMORY, share=0.05)
COUNT = Tolerance()
TIME = Tolerance(margin=0.03)

# By "metric" or "metric.point"; the longer name wins.
PRESETS: dict[str, Tolerance] = {
    "peak_growth": MEMORY,
    "kept": CLOCK_DRIVEN,  # under requests, which come by the clock
    "kept.silent": MEMORY,
    "kept.drain": MEMORY,
    "kept.trim": MEMORY,
    "pss_growth": CLOCK_DRIVEN,
    "pss_growth.peak": MEMORY,
    "pss_growth.drain": MEMORY,
    "pss_growth.silent": MEMORY,
    "private_growth": CLOCK_DRIVEN,
    "private_growth.silent": MEMORY,
    "stranded": MEMORY,
    "live_page_waste": MEMORY,
    "refill_faults": Tolerance(share=0.05),
    "pinned_arenas": COUNT,
    "scan_steps": COUNT,
    "instructions": Tolerance(share=10e-6),
    "cost": TIME,
    "phase_cost": TIME,
    "micro": TIME,
    "refill": TIME,
    "program_cpu": TIME,
    "program_wall": TIME,
    "program_peak": Tolerance(margin=0.01),
    "program_kept": Tolerance(margin=0.01),
}


@dataclass(frozen=True, slots=True)
class Tolerances:
    table: Mapping[str, Tolerance]

    def of(self, metric: str, point: str) -> Tolerance:
        # "tick+rate=100" is judged as "tick" is.
        name = f"{metric}.{point.partition('+')[0]}"
        return self.table.get(name) or self.table[metric]


PRESET = Tolerances(PRESETS)


def read(path: Path) -> Tolerances:
    """The presets with what the TOML file says otherwise: a table per
    metric, in it keys of KEYS or a table per point. Raises ResultsError."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read: {error.strerror}: "
                           "check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ResultsError(f"{path}: is no TOML: {error}: correct it") \
            from None
    changed = dict(PRESETS)
    for metric, table in tables.items():
        if metric not in IDS:
            raise ResultsError(f"{path}: {metric}: no metric that is "
                               "compared: did you mean "
                               f"{nearest(metric, IDS)}?")
        _override(path, changed, metric, table)
    return Tolerances(changed)


def _override(path: Path, changed: dict[str, Tolerance], metric: str,
              table: Any) -> None:
    """A metric's own keys hold for each of its points."""
    if not isinstance(table, dict):
        raise ResultsError(f"{path}: {metric}: is no table: write "
                           f"[{metric}] and under it share = 0.02")
    own = {key: value for key, value in table.items()
           if not isinstance(value, dict)}
    for name in list(changed):
        if name.partition(".")[0] == metric:
            changed[name] = _with(path, metric, changed[name], own)
    for point, keys in table.items():
        if isinstance(keys, dict):
            _check_point(path, metric, point)
            name = f"{metric}.{point}"
            preset = changed.get(name, changed[metric])
            changed[name] = _with(path, name, preset, keys)


def _check_point(path: Path, metric: str, point: str) -> None:
    known = [name for name in points(metric) if name]
    if not known:
        raise ResultsError(f"{path}: {metric}.{point}: {metric} has no "
                           f"points: write [{metric}]")
    if point not in known:
        # A rate of requests has no tolerance of its own.
        raise ResultsError(f"{path}: {metric}.{point}: no point of {metric}: "
                           "did you mean "
                           f"{nearest(point.partition('+')[0], known)}?")


def _with(path: Path, name: str, tolerance: Tolerance,
          keys: Mapping[str, Any]) -> Tolerance:
    for key, value in keys.items():
        if key not in KEYS:
            raise ResultsError(f"{path}: {name}.{key}: unknown: did you mean "
                               f"{nearest(key, KEYS)}?")
        if type(value) not in (int, float) or not 0 <= value < 2**63:
            raise ResultsError(f"{path}: {name}.{key}: {value!r:.20} is no "
                               "number of 0 or more: correct it")
    return replace(tolerance, **keys)

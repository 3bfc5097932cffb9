"""The survivor law: what a few survivors scattered over many objects keep,
and the unit in which an allocator gives memory back, the release granule.

Of cells of the workload `survivors`. Symbols: N objects, s the share that
survives, R growth, stride = R_peak / N (what an object really takes: glibc
spends 32 B on 16), n = granule / stride objects in a granule, R' = R / R_peak
after the trim. The unit is bytes unless a name says otherwise.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import metrics, phases
from .rows import Cell, Sample

WORKLOAD = "survivors"

# Where R' is nearer to nothing or to all, an object more or less moves the
# fit by more than the granule does ("Metrics", release_granule).
LEAST_KEPT, MOST_KEPT = 0.1, 0.95

# What page truth may leave unexplained, of the peak: the tolerance of peak,
# fill and trim (docs/measuring.md).
UNEXPLAINED_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Granule:
    """A unit above `above` and up to `up_to` bytes. Censored: `up_to` None
    says only that it is greater than every unit that is recorded."""

    above: int
    up_to: int | None


# ---- the law --------------------------------------------------------------

def object_count(cell: Cell) -> int | None:
    """N: live blocks at `fill`."""
    fill = phases.phase(cell, "fill")
    return fill.live_blocks if fill is not None else None


def survivor_share(cell: Cell) -> float | None:
    """s: live blocks after the drain over those at the peak, ratio."""
    drain = phases.phase(cell, "drain")
    count = object_count(cell)
    if drain is None or drain.live_blocks is None or not count:
        return None
    return drain.live_blocks / count


def stride_bytes(cell: Cell) -> float | None:
    """R_peak / N, bytes per object ("Metrics", release_granule)."""
    peak, count = metrics.peak_growth_bytes(cell), object_count(cell)
    return peak / count if peak and count else None


def after_trim(cell: Cell) -> Sample | None:
    """The sample that the law speaks of: what the allocator gives back when
    asked, or by itself where it has no such call."""
    return phases.phase(cell, "trim")


def kept_share(cell: Cell) -> float | None:
    """R' = R after the trim / R_peak, ratio, survivors included."""
    sample = after_trim(cell)
    growth = None if sample is None else metrics.growth_bytes(cell, sample)
    peak = metrics.peak_growth_bytes(cell)
    return growth / peak if growth is not None and peak else None


def law_share(cell: Cell, granule_bytes: float) -> float | None:
    """What the law says of R' for a granule, with the cell's own s and
    stride, ratio; None where it says nothing."""
    share, stride = survivor_share(cell), stride_bytes(cell)
    if share is None or not stride:
        return None
    return law(cell.parameters, share, granule_bytes / stride)


def law(parameters: Mapping[str, int | str], share: float,
        count: float) -> float | None:
    """What the law says of R' for a granule of n = `count` objects, of which
    the share s survives, ratio ("Metrics", survivor law): a granule stays if
    one of its n objects survives.

    scattered  1 - (1 - s)^n          each survives on its own
    regular    min(1, n s)            never two where one would do
    runs       1 - (1 - s/r)^(n+r-1)  about: runs of r neighbours that begin
                                      anywhere; the workload spaces them
                                      evenly, which keeps a little more
    None for survivors at one end: they pin one granule."""
    match parameters.get("pattern"):
        case "scattered":
            return 1 - (1 - share) ** count
        case "regular":
            return min(1.0, count * share)
        case "runs":
            run = parameters.get("run")
            if not isinstance(run, int) or run < 1:
                return None
            return 1 - (1 - share / run) ** (count + run - 1)
    return None


def fitted_granule_bytes(cell: Cell) -> float | None:
    """The granule for which the law of scattered survivors gives what was
    really kept: stride * ln(1 - R') / ln(1 - s), bytes; only where
    0.1 < R' < 0.95 ("Metrics", release_granule). All that is kept counts,
    an allocator's own tables too: where those are large the fit is."""
    kept, share = kept_share(cell), survivor_share(cell)
    stride = stride_bytes(cell)
    if cell.parameters.get("pattern") != "scattered" or kept is None \
            or share is None or stride is None or not 0 < share < 1 \
            or not LEAST_KEPT < kept < MOST_KEPT:
        return None
    return stride * math.log1p(-kept) / math.log1p(-share)


# ---- page truth -----------------------------------------------------------

def recorded_granules(cell: Cell) -> tuple[int, ...]:
    """The units that page truth was taken in, ascending; bytes."""
    return metrics.granules(after_trim(cell))


def stray_bytes(cell: Cell, granule: int) -> int | None:
    """What no unit of `granule` bytes around a live block explains: resident
    pages after the trim, less those at base, minus what_if(granule)."""
    sample = after_trim(cell)
    parts = (metrics.dead_bytes(cell, sample),
             metrics.live_page_bytes(cell, sample),
             None if sample is None
             else metrics.what_if_bytes(cell, sample, granule))
    if None in parts:
        return None
    dead, live, explained = parts
    return dead + live - explained


def tables_bytes(cells: Iterable[Cell]) -> int | None:
    """What an allocator keeps whoever survives, its own tables: the least
    stray_bytes at the greatest unit over cells that differ in survivors
    alone. The law cannot explain it: it has no survivor in it."""
    strays = [stray_bytes(cell, granules[-1]) for cell in cells
              if (granules := recorded_granules(cell))]
    known = [stray for stray in strays if stray is not None]
    return min(known) if known else None


def cell_granule(cell: Cell, tables: int) -> Granule | None:
    """The least recorded unit around live blocks that explains what is kept
    after the trim, but for the allocator's own tables and 1 % of the peak.
    A lower bound: where survivors are dense, every unit explains all."""
    peak = metrics.peak_growth_bytes(cell)
    granules = recorded_granules(cell)
    if peak is None or not granules:
        return None
    below = 0
    for granule in granules:
        stray = stray_bytes(cell, granule)
        if stray is None:
            return None
        if stray - tables <= UNEXPLAINED_SHARE * peak:
            return Granule(below, granule)
        below = granule
    return Granule(below, None)


def release_granule(cells: Iterable[Cell]) -> Granule | None:
    """The release granule by page truth, over cells of one allocator and
    seed that differ in survivors alone: the greatest of their lower bounds.

    It is exact in this sense: of the units that are recorded, it is the
    least for which every page that stays after a trim lies in an aligned
    unit with a live block, to 1 % of the peak. A granule between two
    recorded units shows as the greater. It needs a cell in which survivors
    are rare enough to leave units of that size empty."""
    cells = list(cells)
    tables = tables_bytes(cells)
    if tables is None:
        return None
    found = [cell_granule(cell, tables) for cell in cells]
    known = [granule for granule in found if granule is not None]
    return max(known, key=_size, default=None)


def _size(granule: Granule) -> float:
    return math.inf if granule.up_to is None else granule.up_to

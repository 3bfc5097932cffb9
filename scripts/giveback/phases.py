"""Which samples of a cell belong to the build, the drain, the regime and
the tail. The names are a contract (results/README.md): the last phase of a
build is `fill`, of a drain `drain`; samples of the regime carry its name.
"""

from .rows import Cell, Sample

# How far the nearest regime sample may lie from the delay asked for.
DELAY_TOLERANCE = 0.2


def phase(cell: Cell, name: str) -> Sample | None:
    """The first sample of that name; None where the cell has none."""
    return next((s for s in cell.samples if s.phase == name), None)


def build(cell: Cell) -> tuple[Sample, ...]:
    """Up to and with `fill`; empty where there is no such phase."""
    return _up_to(cell, "fill")


def build_and_drain(cell: Cell) -> tuple[Sample, ...]:
    """Up to and with `drain`; empty where there is no such phase."""
    return _up_to(cell, "drain")


def _up_to(cell: Cell, name: str) -> tuple[Sample, ...]:
    for index, sample in enumerate(cell.samples):
        if sample.phase == name:
            return cell.samples[:index + 1]
    return ()


def regime(cell: Cell) -> tuple[tuple[int, Sample], ...]:
    """(nanoseconds since the last release, sample), in order of time: the
    drain's own sample at 0, then those of the regime `cell.after`."""
    drain = phase(cell, "drain")
    if drain is None or cell.after is None:
        return ()
    timed = [(s.since_drain_ns, s) for s in cell.samples
             if s.phase == cell.after and s.since_drain_ns is not None]
    return ((0, drain), *sorted(timed, key=lambda pair: pair[0]))


def sample_after(cell: Cell, delay_ns: int) -> Sample | None:
    """The regime's sample nearest to `delay_ns` after the last release;
    None where none lies within DELAY_TOLERANCE of it."""
    timed = regime(cell)
    if not timed:
        return None
    since_ns, nearest = min(timed, key=lambda pair: abs(pair[0] - delay_ns))
    if abs(since_ns - delay_ns) > DELAY_TOLERANCE * delay_ns:
        return None
    return nearest

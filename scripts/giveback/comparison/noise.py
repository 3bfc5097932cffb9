"""How far the reference differs from itself, in the blocks of both sides.

Figures of both references of a run pair within its blocks, as those of base
and head do. What lies between them is the noise of that run.
"""

import math
from collections.abc import Sequence

from .. import controls
from . import pairing
from .sides import Place, Reading, Side
from .verdicts import SelfDifference


def of_sides(two: Sequence[Side]) -> tuple[SelfDifference, ...]:
    """Of each workload whose runs had a second reference; of one file that
    is both sides once."""
    found: dict[SelfDifference, None] = {}
    for side in two:
        for second, first in side.seconds.items():
            for place, readings in side.readings.get(second, {}).items():
                said = _difference(
                    first, place, side.readings.get(first, {}).get(place, []),
                    readings)
                if said is not None:
                    found.setdefault(said)
    return tuple(found)


def _difference(name: str, place: Place, first: Sequence[Reading],
                second: Sequence[Reading]) -> SelfDifference | None:
    pairs = [pair for pair in pairing.by_block(first, second)
             if pair.base.value > 0 and pair.head.value > 0]
    said = controls.against_itself(
        {number: pair.base.value for number, pair in enumerate(pairs)},
        {number: pair.head.value for number, pair in enumerate(pairs)})
    if said is None:
        return None
    interval = said.interval
    return SelfDifference(
        metric=place.measured.metric, point=place.point,
        workload=place.workload, parameters=place.parameters,
        allocator=name, change=math.expm1(said.middle),
        low=None if interval is None else math.expm1(interval.low),
        high=None if interval is None else math.expm1(interval.high),
        pairs=said.pairs, beyond_chance=controls.is_beyond_chance(said))

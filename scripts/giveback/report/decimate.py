"""Fewer points of a timeline, without losing a peak."""

from collections.abc import Sequence

# Of each stretch at most four points stay: 800 in all, where a chart is
# seldom wider than 1,000 pixels.
STRETCHES = 200


def decimated(times: Sequence[int], sizes: Sequence[int],
              stretches: int = STRETCHES) -> list[tuple[int, int]]:
    """(time, size) of the first, least, greatest and last point of each of
    `stretches` equal spans of time, in order of time; a point that repeats
    the size before it is left out, but for the last of all. What a line with
    a pixel for each span shows is what all points would show (Jugel, Jerzak,
    Hackenbroich, Markl: M4, VLDB 2014)."""
    if not times:
        return []
    span = max(times[-1] - times[0], 1)
    kept: list[int] = []
    start = 0
    while start < len(times):
        stretch = (times[start] - times[0]) * stretches // span
        stop = start + 1
        while stop < len(times) and \
                (times[stop] - times[0]) * stretches // span == stretch:
            stop += 1
        inside = range(start, stop)
        kept += sorted({start, min(inside, key=sizes.__getitem__),
                        max(inside, key=sizes.__getitem__), stop - 1})
        start = stop
    return [(times[index], sizes[index])
            for place, index in enumerate(kept)
            if place in (0, len(kept) - 1)
            or sizes[index] != sizes[kept[place - 1]]]

"""Where resident pages lie: `pages.map` in results/README.md.

As in metrics.py: None where it is unknown. A map comes from a file that
anybody may have written; one that is malformed, has more units than the format
allows, or does not add up to the page truth it belongs to is unknown.
"""

import re
from dataclasses import dataclass

from .rows import Pages

PAGE = 4096
MOST_UNITS = 128  # of the format

_ADDRESSES = 2**57  # of any Linux: 5-level page tables
_STRETCH = r"([0-9]{1,16}):([^:]*)"
_RUN = r"([0-9]{1,10})\+([0-9]{1,10})(?:\*([0-9]{1,3}))?"


@dataclass(frozen=True, slots=True)
class PageUnits:
    """(live, dead) bytes of resident pages with and without a live byte, by
    the number of their unit: its address over `unit_bytes`, ascending."""

    unit_bytes: int
    units: dict[int, tuple[int, int]]

    def coarser(self, unit_bytes: int) -> "PageUnits":
        """The same pages in units of that size, a multiple of theirs."""
        times = unit_bytes // self.unit_bytes
        found: dict[int, tuple[int, int]] = {}
        for number, (live, dead) in self.units.items():
            before = found.get(number // times, (0, 0))
            found[number // times] = (before[0] + live, before[1] + dead)
        return PageUnits(unit_bytes, found)


def of_pages(pages: Pages | None) -> PageUnits | None:
    """The map of a sample or of a base."""
    if pages is None or pages.map is None:
        return None
    unit = pages.map.unit_bytes
    units = _units(pages.map.stretches)
    if unit < PAGE or unit & (unit - 1) or units is None \
            or units and (max(units) + 1) * unit > _ADDRESSES:
        return None
    live, dead = (sum(pair[part] for pair in units.values())
                  for part in range(2))
    return PageUnits(unit, units) \
        if (live, dead) == (pages.live_bytes, pages.dead_bytes) else None


def _units(stretches: tuple[str, ...]) -> dict[int, tuple[int, int]] | None:
    """None where they are malformed, not ascending, or too many."""
    units: dict[int, tuple[int, int]] = {}
    last = -1
    for text in stretches:
        match = re.fullmatch(_STRETCH, text)
        if match is None or int(match[1]) <= last:
            return None
        number = int(match[1])
        for run in match[2].split(" "):
            found = re.fullmatch(_RUN, run)
            count = int(found[3] or 1) if found else 0
            if not 0 < count <= MOST_UNITS - len(units):
                return None
            pair = int(found[1]) * PAGE, int(found[2]) * PAGE
            units |= dict.fromkeys(range(number, number + count), pair)
            number += count
        last = number - 1
    return units

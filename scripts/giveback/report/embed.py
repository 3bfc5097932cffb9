"""Data inside a page, so that no text of a result file can end its element
or run as code."""

import base64
import gzip
import json
import re
from typing import Any

# Within a script element only these can begin markup; in JSON they stand in
# strings alone, where an escape means the same.
ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


def as_json(value: Any) -> str:
    """ASCII, so without U+2028 and U+2029 too. Raises ValueError where a
    number is not finite."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False,
                      separators=(",", ":"))
    return text.translate(ESCAPES)


# A timeline's list of whole numbers; raw.js knows the same names.
NAMES = ("t_ns", "resident_bytes", "live_bytes")
LISTS = re.compile(rb'("(%s)": ?\[)' % "|".join(NAMES).encode()
                   + rb"((?:0|-?[1-9][0-9]{0,14})"
                   rb"(?:,(?:0|-?[1-9][0-9]{0,14}))*)(?=\])")
PAGE = 4096

# Maps of arenas and of pages: phases in which nothing changed repeat them, and
# so do regimes, farther apart than gzip looks back.
MAPS = re.compile(rb'("(?:map|stretches)": ?\[)("[^]\n]{64,})(?=\])')


def packed(lines: bytes) -> str:
    """Gzip in base64 of: the lines with `@` in place of each timeline's list
    and `@7` in place of a map; two line feeds, the last two that follow each
    other; the lists, one a line, by name; the maps, from `@0` on, one a line.
    A list is the differences of its numbers, in pages after a `p`. The same
    bytes give the same text. Numbers of up to 15 digits and their differences
    are exact in a browser."""
    lists: dict[str, list[bytes]] = {name: [] for name in NAMES}
    maps: dict[bytes, int] = {}

    def set_aside(found: re.Match[bytes]) -> bytes:
        lists[found[2].decode()].append(_differences(found[3]))
        return found[1] + b"@"

    def name(found: re.Match[bytes]) -> bytes:
        return b"%s@%d" % (found[1], maps.setdefault(found[2], len(maps)))

    rows = MAPS.sub(name, LISTS.sub(set_aside, lines))
    text = rows + b"\n\n" + b"\n".join(
        [*(line for each in NAMES for line in lists[each]), *maps])
    return base64.b64encode(gzip.compress(text, 9, mtime=0)).decode("ascii")


def _differences(numbers: bytes) -> bytes:
    last, differences = 0, []
    for number in map(int, numbers.split(b",")):
        differences.append(number - last)
        last = number
    if all(difference % PAGE == 0 for difference in differences):
        return b"p" + b",".join(b"%d" % (difference // PAGE)
                                for difference in differences)
    return b",".join(b"%d" % difference for difference in differences)

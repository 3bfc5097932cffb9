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


def packed(lines: bytes) -> str:
    """Gzip in base64 of: the lines with `@` in place of each timeline's
    list; an empty line; the lists, one a line, by name. A list is the
    differences of its numbers, in pages after a `p`. The same bytes give the
    same text. Numbers of up to 15 digits and their differences are exact in
    a browser."""
    lists: dict[str, list[bytes]] = {name: [] for name in NAMES}

    def set_aside(found: re.Match[bytes]) -> bytes:
        lists[found[2].decode()].append(_differences(found[3]))
        return found[1] + b"@"

    text = b"\n".join((LISTS.sub(set_aside, lines),
                       *(line for name in NAMES for line in lists[name])))
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

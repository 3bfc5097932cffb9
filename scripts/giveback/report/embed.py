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


# A timeline's list of whole numbers; raw.js undoes it by the same pattern.
LISTS = re.compile(rb'("(?:t_ns|resident_bytes|live_bytes)": ?\[)'
                   rb"((?:0|-?[1-9][0-9]{0,14})"
                   rb"(?:,(?:0|-?[1-9][0-9]{0,14}))*)(?=\])")


def packed(lines: bytes) -> str:
    """Gzip in base64, with each number of a timeline as its difference from
    the one before, which packs to two thirds: the same bytes give the same
    text. Numbers of up to 15 digits and their differences are exact in a
    browser."""
    differences = LISTS.sub(_differences, lines)
    return base64.b64encode(gzip.compress(differences, 9,
                                          mtime=0)).decode("ascii")


def _differences(found: re.Match[bytes]) -> bytes:
    last, differences = 0, []
    for number in map(int, found[2].split(b",")):
        differences.append(b"%d" % (number - last))
        last = number
    return found[1] + b",".join(differences)

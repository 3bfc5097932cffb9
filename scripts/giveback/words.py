"""Figures and foreign text in words. Text of a file is not trusted: nothing
of it reaches a terminal before `clean` has seen it.
"""

import math
import unicodedata

from .metrics import MIB, Interval

NAME_LIMIT = 60
TEXT_LIMIT = 400
UNKNOWN = "-"

# Control, format (bidirectional overrides too), surrogate, private use,
# unassigned; line and paragraph separators.
UNPRINTABLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """`text` on one line of at most `limit` characters, each of which only
    prints; what would do more becomes a question mark."""
    cut = text if len(text) <= limit else text[:limit - 3] + "..."
    return "".join("?" if unicodedata.category(character) in UNPRINTABLE
                   else character for character in cut)


def escaped(text: str) -> str:
    """`text` for a program to read: whole, with what is not printable (and
    the backslash) as `\\u{1b}`. Unlike `clean`, it keeps texts that differ
    apart."""
    if text.isprintable() and "\\" not in text:
        return text  # nearly all, and many times for each cell
    return "".join(f"\\u{{{ord(character):x}}}" if character == "\\"
                   or unicodedata.category(character) in UNPRINTABLE
                   else character for character in text)


def display_width(text: str) -> int:
    """Columns on a terminal."""
    return sum(0 if unicodedata.combining(character) else
               2 if unicodedata.east_asian_width(character) in "WF" else 1
               for character in text)


def decimal(value: float, digits: int = 1) -> str:
    """Fixed decimals, without a negative zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def number(value: float, sign: str = "") -> str:
    """"9,596,928", "12.5": whole from a thousand on, else three digits.
    `sign` "+" shows it always."""
    if value % 1 and abs(value) < 1000:
        return f"{value:{sign}.3g}"
    return f"{round(value):{sign},}"


def mib(size_bytes: float | None) -> str:
    """MiB with one decimal."""
    return UNKNOWN if size_bytes is None else decimal(size_bytes / MIB)


def size(size_bytes: float) -> str:
    """With its unit: KiB below one MiB; what is above zero stays so."""
    if size_bytes >= MIB:
        return f"{mib(size_bytes)} MiB"
    return f"{math.ceil(size_bytes / 1024)} KiB"


def short_mib(size_bytes: float) -> str:
    """MiB for a sentence: whole from ten on, no trailing zero below."""
    size = size_bytes / MIB
    return decimal(size, 0 if abs(size) >= 9.95 else 1).removesuffix(".0")


def seconds(time_ns: int) -> str:
    """A span in its natural unit, two significant digits below 100."""
    for unit_ns, unit in ((10**9, "s"), (10**6, "ms"), (10**3, "us")):
        if time_ns >= unit_ns or unit == "us":
            return f"{_short(time_ns / unit_ns)} {unit}"
    raise AssertionError


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 99.5 else f"{value:.2g}"


def interval(when: Interval | None) -> str:
    """A censored time: "at once", "< 10 ms", "0.1-1 s", "> 10 s"."""
    if when is None:
        return UNKNOWN
    if when.upper_ns is None:
        return "> " + seconds(when.lower_ns)
    if when.upper_ns == 0:
        return "at once"
    upper, unit = seconds(when.upper_ns).split()
    if when.lower_ns == 0:
        return f"< {upper} {unit}"
    unit_ns = {"s": 10**9, "ms": 10**6, "us": 10**3}[unit]
    return f"{_short(when.lower_ns / unit_ns)}-{upper} {unit}"


def ratio(value: float) -> str:
    return decimal(value, 2)


def half_width(value: float) -> str:
    """Rounded up: the interval is never shown narrower than it is."""
    text = f"{math.ceil(round(value * 100, 6)) / 100:.2f}"
    return text.removeprefix("0")


def parameters(values: dict[str, int | str]) -> str:
    """"10,485,760 x 16 B, order fifo": objects and size first, then the
    others by name."""
    rest = dict(sorted(values.items()))
    parts = []
    if "objects" in rest and "size" in rest:
        parts.append(f"{_value(rest.pop('objects'))} x "
                     f"{_value(rest.pop('size'))} B")
    parts += [f"{clean(key, NAME_LIMIT)} {_value(value)}"
              for key, value in rest.items()]
    return ", ".join(parts)


def _value(value: int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else clean(value, NAME_LIMIT)


def count(number: int, noun: str) -> str:
    """"1 cell", "2 cells"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")

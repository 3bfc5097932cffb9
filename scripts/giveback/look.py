"""How text is to look: width, colour, and signs that the output can show."""

import os
import shutil
import sys
import textwrap
from dataclasses import dataclass
from typing import TextIO

from . import words
from .statistics import Comparison

LEAST_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Look:
    width: int = LEAST_WIDTH
    coloured: bool = False
    plus_minus: str = "\u00b1"

    def wrap(self, sentence: str) -> list[str]:
        """A sentence as lines, all but the first indented."""
        return textwrap.wrap(sentence, self.width, subsequent_indent="  ",
                             break_on_hyphens=False)

    def ratio(self, comparison: Comparison) -> str:
        """"0.65 ±.04", without the interval where there is none."""
        text = words.ratio(comparison.ratio)
        half_width = comparison.ratio_half_width
        if half_width is None:
            return text
        return f"{text} {self.plus_minus}{words.half_width(half_width)}"


def look_for(output: TextIO, width: int | None = None) -> Look:
    """80 columns into a pipe or a file, what the terminal has (but never
    less than 80) on one; colour only on one without NO_COLOR. `width`, when
    given, decides."""
    on_terminal = output.isatty()
    if width is None:
        columns = shutil.get_terminal_size().columns if on_terminal else 0
        width = max(LEAST_WIDTH, columns)
    coloured = on_terminal and not os.environ.get("NO_COLOR") \
        and os.environ.get("TERM") != "dumb"
    return Look(width, coloured, "\u00b1" if _can_print(output, "\u00b1")
                else "+-")


def _can_print(output: TextIO, text: str) -> bool:
    try:
        text.encode(output.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def harden(output: TextIO = sys.stdout) -> None:
    """Lets characters that the output cannot encode come out escaped
    instead of as an exception."""
    if hasattr(output, "reconfigure"):
        output.reconfigure(errors="backslashreplace")

"""The MARK protocol: a line of a command's standard output that is exactly
`MARK name` begins the phase `name`. Everything is copied on as it came,
marks too unless they are to be hidden."""

import re
from collections.abc import Callable

MARK = re.compile(rb"MARK ([a-z][a-z0-9_]*)\n")
START = "start"  # before the first mark
# A longer line is no mark: what is known of it is copied on at once.
LONGEST = 200


class Relay:
    """Takes output in pieces of any size. `copy` gets what is to be shown;
    `marked` the name of a phase when it begins, before what follows it."""

    def __init__(self, copy: Callable[[bytes], None],
                 marked: Callable[[str], None], hide: bool) -> None:
        self._copy, self._marked, self._hide = copy, marked, hide
        self._held = b""  # the beginning of a line that may become a mark
        self._at_start = True  # of a line

    def feed(self, piece: bytes) -> None:
        text, self._held = self._held + piece, b""
        while text:
            line, newline, rest = text.partition(b"\n")
            if not newline and self._at_start and _may_become(line):
                self._held = line
                return
            self._take(line + newline)
            text = rest

    def end(self) -> None:
        """No more comes."""
        if self._held:
            self._copy(self._held)
            self._held = b""

    def _take(self, line: bytes) -> None:
        match = MARK.fullmatch(line) if self._at_start else None
        self._at_start = line.endswith(b"\n")
        if match is not None:
            self._marked(match[1].decode("ascii"))
        if match is None or not self._hide:
            self._copy(line)


def _may_become(start: bytes) -> bool:
    """Whether the beginning of a line may still become a mark."""
    if len(start) > LONGEST:
        return False
    return b"MARK ".startswith(start) \
        or MARK.fullmatch(start + b"\n") is not None \
        or start == b"MARK "

"""The phases of a process as the frames that a slider goes through."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from .. import words
from ..rows import Cell, Sample
from .view import Value

# In most phases of a regime nothing changes, and each takes a line of a page.
OF_TABLE = "The table leaves out phases in which nothing changed."

# Which phase: its name, and which of that name, from 0.
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """A phase: which of its name, from 0, and what it is called."""

    phase: str
    number: int
    text: str

    @property
    def key(self) -> Key:
        return self.phase, self.number


def of_cell(cell: Cell) -> list[tuple[Frame, Sample]]:
    """Every sample with its frame, in order."""
    seen: dict[str, int] = {}
    frames = []
    for sample in cell.samples:
        number = seen.get(sample.phase, -1) + 1
        seen[sample.phase] = number
        text = _moment(sample, number, cell.after)
        frames.append((Frame(sample.phase, number, text), sample))
    return frames


def _moment(sample: Sample, number: int, regime: str | None) -> str:
    name = words.clean(sample.phase, words.NAME_LIMIT)
    since = sample.since_drain_ns
    if sample.phase == regime and since is not None:
        return f"{name}, {words.seconds(since)} after the last release"
    return f"{name} #{number + 1}" if number else name


def shared(cells: Iterable[Cell],
           known: Iterable[Collection[Key]]) -> dict[Key, str]:
    """What the frames of several processes are called, in order; only those
    that are `known` of one of them."""
    texts: dict[Key, str] = {}
    for cell in cells:
        for frame, _ in of_cell(cell):
            texts.setdefault(frame.key, frame.text)
    found = set().union(*known)
    return {key: text for key, text in texts.items() if key in found}


def start(keys: Iterable[Key]) -> int:
    """Where a slider stands at first: at the drain."""
    return next((place for place, (phase, _) in enumerate(keys)
                 if phase == "drain"), 0)


def changes(lines: Sequence[Sequence[Value]],
            first: int) -> list[Sequence[Value]]:
    """Without those that say the same as the line before, from the column
    `first` on."""
    return [line for place, line in enumerate(lines)
            if not place or line[first:] != lines[place - 1][first:]]

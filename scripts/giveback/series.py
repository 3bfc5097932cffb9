"""Figures gathered over the repetitions of a run, for formats that hold one
number for each.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from . import figures, statistics, words
from .figures import Measure
from .rows import Cell, RunLine


@dataclass(frozen=True, slots=True)
class Where:
    """What a figure is of: everything that names its cells, but for the
    repetition. Text is as in the file: escape it before it is written."""

    run: str
    allocator: str
    workload: str
    parameters: tuple[tuple[str, int | str], ...]
    kind: str
    after: str | None

    @classmethod
    def of(cls, cell: Cell) -> "Where":
        return cls(cell.run, cell.allocator, cell.workload,
                   cell.parameter_key, cell.kind, cell.after)

    @property
    def address(self) -> str:
        """The workload as it could be typed: `fill_drain+size=16`."""
        return words.escaped(self.workload) + settings(self.parameters)

    @property
    def title(self) -> str:
        """`system/fill_drain+size=16/memory/silent`; without its run."""
        parts = [words.escaped(self.allocator), self.address,
                 words.escaped(self.kind)]
        if self.after is not None:
            parts.append(words.escaped(self.after))
        return "/".join(parts)


def settings(parameters: Iterable[tuple[str, int | str]]) -> str:
    """`+order=fifo+size=16`."""
    return "".join(f"+{words.escaped(key)}={words.escaped(str(value))}"
                   for key, value in parameters)


@dataclass(slots=True)
class Series:
    """One figure over the repetitions in which it is known; never empty."""

    where: Where
    measure: Measure
    detail: str
    values: list[float] = field(default_factory=list)

    @property
    def label(self) -> str:
        """`kept_bytes 10 s`."""
        return f"{self.measure.name} {self.detail}".rstrip()

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass
class Gathered:
    runs: dict[str, RunLine] = field(default_factory=dict)
    outcomes: dict[Where, Counter[str]] = field(default_factory=dict)
    series: list[Series] = field(default_factory=list)

    def failures(self) -> Counter[str]:
        """Cells without figures, by outcome."""
        total: Counter[str] = Counter()
        for counts in self.outcomes.values():
            total += counts
        del total["ok"]
        return total


def gather(rows: Iterable[RunLine | Cell],
           measures: Sequence[Measure]) -> Gathered:
    """Reads the rows once and keeps the figures alone. Series stand in the
    order in which their first figure came."""
    gathered = Gathered()
    by_key: dict[tuple, Series] = {}
    for row in rows:
        if isinstance(row, RunLine):
            gathered.runs.setdefault(row.id, row)
            continue
        where = Where.of(row)
        gathered.outcomes.setdefault(where, Counter())[row.outcome] += 1
        frame = figures.frame_of(gathered.runs[row.run])
        for measure, detail, value in figures.of_cell(row, frame, measures):
            if value is None:
                continue
            series = by_key.setdefault((where, measure.name, detail),
                                       Series(where, measure, detail))
            series.values.append(value)
    gathered.series = list(by_key.values())
    return gathered

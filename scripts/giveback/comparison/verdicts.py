"""What a comparison says: one verdict per figure of a cell.

Invariant: a figure that is unknown is None, and no number here is infinite
or NaN; who prints or exports verdicts need not ask again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..statistics import Verdict as Word

Measure = Literal["exact", "sampled"]
# head - base in the figure's unit; the same over max L; head / base.
Scale = Literal["difference", "of max L", "ratio"]


@dataclass(frozen=True, slots=True)
class CellVerdict:
    """One figure of head against the same of base.

    `change` is, of an exact figure, the greatest difference head - base
    among equal seeds, in `unit`; of a sampled one the median by `scale`:
    head / base - 1, the difference over max L, or the difference in `unit`.
    `low` and `high` bound that median. `margin` is in the measure of
    `change`: changes inside are `same`."""

    metric: str  # an id of metric_list
    point: str  # when in the cell: "peak", "silent", "trim", ...; or ""
    workload: str
    parameters: dict[str, int | str]
    base: str  # the allocators' names
    head: str
    measure: Measure
    unit: str
    word: Word
    base_figure: float | None  # medians, in `unit`
    head_figure: float | None
    change: float | None
    margin: float
    scale: Scale = "difference"
    low: float | None = None
    high: float | None = None
    p: float | None = None
    adjusted_p: float | None = None  # Holm, within the metric
    head_below: float | None = None  # P(head < base), ties half
    pairs: int = 0  # seeds of an exact figure
    paired: bool = True  # False: base and head are of different runs
    pairs_needed: int | None = None  # of an unclear one, about
    gates: bool = True  # whether it may decide an exit code
    note: str = ""

    @property
    def title(self) -> str:
        """"kept (trim)": the figure in words."""
        return f"{self.metric} ({self.point})" if self.point else self.metric


@dataclass(frozen=True, slots=True)
class Failure:
    """Cells of one side without figures, alike but for repetition."""

    side: Literal["base", "head"]
    allocator: str
    workload: str
    parameters: dict[str, int | str]
    kind: str
    after: str | None
    outcome: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class SelfDifference:
    """The second reference of a run against its first: the run's noise.
    `change`, `low` and `high` are second / first - 1, of the median of the
    pairs and of its interval."""

    metric: str
    point: str
    workload: str
    parameters: tuple[tuple[str, int | str], ...]
    allocator: str
    change: float
    low: float | None
    high: float | None
    pairs: int
    beyond_chance: bool  # the test rejects that both are alike


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that was compared. Warnings are sentences for a person."""

    base: str  # what was typed for it
    head: str
    verdicts: tuple[CellVerdict, ...]
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    missing: int = 0  # figures that base has and head has not, or neither
    noise: tuple[SelfDifference, ...] = ()

    def with_word(self, word: Word, gating: bool = False) \
            -> tuple[CellVerdict, ...]:
        return with_word(self.verdicts, word, gating)


def with_word(verdicts: Iterable[CellVerdict], word: Word,
              gating: bool = False) -> tuple[CellVerdict, ...]:
    """The verdicts of that word, on request those that decide alone."""
    return tuple(verdict for verdict in verdicts if verdict.word == word
                 and (verdict.gates or not gating))


def counts_in_words(verdicts: Iterable[CellVerdict]) -> str:
    """"1 worse, 11 same": what there is, worst first."""
    words = [verdict.word for verdict in verdicts]
    parts = [f"{words.count(word)} {word}"
             for word in ("worse", "unclear", "better", "same")
             if word in words]
    return ", ".join(parts) or "nothing compared"

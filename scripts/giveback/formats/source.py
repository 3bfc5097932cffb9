"""What a format is made from: files, and what the user chose of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import controls, results, series
from ..figures import Measure
from ..nearest import nearest
from ..results import Entry, ResultsError
from ..rows import Cell, RunLine
from ..series import Gathered


@dataclass
class Source:
    """Reads its files once, when a format asks. `run` is an id, or None for
    every run; `as_time` a measure to write where times are expected."""

    paths: Sequence[Path]
    measures: Sequence[Measure]
    run: str | None = None
    as_time: Measure | None = None
    warnings: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[RunLine | Cell]:
        """Row by row, in the order of the files; raises ResultsError."""
        return (entry.row for entry in self.entries())

    def rows_of_allocators(self) -> Iterator[RunLine | Cell]:
        """The same without second references: a control of the run is no
        allocator that a chart or a gate should follow."""
        seconds: dict[str, dict[str, str]] = {}
        for row in self.rows():
            if isinstance(row, RunLine):
                seconds[row.id] = controls.seconds(row)
                yield controls.split(row, ())[0]
            elif row.allocator not in seconds[row.run]:
                yield row

    def entries(self) -> Iterator[Entry]:
        """The same with the lines as they stand in the files."""
        known: list[str] = []
        for entry in results.distinct(self.paths, self.warnings):
            row = entry.row
            name = row.id if isinstance(row, RunLine) else row.run
            if isinstance(row, RunLine):
                known.append(name)
            if self.run in (None, name):
                yield entry
        if self.run is not None and self.run not in known:
            raise ResultsError(f"--run {self.run}: no such run: did you mean "
                               f"{nearest(self.run, known)}?")

    def gathered(self) -> Gathered:
        """The figures of all repetitions."""
        return series.gather(self.rows_of_allocators(), self.measures)

    def one_run(self) -> tuple[RunLine, Gathered]:
        """The same for a format that has no place for the run. Raises
        ResultsError where there are several, or no figure at all."""
        gathered = self.gathered()
        self.refuse_several(gathered.runs)
        run = next(iter(gathered.runs.values()))
        if not gathered.series:
            raise ResultsError(
                f"run {run.id} has none of the figures "
                f"{', '.join(measure.name for measure in self.measures)}: "
                "choose others by --metric, or measure again")
        self.say_failures(gathered)
        return run, gathered

    def refuse_several(self, runs: Mapping[str, RunLine]) -> None:
        """Raises ResultsError where more than one run was read."""
        if len(runs) > 1:
            raise ResultsError(
                f"the files hold {len(runs)} runs, and this format cannot "
                "tell them apart: choose one, as --run " + next(iter(runs)))

    def say_failures(self, gathered: Gathered) -> None:
        """A list of numbers cannot tell what failed; the warnings do."""
        for outcome, count in gathered.failures().items():
            cells = "cell" if count == 1 else "cells"
            self.warnings.append(
                f"{count} {cells} {outcome.replace('_', ' ')}: left out, this "
                "format holds numbers alone; --format junit tells")

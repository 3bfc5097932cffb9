"""github-action-benchmark's `customSmallerIsBetter`: a list of name, unit,
value, range and extra (https://github.com/benchmark-action/
github-action-benchmark, "customSmallerIsBetter").
"""

import json
from collections.abc import Iterator
from typing import Any

from ..results import ResultsError
from ..rows import RunLine
from ..series import Series
from .source import Source


def lines(source: Source) -> Iterator[str]:
    """Raises ResultsError where less of a figure is not better."""
    for measure in source.measures:
        if measure.metric.better != "less":
            raise ResultsError(
                f"--metric {measure.name}: less of it is not better, which "
                "this format takes for granted: leave it out")
    run, gathered = source.one_run()
    entries = [_entry(run, one) for one in gathered.series]
    yield json.dumps(entries, indent=1, allow_nan=False)


def _entry(run: RunLine, one: Series) -> dict[str, Any]:
    entry = {"name": f"{one.where.title} {one.label}",
             "unit": one.measure.unit, "value": one.median}
    if len(one.values) > 1:
        half = (max(one.values) - min(one.values)) / 2
        entry["range"] = f"\u00b1 {half:.6g}"
    count = len(one.values)
    entry["extra"] = f"run {run.id}, median of {count}" if count > 1 \
        else f"run {run.id}"
    return entry

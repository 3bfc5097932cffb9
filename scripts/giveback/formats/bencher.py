"""Bencher Metric Format: benchmark, measure, value with what is around it
(https://bencher.dev/docs/reference/bencher-metric-format). A benchmark is an
allocator under a workload, a measure a figure; lower and upper value are the
least and the greatest of the repetitions.
"""

import json
from collections.abc import Iterator
from typing import Any

from ..results import ResultsError
from .source import Source

# Of the name of a benchmark, by the reference; 64 of a measure's, which no
# figure of ours reaches.
NAME_LIMIT = 1024


def lines(source: Source) -> Iterator[str]:
    _, gathered = source.one_run()
    benchmarks: dict[str, dict[str, Any]] = {}
    for one in gathered.series:
        measures = benchmarks.setdefault(one.where.title, {})
        measures[one.label] = {"value": one.median,
                               "lower_value": min(one.values),
                               "upper_value": max(one.values)}
    for name in benchmarks:
        if len(name) > NAME_LIMIT:
            raise ResultsError(f"{name[:60]}...: longer than {NAME_LIMIT} "
                               "characters, which is all that Bencher takes: "
                               "give the allocator an alias")
    yield json.dumps(benchmarks, indent=1, allow_nan=False)

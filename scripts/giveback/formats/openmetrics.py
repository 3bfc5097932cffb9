"""OpenMetrics text 1.0 (https://prometheus.io/docs/specs/om/
open_metrics_spec): a gauge for each figure, the median of the repetitions;
the cells by outcome; what each run ran on.
"""

from collections.abc import Iterator

from .. import words
from ..figures import Measure
from ..rows import RunLine
from ..series import Gathered, Series, Where, settings
from .source import Source

Labels = dict[str, str | None]


def lines(source: Source) -> Iterator[str]:
    gathered = source.gathered()
    yield from _info(gathered)
    yield from _cells(gathered)
    for measure in source.measures:
        found = [one for one in gathered.series if one.measure is measure]
        if found:
            yield from _family(measure, found)
    yield "# EOF"


def _info(gathered: Gathered) -> Iterator[str]:
    yield "# TYPE giveback_run info"
    yield "# HELP giveback_run What a run was made by and ran on."
    for run in gathered.runs.values():
        yield _sample("giveback_run_info", _run_labels(run), 1)


def _run_labels(run: RunLine) -> Labels:
    host = run.host
    return {"run": run.id, "started": run.started, "giveback": run.giveback,
            "commit": run.commit, "machine_id": host.machine_id,
            "cpu": host.cpu, "kernel": host.kernel, "libc": host.libc,
            "thp": host.thp}


def _cells(gathered: Gathered) -> Iterator[str]:
    yield "# TYPE giveback_cells gauge"
    yield "# HELP giveback_cells Processes that measured, by outcome."
    for where, counts in gathered.outcomes.items():
        for outcome, count in counts.items():
            yield _sample("giveback_cells",
                          _labels(where) | {"outcome": outcome}, count)


def _family(measure: Measure, found: list[Series]) -> Iterator[str]:
    name = family_name(measure)
    metric = measure.metric
    yield f"# TYPE {name} gauge"
    yield f"# UNIT {name} {measure.unit}"
    yield f"# HELP {name} {_escape(f'{metric.meaning}: {metric.formula}')}"
    for one in found:
        yield _sample(name, _labels(one.where) | {"detail": one.detail},
                      one.median)


def family_name(measure: Measure) -> str:
    """The unit must end the name ("Unit")."""
    name = f"giveback_{measure.name}"
    return name if name.endswith(f"_{measure.unit}") \
        else f"{name}_{measure.unit}"


def _labels(where: Where) -> Labels:
    return {"run": where.run, "allocator": where.allocator,
            "workload": where.workload,
            "parameters": settings(where.parameters), "kind": where.kind,
            "after": where.after}


def _sample(name: str, labels: Labels, value: float) -> str:
    """A label without a value is the same as none, and left out."""
    text = ",".join(f'{key}="{_escape(value)}"'
                    for key, value in labels.items() if value)
    return f"{name}{{{text}}} {value!r}"


def _escape(text: str) -> str:
    return words.escaped(text).replace("\\", r"\\").replace('"', r'\"')

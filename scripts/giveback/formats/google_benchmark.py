"""Google Benchmark's JSON, as its tools/compare.py reads it: an entry is a
repetition; of its figures the tool sees real_time and cpu_time alone.

Timing cells give ns of an allocation with its release, on the wall and of
the CPU; micro cells those of an iteration. With `as_time` memory cells give another figure, in its own unit,
under the same two names: the tool has no others.
"""

import json
from collections.abc import Iterator
from typing import Any

from .. import figures, metrics, micro, words
from ..results import ResultsError
from ..rows import Cell, RunLine
from ..series import Where
from .source import Source


def lines(source: Source) -> Iterator[str]:
    """Raises ResultsError for several runs, or where no cell has a figure.

    What failed is left out: compare.py 1.7.1 ends with a KeyError at an
    entry that has no times, `error_occurred` or not."""
    runs: dict[str, RunLine] = {}
    entries: list[dict[str, Any]] = []
    left_out = 0
    for row in source.rows_of_allocators():
        if isinstance(row, RunLine):
            runs.setdefault(row.id, row)
            continue
        entries += _entries(row, runs[row.run], source)
        left_out += row.outcome != "ok"
    source.refuse_several(runs)
    if not entries:
        raise ResultsError(f"no cell has {_wanted(source)}: choose a figure "
                           "of the others by --metric-as-time NAME")
    if left_out:
        source.warnings.append(f"{words.count(left_out, 'cell')} without "
                               "figures left out: compare.py cannot read "
                               "them; --format junit tells")
    context = _context(next(iter(runs.values())), source)
    yield json.dumps({"context": context, "benchmarks": _numbered(entries)},
                     indent=1, allow_nan=False)


def _wanted(source: Source) -> str:
    return "times" if source.as_time is None else source.as_time.name


def _entries(cell: Cell, run: RunLine,
             source: Source) -> Iterator[dict[str, Any]]:
    title = Where.of(cell).title
    if source.as_time is not None:
        for measure, detail, value in figures.of_cell(
                cell, figures.frame_of(run), [source.as_time]):
            label = f"{measure.name} {detail}".rstrip()
            if value is not None:
                yield _entry(f"{title}/{label}", cell, 1, value, value)
        return
    if cell.kind == micro.KIND:
        count, cpu_ns, wall_ns = (micro.iterations(cell), micro.cpu_ns(cell),
                                  micro.wall_ns(cell))
    else:
        count, cpu_ns, wall_ns = (metrics.pair_count(cell),
                                  metrics.cost_ns(cell),
                                  metrics.wall_cost_ns(cell))
    if cell.outcome == "ok" and cpu_ns is not None and wall_ns is not None:
        yield _entry(title, cell, count, wall_ns, cpu_ns)


def _entry(name: str, cell: Cell, iterations: int, real: float,
           cpu: float) -> dict[str, Any]:
    return {"name": name, "run_name": name, "run_type": "iteration",
            "repetition_index": cell.repetition, "threads": 1,
            "iterations": iterations, "real_time": real, "cpu_time": cpu,
            "time_unit": "ns"}


def _numbered(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the number of repetitions and the families in which they are
    sorted, as the library writes them."""
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry["name"]] = counts.get(entry["name"], 0) + 1
    families = {name: index for index, name in enumerate(counts)}
    for entry in entries:
        entry["family_index"] = families[entry["name"]]
        entry["per_family_instance_index"] = 0
        entry["repetitions"] = counts[entry["name"]]
    return entries


def _context(run: RunLine, source: Source) -> dict[str, Any]:
    """The library's names where it has one for what we know."""
    context = {"date": run.started, "executable": "giveback",
               "num_cpus": run.host.cores,
               "load_avg": None if run.host.load is None
               else [mean for mean in run.host.load if mean is not None],
               "giveback_version": run.giveback, "giveback_run": run.id,
               "giveback_commit": run.commit, "cpu": run.host.cpu}
    if source.as_time is not None:
        context["giveback_time_is"] = \
            f"{source.as_time.name}, {source.as_time.unit}"
    return {key: value for key, value in context.items()
            if value is not None}

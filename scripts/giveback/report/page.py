"""The whole page: parts in the order in which they are read."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from .. import words
from ..results import Results, ResultsError
from . import assets, embed, heat_map, host, inventory, over_time
from . import page_truth, trade_off, view
from .view import Chart, View


@dataclass(frozen=True, slots=True)
class Part:
    """The head of a part and its place, what makes its charts, and how they
    are read. `empty` stands where there are none."""

    anchor: str
    title: str
    charts: Callable[[View], list[Chart]]
    introduction: str
    empty: str


PARTS = (
    Part("time", "Resident memory over time", over_time.charts,
         over_time.INTRODUCTION,
         "No memory cell with a timeline ended well."),
    Part("pages", "Which pages stay", page_truth.charts,
         page_truth.INTRODUCTION,
         "Page truth of a silent memory cell is not known."),
    Part("heat", "Every allocator, every workload", heat_map.charts,
         heat_map.INTRODUCTION,
         "There is neither a memory cell nor a timing cell."),
    Part("trade", "Memory against time", trade_off.charts,
         trade_off.INTRODUCTION,
         "No allocator has both a memory and a timing figure."),
)


def html(found: Results, raw: bytes, reference: str | None) -> str:
    """The page of these results; `raw` are the lines they were read from.
    Raises ResultsError."""
    scripts, styles = assets.scripts(), assets.styles()
    views = _views(found, reference)
    runs = [_run(view_) for view_ in views]
    charts = {chart.anchor: {"kind": chart.kind, **chart.data}
              for run in runs for _, shown in run["parts"] for chart in shown}
    return _template().render(
        policy=assets.policy(scripts, styles), scripts=scripts,
        styles=styles, runs=runs, charts=embed.as_json(charts),
        raw=embed.packed(raw), raw_size=words.size(len(raw)),
        warnings=[words.clean(warning) for warning in found.warnings])


def _views(found: Results, reference: str | None) -> list[View]:
    several = len(found.runs) > 1
    return [view.of_run(run, found.cells_of(run),
                        f"r{index}" if several else "", reference)
            for index, run in enumerate(found.runs.values(), start=1)]


def _run(view_: View) -> dict:
    command = shlex.join(map(words.clean, view_.run.command))
    return {
        "id": words.clean(view_.run.id), "prefix": view_.prefix,
        "anchor": view_.anchor, "command": command,
        "sentences": host.sentences(view_), "facts": host.facts(view_),
        "noise": host.noise(view_), "remarks": host.remarks(view_),
        "parts": [(part, part.charts(view_)) for part in PARTS],
        "names": _names(view_), "versions": view.versions(view_),
        "allocators": inventory.allocators(view_),
        "failures": inventory.failures(view_),
        "undrawn": inventory.undrawn(view_)}


def _names(view_: View) -> list[tuple[int, str]]:
    """(place among the colours, name) of each allocator with a section."""
    if not view_.sections:
        return []
    return [(view_.names[row.allocator], view.name_value(row).text)
            for row in view_.sections[0].rows]


def _template():
    """Everything that is put in is escaped, but for what assets and embed
    have made safe. Raises ResultsError."""
    try:
        import jinja2
    except ImportError:
        raise ResultsError("Python's jinja2 is missing: apt install "
                           "python3-jinja2, or run scripts/setup") from None
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True)
    return environment.from_string(assets.template())

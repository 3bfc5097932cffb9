"""The whole page: parts in the order in which they are read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .. import words
from ..results import Results, ResultsError
from . import assets, embed, groups, heat_map, host, inventory
from . import kernel_calls, live_blocks, over_time, page_truth, slow_calls
from . import survivor_curve, trade_off, view, wake_rate, what_if
from .view import Chart, View


@dataclass(frozen=True, slots=True)
class Part:
    """The head of a part and its place, what makes its charts, and how they
    are read. `empty` stands where there are none, with the `command` that
    would bring them."""

    anchor: str
    title: str
    charts: Callable[[View], list[Chart]]
    introduction: str
    empty: str
    command: str


PARTS = (
    Part("time", "Resident memory over time", over_time.charts,
         over_time.INTRODUCTION,
         "No memory cell with a timeline ended well.",
         "giveback run -k memory -o FILE"),
    Part("pages", "Which pages stay", page_truth.charts,
         page_truth.INTRODUCTION,
         "Page truth of a silent memory cell is not known.",
         "giveback run -k memory --after silent -o FILE"),
    Part("heat", "Every allocator, every workload", heat_map.charts,
         heat_map.INTRODUCTION,
         "There is neither a memory cell nor a timing cell.",
         "giveback run -o FILE"),
    Part("trade", "Memory against time", trade_off.charts,
         trade_off.INTRODUCTION,
         "No allocator has both a memory and a timing figure.",
         "giveback run -k memory,timing -o FILE"),
    Part("survivors", "What survivors pin", survivor_curve.charts,
         survivor_curve.INTRODUCTION,
         "No memory cells of survivors that differ in `keep` ended well.",
         "giveback run -w 'survivors+pattern=scattered+keep=100..1000000*10' "
         "-k memory --after silent -o FILE"),
    Part("whatif", "What other units would keep", what_if.charts,
         what_if.INTRODUCTION,
         "No memory cell with page truth has live bytes after its drain.",
         "giveback run -w survivors -k memory --after silent -o FILE"),
    Part("wake", "How often it must be asked", wake_rate.charts,
         wake_rate.INTRODUCTION,
         "No memory cells that differ in the rate of their requests ended "
         "well.",
         "giveback run -w fill_drain -k memory --after "
         "'tick+rate={0,10,100,1000,10000,100000}' --settle 15 -o FILE"),
    Part("arenas", "Where live blocks lie", live_blocks.charts,
         live_blocks.INTRODUCTION,
         "No memory cell has a snapshot of arenas or page truth.",
         "giveback run -a pymalloc:3.10,system -w survivors -k memory "
         "-o FILE"),
    Part("stalls", "Slow calls", slow_calls.charts, slow_calls.INTRODUCTION,
         "No stalls cell ended well.",
         "giveback run --suite stalls -k stalls -o FILE"),
    Part("traffic", "What the kernel is asked for", kernel_calls.charts,
         kernel_calls.INTRODUCTION,
         "No traffic cell ended well.",
         "giveback run --suite stalls -k traffic -o FILE"),
)


def html(shown: Sequence[View], raw: bytes, warnings: Sequence[str],
         change: dict | None = None) -> str:
    """The page of these runs; `raw` are the lines they were read from,
    `change` what changes.told says of them. Raises ResultsError."""
    scripts, styles = assets.scripts(), assets.styles()
    runs = [_run(view_) for view_ in shown]
    charts = {chart.anchor: {"kind": chart.kind, **chart.data}
              for run in runs for _, shown in run["parts"] for chart in shown}
    return _template().render(
        policy=assets.policy(scripts, styles), scripts=scripts,
        styles=styles, runs=runs, charts=embed.as_json(charts),
        raw=embed.packed(raw), raw_size=words.size(len(raw)), change=change,
        warnings=[words.clean(warning) for warning in warnings])


def views(found: Results, reference: str | None) -> list[View]:
    """One for each run, in the order of the files."""
    several = len(found.runs) > 1
    return [view.of_run(run, found.cells_of(run),
                        f"r{index}" if several else "", reference)
            for index, run in enumerate(found.runs.values(), start=1)]


def parts(view_: View) -> list[tuple[Part, list[Chart]]]:
    """Each part with its charts, in the order of the page."""
    return [(part, part.charts(view_)) for part in PARTS]


def _run(view_: View) -> dict:
    charted = parts(view_)
    return {
        "id": words.clean(view_.run.id), "prefix": view_.prefix,
        "anchor": view_.anchor, "command": view.command(view_),
        "sentences": host.sentences(view_), "nothing": host.NOTHING,
        "facts": host.facts(view_),
        "noise": host.noise(view_), "remarks": host.remarks(view_),
        "parts": charted,
        "names": names(view_) if any(shown for _, shown in charted) else [],
        "versions": view.versions(view_),
        "allocators": inventory.allocators(view_),
        "failures": inventory.failures(view_),
        "undrawn": inventory.undrawn(view_)}


def names(view_: View) -> list[tuple[int, str, str]]:
    """(place among the colours, name, family) of each allocator."""
    return [(place, groups.name(view_, allocator),
             trade_off.family(groups.address(view_, allocator)))
            for allocator, place in view_.names.items()]


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

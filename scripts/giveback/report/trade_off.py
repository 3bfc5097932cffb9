"""Cost against kept memory, and who is beaten in neither: one chart for each
workload and regime."""

import re
from collections.abc import Sequence

from .. import answers, words
from ..look import Look
from ..summary import Row, Section
from . import groups
from . import view as views
from .view import Chart, Table, Value, View, kib

LOOK = Look()
INTRODUCTION = (
    "Down is less memory kept, left is less CPU time, as a ratio to the "
    "reference with its 95 % interval. Settings of one allocator are joined "
    "by dots. Ringed, with a step line: the Pareto front; nobody shown keeps "
    "less for less, by the medians alone.")
CAPTION = ("Kept {delay} after the last release; CPU time of an allocation "
           "with its release over that of {reference}. n: {count} and {pairs} "
           "at most.")


def charts(view: View) -> list[Chart]:
    """Those with a point at least."""
    found = [_chart(view, section, regime) for section in view.sections
             for regime in section.regimes]
    return [chart for chart in found if chart is not None]


def _chart(view: View, section: Section, regime: str) -> Chart | None:
    known = [row for row in section.rows
             if row.kept[regime] is not None and _ratio(section, row)]
    if not known:
        return None
    points = [_point(view, section, row, regime) for row in known]
    for place in front([(p["ratio"], p["kept_kib"]) for p in points]):
        points[place]["front"] = True
    left_out = [row for row in section.rows if row not in known]
    return Chart(
        anchor=view.anchor("trade", section, regime), kind="trade",
        title=f"{views.title(section)}: "
              f"{words.clean(regime, words.NAME_LIMIT)}",
        caption=CAPTION.format(
            delay=words.seconds(section.delay_ns),
            reference=words.clean(section.reference, words.NAME_LIMIT),
            count=words.count(max(p["count"] for p in points),
                              "memory cell"),
            pairs=words.count(max(p["pairs"] for p in points), "pair")),
        data={"points": points}, table=_table(points),
        notes=[_absence(row, regime) for row in left_out])


def _absence(row: Row, regime: str) -> str:
    """Memory or time is missing: the one that is."""
    why = views.absent(row, after=regime) if row.kept[regime] is None \
        else views.absent(row, "timing")
    return f"No mark for {answers.name(row)}: {why}."


def _ratio(section: Section, row: Row) -> float | None:
    if row.allocator == section.reference:
        return None if row.cost_ns is None else 1.0
    return None if row.comparison is None else row.comparison.ratio


def _point(view: View, section: Section, row: Row, regime: str) -> dict:
    comparison = row.comparison
    half = None if comparison is None else comparison.ratio_half_width
    kept = row.kept[regime]
    pairs = comparison.pairs if comparison is not None else sum(
        cell.kind == "timing" and cell.outcome == "ok" for cell in row.cells)
    return {"name": answers.name(row), "style": view.names[row.allocator],
            "family": family(groups.address(view, row.allocator)),
            "ratio": _ratio(section, row), "half": half,
            "kept_kib": kib(kept.median),
            "kept_ends": kept.ends and [kib(end) for end in kept.ends],
            "verdict": "reference" if comparison is None
            else comparison.verdict,
            "pairs": pairs,
            "count": sum(cell.kind == "memory" and cell.after == regime
                         and cell.outcome == "ok" for cell in row.cells),
            "ratio_text": "1.00" if comparison is None
            else LOOK.ratio(comparison),
            "front": False}


def family(address: str) -> str:
    """The backend of `[alias=]name[@version][:variant]...`: what its settings
    have in common."""
    found = re.match(r"(?:[^@:+=/]*=)?([^@:+]+)", address)
    return words.clean(found[1] if found else address, words.NAME_LIMIT)


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Places of the points than which no other is less in one and at most
    equal in the other (Pareto); equal points stay together."""
    return [place for place, (x, y) in enumerate(points)
            if not any(a <= x and b <= y and (a < x or b < y)
                       for a, b in points)]


def _table(points: Sequence[dict]) -> Table:
    rows = []
    for point in points:
        size = point["kept_kib"] * views.KIB
        rows.append((Value(point["name"], point["name"]),
                     Value(words.mib(size) + _ends(point["kept_ends"]), size),
                     Value(str(point["count"]), point["count"]),
                     Value(point["ratio_text"], point["ratio"]),
                     Value(str(point["pairs"]), point["pairs"]),
                     Value(point["verdict"], point["verdict"]),
                     Value("yes" if point["front"] else "no",
                           int(not point["front"]))))
    return Table(("allocator", "kept, MiB", "n", "cost, x reference",
                  "pairs", "verdict", "on the front"), rows)


def _ends(both: Sequence[float] | None) -> str:
    if both is None:
        return ""
    least, greatest = (words.mib(end * views.KIB) for end in both)
    return f" ({least} to {greatest})"

"""What page/curve.js draws: lines through measured points over a logarithmic
axis, in panels of one size."""

from collections.abc import Sequence

from .. import words
from ..statistics import median
from .view import Value


def point(x: float | str, values: Sequence[float], said: str,
          unit: str) -> dict:
    """`values` are those of the repetitions, in `unit`: drawn is the median
    with its ends. `x` is a word where the place is not on the scale; `said`
    names it."""
    middle, least, greatest = median(values), min(values), max(values)
    ends = None if least == greatest else [_short(least), _short(greatest)]
    text = f"{said}: {words.decimal(middle)} {unit}{range_words(values)}"
    return {"x": x if isinstance(x, (int, str)) else float(f"{x:.6g}"),
            "y": _short(middle), "ends": ends,
            "text": f"{text}, n {len(values)}"}


def series(name: str, style: int, points: Sequence[dict]) -> dict:
    return {"name": name, "style": style, "points": points}


def law(label: str, points: Sequence[tuple[float, float]],
        own: bool) -> dict:
    """A line of theory; `own` is the one that speaks of this allocator."""
    return {"label": label, "own": own,
            "points": [[float(f"{x:.5g}"), _short(y)] for x, y in points]}


def panel(series_: Sequence[dict], title: str = "", note: str = "",
          laws: Sequence[dict] = ()) -> dict:
    return {"title": title, "note": note, "series": series_, "laws": laws}


def data(panels: Sequence[dict], x_title: str, y_title: str,
         ticks: Sequence[tuple[float, str]], before: Sequence[str] = (),
         after: Sequence[str] = (), line: float | None = None) -> dict:
    """`ticks` are the places on the scale, `before` and `after` the words
    beside it; `line` is a level to compare with."""
    return {"panels": panels, "x_title": x_title, "y_title": y_title,
            "ticks": ticks, "before": before, "after": after, "line": line}


def value(values: Sequence[float]) -> Value:
    """The same for a table."""
    if not values:
        return Value(words.UNKNOWN)
    middle = median(values)
    return Value(words.decimal(middle) + range_words(values), middle)


def counts(found: Sequence[int]) -> Value:
    """n of a line of a table: least to greatest where its figures differ
    in it."""
    known = [count for count in found if count] or [0]
    least, greatest = min(known), max(known)
    return Value(str(least) if least == greatest
                 else f"{least} to {greatest}", greatest)


def cells_words(found: Sequence[int]) -> str:
    """"3 cells", of points of which each has so many; "at most 3 cells"."""
    said = words.count(max(found), "cell")
    return said if min(found) == max(found) else f"at most {said}"


def range_words(values: Sequence[float]) -> str:
    """" (1.0 to 2.5)"; empty where both ends read alike."""
    least, greatest = (words.decimal(end) for end in (min(values),
                                                      max(values)))
    return "" if least == greatest else f" ({least} to {greatest})"


def _short(value: float) -> float:
    return round(value, 3)

"""Each chart as an SVG of its own, drawn by the page's own scripts under
Node.js: a browser is not needed."""

import json
import os
import subprocess
import textwrap
from collections.abc import Iterable

from .. import words
from ..results import ResultsError
from . import assets, page, view
from .view import Chart, View

# Where Debian's packages are, also for a Node.js that is not Debian's.
MODULES = "/usr/share/nodejs"
REMEDY = "apt install nodejs node-jsdom, or run scripts/setup"

# Letters in a line, by the size of its type: what fits below a drawing.
HEADING, CAPTION, VERSIONS = 100, 130, 155

HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'


def pictures(views: Iterable[View]) -> dict[str, str]:
    """SVG by the anchor of its chart, in the order of the page. Raises
    ResultsError."""
    asked = [_asked(shown, chart) for shown in views
             for _, charts in page.parts(shown) for chart in charts]
    if not asked:
        return {}
    drawings = _node({"scripts": assets.drawing_scripts(),
                      "style": "\n".join(assets.styles()), "charts": asked})
    return {chart["anchor"]: f"{HEADER}{drawing}\n"
            for chart, drawing in zip(asked, drawings)}


def _asked(shown: View, chart: Chart) -> dict:
    """What picture.js draws: texts are broken into lines here."""
    below = [*_phase(chart), chart.caption, *chart.notes]
    return {"anchor": chart.anchor, "title": chart.title,
            "heading": textwrap.wrap(chart.title, HEADING),
            "caption": [line for text in below
                        for line in textwrap.wrap(text, CAPTION)],
            "versions": textwrap.wrap(view.versions(shown), VERSIONS),
            "names": page.names(shown),
            "data": {"kind": chart.kind, **chart.data}}


def _phase(chart: Chart) -> list[str]:
    """Which one it shows, of a chart that has a slider through several."""
    if "start" not in chart.data:
        return []
    shown = chart.data["frames"][chart.data["start"]]
    text, state = (shown["text"], shown["state"]) \
        if isinstance(shown, dict) else (shown, "")
    return [f"Shown: {text}{state and ': '}{state}."]


def _node(asked: dict) -> list[str]:
    """The drawings, in order. Raises ResultsError."""
    modules = os.pathsep.join(filter(None, (os.environ.get("NODE_PATH"),
                                            MODULES)))
    try:
        done = subprocess.run(
            ["node", assets.FOLDER / "node.js"], input=json.dumps(asked),
            capture_output=True, encoding="utf-8",
            env={**os.environ, "NODE_PATH": modules})
    except FileNotFoundError:
        raise ResultsError("--format svg: there is no node on PATH: "
                           f"{REMEDY}") from None
    if "Cannot find module 'jsdom'" in done.stderr:
        raise ResultsError("--format svg: Node.js has no jsdom to draw on: "
                           f"{REMEDY}")
    if done.returncode != 0:
        raise ResultsError(f"--format svg: node: {words.clean(done.stderr)}: "
                           "a fault of giveback: report it")
    return json.loads(done.stdout)

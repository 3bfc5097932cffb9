"""What a page carries: D3, our scripts and styles, each as one text, and the
policy that lets a browser run these and nothing else."""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

from ..results import ResultsError

FOLDER = Path(__file__).resolve().parent / "page"

# Where Debian's and Ubuntu's package node-d3 puts it.
D3 = Path("/usr/share/nodejs/d3/dist/d3.min.js")

# In the order in which they need each other; `start.js` draws.
SCRIPTS = ("shared.js", "marks.js", "axes.js", "slider.js", "time.js",
           "pages.js", "heat.js", "trade.js", "curve.js", "arenas.js",
           "addresses.js", "ladder.js", "stalls.js", "traffic.js",
           "families.js", "tables.js", "raw.js", "start.js")
STYLES = ("page.css",)

# Of them, what draws no chart but waits for a reader; picture.js stands in.
FOR_READERS = ("families.js", "tables.js", "raw.js", "start.js")


def scripts() -> list[str]:
    """D3, then ours. Raises ResultsError."""
    return [_d3(), *(_read(FOLDER / name) for name in SCRIPTS)]


def drawing_scripts() -> list[str]:
    """D3 and what draws a chart as a picture. Raises ResultsError."""
    drawing = [name for name in SCRIPTS if name not in FOR_READERS]
    return [_d3(), *(_read(FOLDER / name)
                     for name in (*drawing, "picture.js"))]


def styles() -> list[str]:
    return [_read(FOLDER / name) for name in STYLES]


def template() -> str:
    return _read(FOLDER / "page.html.j2")


def policy(scripts_: Iterable[str], styles_: Iterable[str]) -> str:
    """A Content-Security-Policy: nothing is loaded, nothing is sent, and
    only these texts run (https://www.w3.org/TR/CSP3/, hash-source)."""
    run = " ".join(map(_source, scripts_))
    look = " ".join(map(_source, styles_))
    return (f"default-src 'none'; script-src {run}; style-src {look}; "
            "img-src data:; base-uri 'none'; form-action 'none'")


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _d3() -> str:
    try:
        return _read(D3)
    except OSError:
        raise ResultsError(
            f"{D3} cannot be read: the charts need D3: apt install node-d3, "
            "or run scripts/setup") from None


def _read(path: Path) -> str:
    """As a browser hashes it: with bare line feeds."""
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")

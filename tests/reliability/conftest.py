"""Puts the helpers that run the program on the module path, and counts.

With --json FILE the outcome is written as {"name", "count", "exceptions"},
and the same per test file in "rows": docs/reliability.md is made of it.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

import trial  # noqa: E402  (needs the path above)

counts: dict[str, Counter[str]] = {}


@pytest.fixture(autouse=True)
def no_process_stays() -> Iterator[None]:
    yield
    trial.end_all()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--json", type=Path, metavar="FILE",
                     help="write how many tests ran and how many failed")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A test counts once; set-up and teardown only where they fail."""
    count = counts.setdefault(Path(report.location[0]).stem, Counter())
    if report.when == "call" or report.skipped:
        count["skipped" if report.skipped else "count"] += 1
    count["exceptions"] += report.failed


def subject(stem: str) -> str:
    """The first sentence of a test file."""
    text = (Path(__file__).parent / f"{stem}.py").read_text()
    return text.split('"""')[1].split(".")[0].replace("\n", " ")


def row(name: str, count: Counter[str]) -> dict[str, object]:
    return {"name": name, "count": count["count"],
            "skipped": count["skipped"], "exceptions": count["exceptions"]}


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("--json")
    if path:
        total = sum(counts.values(), Counter())
        rows = [row(subject(stem), counts[stem]) for stem in sorted(counts)]
        outcome = row("Nothing is lost", total) | {"rows": rows}
        path.write_text(json.dumps(outcome, indent=1) + "\n")

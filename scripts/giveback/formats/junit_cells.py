"""JUnit XML of how cells ended: a suite for each run, a case for each cell.

`unsupported` is skipped, `failed` a failure, `crashed` and `timed_out` are
errors. An allocator that could not be loaded has no cells, and one case.
"""

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from .. import words
from ..rows import AllocatorEntry, Cell, RunLine
from ..series import Where
from .source import Source

# What an outcome becomes, and how the suite counts it.
ELEMENTS = {"unsupported": ("skipped", "skipped"),
            "failed": ("failure", "failures"),
            "crashed": ("error", "errors"),
            "timed_out": ("error", "errors")}


def lines(source: Source) -> Iterator[str]:
    root = Element("testsuites", name="giveback")
    suites: dict[str, Element] = {}
    runs: dict[str, RunLine] = {}
    measured: set[tuple[str, str]] = set()
    for row in source.rows_of_allocators():
        if isinstance(row, RunLine):
            if row.id not in runs:
                runs[row.id] = row
                suites[row.id] = _suite(root, row)
        else:
            measured.add((row.run, row.allocator))
            _add_cell(suites[row.run], row)
    for run in runs.values():
        for entry in run.allocators:
            if entry.outcome != "ok" \
                    and (run.id, entry.allocator) not in measured:
                _add_allocator(suites[run.id], entry)
    for suite in suites.values():
        _count(suite)
    ElementTree.indent(root)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield ElementTree.tostring(root, encoding="unicode")


def _suite(root: Element, run: RunLine) -> Element:
    return SubElement(root, "testsuite", name=words.escaped(run.id),
                      timestamp=words.escaped(run.started.rstrip("Z")))


def _add_cell(suite: Element, cell: Cell) -> None:
    title = Where.of(cell).title
    case = SubElement(suite, "testcase",
                      classname=words.escaped(cell.workload),
                      name=f"{title}/{cell.repetition}")
    walls = [sample.wall_ns for sample in cell.samples]
    if walls and None not in walls:
        case.set("time", f"{sum(walls) / 1e9:.6f}")
    _end(case, cell.outcome, cell.reason)


def _add_allocator(suite: Element, entry: AllocatorEntry) -> None:
    case = SubElement(suite, "testcase", classname="allocators",
                      name=words.escaped(entry.allocator))
    _end(case, entry.outcome, entry.reason)


def _end(case: Element, outcome: str, reason: str | None) -> None:
    if outcome != "ok":
        element, _ = ELEMENTS[outcome]
        SubElement(case, element, type=outcome,
                   message=words.escaped(reason or "unknown"))


def _count(suite: Element) -> None:
    """Attributes that consumers want before the cases."""
    counts = {"tests": len(suite)}
    for element, attribute in ELEMENTS.values():
        counts[attribute] = len(suite.findall(f"testcase/{element}"))
    for attribute, count in counts.items():
        suite.set(attribute, str(count))

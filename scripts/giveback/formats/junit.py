"""Verdicts as JUnit XML: a test case per verdict, which every CI shows.

`worse` is a failure, `unclear` is skipped with what it would take, a cell
without figures is an error; figures that were not measured are one skipped
case.
"""

from collections.abc import Sequence
from xml.etree import ElementTree

from .. import words
from ..comparison.verdicts import CellVerdict, Failure
from . import phrases


def text(verdicts: Sequence[CellVerdict], failures: Sequence[Failure] = (),
         suite: str = "giveback", missing: int = 0) -> str:
    """A <testsuites> document with one suite; ends with a newline.
    `missing`: figures that were not measured."""
    root = ElementTree.Element("testsuites")
    inner = ElementTree.SubElement(root, "testsuite", {
        "name": words.clean(suite),
        "tests": str(len(verdicts) + len(failures) + bool(missing)),
        "failures": str(_count(verdicts, "worse")),
        "errors": str(len(failures)),
        "skipped": str(_count(verdicts, "unclear") + bool(missing))})
    for verdict in verdicts:
        _add_verdict(inner, verdict)
    for failed in failures:
        _add_failure(inner, failed)
    if missing:
        _add_missing(inner, missing)
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{body}\n"


def _is_failure(verdict: CellVerdict) -> bool:
    return verdict.word == "worse" and verdict.gates


def _count(verdicts: Sequence[CellVerdict], word: str) -> int:
    if word == "worse":
        return sum(map(_is_failure, verdicts))
    return sum(_is_skipped(verdict) for verdict in verdicts)


def _is_skipped(verdict: CellVerdict) -> bool:
    """Unclear, or worse by a test that decides nothing."""
    return verdict.word == "unclear" \
        or (verdict.word == "worse" and not verdict.gates)


def _add_verdict(suite: ElementTree.Element, verdict: CellVerdict) -> None:
    case = ElementTree.SubElement(suite, "testcase", {
        "classname": f"{words.clean(verdict.workload)}."
                     f"{words.clean(verdict.head)}",
        "name": f"{verdict.title} ({phrases.workload(verdict)})"})
    said = phrases.sentence(verdict)
    if _is_failure(verdict):
        ElementTree.SubElement(case, "failure", {
            "message": said, "type": "regression"}).text = said
    elif _is_skipped(verdict):
        ElementTree.SubElement(case, "skipped", {"message": said})
    else:
        ElementTree.SubElement(case, "system-out").text = said


def _add_missing(suite: ElementTree.Element, missing: int) -> None:
    case = ElementTree.SubElement(suite, "testcase", {
        "classname": "giveback", "name": "what base has, head has too"})
    ElementTree.SubElement(case, "skipped", {
        "message": f"{words.count(missing, 'figure')} of base missing in "
                   "head: measure them too"})


def _add_failure(suite: ElementTree.Element, failed: Failure) -> None:
    said = phrases.failure(failed)
    case = ElementTree.SubElement(suite, "testcase", {
        "classname": f"{words.clean(failed.workload)}."
                     f"{words.clean(failed.allocator)}",
        "name": words.clean(f"{failed.side} {failed.kind} "
                            f"{failed.after or ''}".strip())})
    ElementTree.SubElement(case, "error", {
        "message": said, "type": failed.outcome}).text = said

"""The short version of a page, as Markdown for a pull request: the same
sentences, and the first table of each workload."""

from collections.abc import Iterator, Sequence

from .. import words
from ..comparison.verdicts import Comparison
from ..formats import markdown, markdown_table
from ..formats.markdown import escape
from . import changes, host, inventory, view
from .view import Table, View

HEADING = "## After the peak, does the memory come back?"


def text(views: Sequence[View], comparison: Comparison | None,
         base: Sequence[View], warnings: Sequence[str] = ()) -> str:
    """Ends with a newline."""
    lines = [HEADING, "", *(f"- {escape(words.clean(warning))}"
                            for warning in warnings), ""]
    if comparison is not None:
        lines += [f"- {escape(difference)}" for difference
                  in changes.differences(base, views)]
        lines += ["", markdown.text(comparison.verdicts, comparison.failures,
                                    comparison.warnings, "head against base")]
    for shown in views:
        lines += _run(shown)
    return "\n".join(lines).rstrip("\n") + "\n"


def _run(shown: View) -> Iterator[str]:
    told = host.sentences(shown)
    for name, said in told:
        yield f"- **{escape(name)}**: {escape(' '.join(said))}"
    if not told:
        yield host.NOTHING
    yield ""
    failures = inventory.failures(shown)
    if failures is not None:
        yield from ("Cells without figures:", "", *_table(failures), "")
    for place, section in enumerate(shown.sections):
        lines = list(markdown_table.of_section(section))
        yield from lines if place == 0 else _folded(view.title(section),
                                                    lines)
        yield ""
    yield from _folded("host, noise, versions", [
        *(f"- {escape(name)}: {escape(fact)}"
          for name, fact in host.facts(shown)),
        *(f"- {escape(line)}" for line in host.noise(shown)),
        f"- {escape(view.versions(shown))}"])
    yield ""
    yield from ("To run it again:", "", f"    {view.command(shown)}", "")


def _folded(summary: str, lines: Sequence[str]) -> Iterator[str]:
    yield from (f"<details><summary>{escape(summary)}</summary>", "", *lines,
                "", "</details>")


def _table(table: Table) -> Iterator[str]:
    yield from _rows([list(table.columns), ["---"] * len(table.columns)])
    yield from _rows([[escape(value.text) for value in row]
                      for row in table.rows])


def _rows(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield from (f"| {' | '.join(row)} |" for row in rows)

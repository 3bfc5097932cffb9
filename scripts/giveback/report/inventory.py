"""What a run holds: its allocators, and the cells that no chart shows."""

from collections import Counter

from .. import answers, notes, words
from .view import Table, Value, View

# Of these cells there are charts.
DRAWN = ("memory", "timing", "stalls", "traffic")


def allocators(view: View) -> Table:
    """Every version and setting."""
    rows = []
    for entry in view.run.allocators:
        options = ", ".join(f"{words.clean(key, words.NAME_LIMIT)}="
                            f"{words.clean(value, words.NAME_LIMIT)}"
                            for key, value in (entry.options or {}).items())
        environment = ", ".join(
            f"{words.clean(key, words.NAME_LIMIT)}={words.clean(value)}"
            for key, value in (entry.environment or {}).items())
        ended = "ok" if entry.outcome == "ok" \
            else notes.ended(entry.outcome, entry.reason)
        texts = [answers.label(entry.allocator, entry), entry.version,
                 entry.library, entry.sha256, options, environment, ended]
        rows.append([Value(words.clean(text), words.clean(text)) if text
                     else Value(words.UNKNOWN) for text in texts])
    return Table(("allocator", "version", "library", "SHA-256", "options",
                  "environment", "outcome"), rows)


def failures(view: View) -> Table | None:
    """Cells that did not end well, counted by how; None without any."""
    groups = Counter(
        (words.clean(cell.allocator, words.NAME_LIMIT),
         words.clean(cell.workload, words.NAME_LIMIT),
         words.clean(cell.kind, words.NAME_LIMIT),
         notes.ended(cell.outcome, cell.reason))
        for cell in view.cells if cell.outcome != "ok")
    if not groups:
        return None
    return Table(("allocator", "workload", "kind", "ended", "cells"),
                 [(*(Value(text, text) for text in group),
                   Value(f"{count:,}", count))
                  for group, count in groups.items()])


def undrawn(view: View) -> list[str]:
    """A sentence for each kind of cell without a chart."""
    kinds = Counter(cell.kind for cell in view.cells
                    if cell.kind not in DRAWN)
    return [f"No chart here for {words.count(count, 'cell')} of kind "
            f"{words.clean(kind, words.NAME_LIMIT)}: giveback show tells of "
            "them."
            for kind, count in sorted(kinds.items())]

"""The answer in words: one or two sentences per section. They state
figures; they call nobody a winner.
"""

import re

from . import words
from .look import Look
from .rows import AllocatorEntry
from .summary import Figure, Row, Section
from .words import short_mib

UNDER = {"silent": "if nothing happens", "tick": "under light load"}

# Limits and controls: rows of the table, but no choice that anybody has.
NO_CHOICE = frozenset(("null", "bump", "mmap", "planted"))


def sentences(section: Section, look: Look) -> list[str]:
    """Of the reference and of the allocator that keeps least at its worst;
    empty where no memory was measured."""
    reference = section.rows[0]
    speaking = [row for row in section.rows if _keeps(row) is not None]
    if not speaking:
        return []
    others = [row for row in speaking
              if row is not reference and _backend(row) not in NO_CHOICE]
    other = min(others, key=_worst, default=None)
    told = [row for row in (reference, other) if row in speaking]
    if not told:
        return []
    whose = "the first process of " if section.is_forking else ""
    clauses = "; ".join(f"{whose}{name(row)} keeps {_keeps(row)}"
                        for row in told)
    answers = [f"{words.seconds(section.delay_ns)} after its peak"
               f"{_peak(told[0].max_live)}, {clauses}."]
    if other is not None:
        answers += _cost(reference, other, look)
    return answers


def name(row: Row) -> str:
    """The allocator as typed, with its version."""
    return label(row.allocator, row.entry)


def label(allocator: str, entry: AllocatorEntry | None) -> str:
    """The same of an allocator and its entry in the run line."""
    typed = words.clean(allocator, words.NAME_LIMIT)
    if entry is None or not entry.version or _tells(allocator, entry.version):
        return typed
    return f"{typed} {words.clean(entry.version, words.NAME_LIMIT)}"


def _tells(typed: str, version: str) -> bool:
    """Whether the name as typed says the version already, or more of it:
    `pymalloc:3.10`, `scudo@19.1.7` of version 19."""
    return any(part == version or part.startswith(version + ".")
               for part in re.split("[@:+=]", typed)[1:])


def _backend(row: Row) -> str | None:
    """The backend in an address `[alias=]name[@version][:variant]...`."""
    address = row.allocator if row.entry is None else row.entry.address
    found = re.match(r"(?:[^@:+=]*=)?([^@:+]+)", address)
    return found and found[1]


def _told_kept(row: Row) -> dict[str, Figure]:
    """What is known of the regimes that sentences speak of."""
    return {regime: figure for regime in UNDER
            if (figure := row.kept.get(regime)) is not None}


def _worst(row: Row) -> tuple[int, float]:
    """For ranking: fewer known regimes rank later."""
    kept = _told_kept(row)
    return -len(kept), max(figure.median for figure in kept.values())


def _keeps(row: Row) -> str | None:
    kept = _told_kept(row)
    if not kept:
        return None
    sizes = [short_mib(figure.median) for figure in kept.values()]
    if len(sizes) == len(UNDER) and len(set(sizes)) == 1:
        return f"{sizes[0]} MiB either way"
    parts = [f"{size} MiB {UNDER[regime]}"
             for size, regime in zip(sizes, kept)]
    return " and ".join(parts)


def _peak(max_live: Figure | None) -> str:
    if max_live is None:
        return ""
    return f" of {short_mib(max_live.median)} MiB of live bytes"


def _cost(reference: Row, other: Row, look: Look) -> list[str]:
    comparison = other.comparison
    if reference.cost_ns is None or comparison is None:
        return []
    return [f"An allocation with its release costs {name(reference)} "
            f"{words.decimal(reference.cost_ns.median)} ns of CPU and "
            f"{name(other)} {look.ratio(comparison)} of that "
            f"({comparison.verdict})."]

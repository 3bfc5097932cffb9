"""What the allocators of a list are, asked of the measuring program: it alone
knows their names, variants, versions and libraries, and the host."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from .. import program
from ..results import ResultsError
from ..workspace import workspace
from .cells import own_entry
from .preload import OWN, SYSTEM


def run_line(lists: Sequence[str], seed: int, repetitions: int,
             pairs: int) -> dict[str, Any]:
    """The line that a run of these begins with; `lists` as typed behind -a.
    Raises ResultsError."""
    typed, own_place = without_own(lists)
    row = _identified(typed or [SYSTEM], seed)
    # The second reference is a control of `giveback run`, and not run here.
    entries = [entry for entry in row["allocators"]
               if typed and entry["second_of"] is None]
    if own_place is not None:
        entries.insert(0 if own_place == 0 else len(entries), own_entry())
    return row | {"command": ["giveback", *sys.argv[1:]], "jobs": 1,
                  "pairs": pairs, "repetitions": repetitions, "regimes": [],
                  "settle_ns": 0, "counting": None, "allocators": entries}


def without_own(lists: Sequence[str]) -> tuple[list[str], int | None]:
    """The lists without the item `own`, and how many items stood before it;
    None where it was not typed."""
    found, count, place = [], 0, None
    for text in lists:
        items = text.split(",")
        kept = [item for item in items if item.strip() != OWN]
        if len(kept) < len(items) and place is None:
            place = count + next(index for index, item in enumerate(items)
                                 if item.strip() == OWN)
        count += len(items)
        if kept:
            found.append(",".join(kept))
    return found, place


def _identified(lists: Sequence[str], seed: int) -> dict[str, Any]:
    options = [word for text in lists for word in ("-a", text)]
    with workspace("program") as folder:
        path = folder / "identified.jsonl"
        done = subprocess.run(
            [program.path(), "identify", *options, "-w", "fill_drain", "-k",
             "memory", "-r", "1", "--seed", str(seed), "-o", path],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, check=False, encoding="utf-8",
            errors="replace")
        if done.returncode == program.INTERRUPTED:
            raise KeyboardInterrupt
        if done.returncode != 0:
            said = " ".join(done.stderr.split()).removeprefix("giveback: ")
            raise ResultsError(said or "`giveback identify` ended with exit "
                               f"status {done.returncode}")
        return json.loads(path.read_text(encoding="utf-8"))

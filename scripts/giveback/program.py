"""Runs the measuring program for verbs that need figures of their own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .results import ResultsError

# Of `giveback run`: all well; some cells failed, which their lines say.
MEASURED = (0, 1)
INTERRUPTED = 130


def path() -> Path:
    """The program beside whose package this is, unless GIVEBACK names
    another. Raises ResultsError."""
    named = os.environ.get("GIVEBACK")
    # Not resolved: beside the program the package is a symbolic link.
    found = Path(named) if named \
        else Path(sys.argv[0]).absolute().parent / "giveback"
    if not os.access(found, os.X_OK) or found.is_dir():
        raise ResultsError(f"{found}: no program to measure with: call this "
                           "verb as build/release/giveback does, or set "
                           "GIVEBACK to its path")
    return found


def measure(output: Path, arguments: Sequence[str]) -> None:
    """`giveback run ARGUMENTS -o output`: its progress goes to standard
    error, its tables nowhere. Raises ResultsError where it measured
    nothing."""
    command = [str(path()), "run", *arguments, "-o", str(output)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode == INTERRUPTED:
        raise KeyboardInterrupt
    if done.returncode not in MEASURED:
        raise ResultsError(f"`giveback run` ended with exit status "
                           f"{done.returncode}: correct what it says above")

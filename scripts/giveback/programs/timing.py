"""One run of a command for its time: hyperfine does it, without a shell, and
exports it as JSON. Blocks and their order are ours: one run each time."""

import json
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import tree

NAME, PACKAGE = "hyperfine", "hyperfine"
# By env(1), which sets the variables for the command alone: LD_PRELOAD in
# hyperfine's own environment would be in hyperfine. Every row has it.
ENV = "env"
SIGNALLED = 128  # hyperfine says 128 + N where signal N ended it


@dataclass(frozen=True, slots=True)
class Time:
    """`killed_for`: (outcome, reason) where it has no figures."""

    wall_ns: int | None = None
    user_ns: int | None = None
    system_ns: int | None = None
    exit_code: int | None = None
    killed_for: tuple[str, str] | None = None


def program() -> str | None:
    """The path of hyperfine; None: it is not installed."""
    return shutil.which(NAME)


def version(path: str) -> str | None:
    """`hyperfine 1.15.0`."""
    said = subprocess.run([path, "--version"], capture_output=True,
                          check=False, encoding="utf-8", errors="replace")
    return said.stdout.strip() or None


def run_once(path: str, words: Sequence[str],
             environment: Mapping[str, str], changes: Mapping[str, str],
             export: Path, time_limit_s: int) -> Time:
    """Runs `words` with `environment` and, on top, `changes`; `export` is
    written and read. No process of it lives afterwards."""
    settings = [f"{name}={value}" for name, value in changes.items()]
    command = [path, "-N", "--runs=1", "--ignore-failure",
               "--style=none", "--output=null",
               "--export-json", str(export),
               shlex.join([ENV, *settings, *words])]
    child = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, process_group=0,
        preexec_fn=lambda: tree.in_child(fixed_addresses=False))
    try:
        _, said = child.communicate(timeout=time_limit_s)
    except subprocess.TimeoutExpired:
        return Time(killed_for=("timed_out", "still running after "
                                f"{time_limit_s} s: a longer --time-limit "
                                "gives it more"))
    finally:
        tree.end_all()
    try:
        return _time(json.loads(export.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        words_said = " ".join(said.decode("utf-8", "replace").split())
        return Time(killed_for=("failed", f"{NAME} gave no time, exit status "
                                f"{child.returncode}: "
                                f"{words_said or 'without a word'}"))
    finally:
        export.unlink(missing_ok=True)


def _time(exported: dict) -> Time:
    """Of hyperfine's JSON: seconds, and the exit codes of the runs."""
    result = exported["results"][0]
    wall_s, = result["times"]
    code, = result["exit_codes"]
    return Time(round(wall_s * 1e9), round(result["user"] * 1e9),
                round(result["system"] * 1e9), code)

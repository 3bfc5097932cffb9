"""Lines of a results file (results/README.md) from what was measured of a
command: kind `program`, its memory, and `program_timing`, its time."""

import os
import shlex
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from . import timing
from .preload import OWN, Plan
from .sampling import Observation, Phase
from .target import Target
from .timing import Time

MEMORY, TIMING = "program", "program_timing"

# Of a sample all that a command from outside cannot tell.
UNKNOWN = dict.fromkeys((
    "since_drain_ns", "operations", "live_blocks", "live_bytes", "wall_ns",
    "cpu_ns", "minor_faults", "major_faults", "instructions", "rss_bytes",
    "anon_bytes", "shmem_bytes", "hugetlb_bytes", "lazy_free_bytes",
    "huge_bytes", "charged_bytes", "page_table_bytes", "mapping_count",
    "statm_rss_bytes", "swap_bytes", "pages", "processes", "self", "arenas",
    "traffic"))

# Without the library in a process that held more than this share of the
# peak, the figures are another allocator's.
PROVEN_SHARE = 0.1

REMEDY = "make it end with 0 to have figures (`sh -c 'COMMAND || true'`)"


@dataclass(frozen=True, slots=True)
class Frame:
    """What all cells of a run have. `host`: of the run line; `cleared`: the
    variables of the user's environment that no row got."""

    run: str
    host: Mapping[str, Any]
    entries: Mapping[str, Mapping[str, Any]]
    target: Target
    workload: str
    seed: int
    cleared: Mapping[str, str]
    timer: str | None


@dataclass(frozen=True, slots=True)
class Place:
    block: int
    position: int


Ending = tuple[str, str | None]  # outcome, reason


def refused(frame: Frame, plan: Plan, kind: str, place: Place,
            ending: Ending) -> dict[str, Any]:
    """A cell that was not run."""
    return _cell(frame, plan, kind, place) | {
        "outcome": ending[0], "reason": ending[1]}


def of_memory(frame: Frame, plan: Plan, place: Place,
              seen: Observation) -> dict[str, Any]:
    exit_status, by_signal = _ended(seen.status)
    outcome, reason = _judge_memory(plan, seen, exit_status, by_signal)
    cell = _cell(frame, plan, MEMORY, place) | {
        "outcome": outcome, "reason": reason, "exit_status": exit_status,
        "signal": by_signal,
        "aslr": False if frame.host["aslr"] == 0 else seen.random_addresses,
        "identity": _identity(frame, plan, seen)}
    cell["program"] |= {"without": sorted(seen.without),
                        "most_processes": seen.processes,
                        "left_processes": seen.left}
    if outcome == "ok":
        has_read = any(phase.reading is not None for phase in seen.phases)
        cell |= {"memory_source": "smaps_rollup" if has_read else None,
                 "peak_rss_bytes": seen.peak_bytes,
                 "samples": [_sample(phase) for phase in seen.phases]}
    return cell


def of_time(frame: Frame, plan: Plan, place: Place,
            time: Time) -> dict[str, Any]:
    """ASLR is as the host has it: the timer starts the command."""
    exit_status, by_signal = None, None
    if time.exit_code is not None:
        exit_status, by_signal = _told(time.exit_code)
    outcome, reason = time.killed_for \
        or _judge_status(exit_status, by_signal)
    cell = _cell(frame, plan, TIMING, place) | {
        "outcome": outcome, "reason": reason, "exit_status": exit_status,
        "signal": by_signal,
        "aslr": None if frame.host["aslr"] is None
        else frame.host["aslr"] != 0}
    if outcome == "ok":
        assert time.user_ns is not None and time.system_ns is not None
        cell["samples"] = [{"phase": "start"} | UNKNOWN | {
            "wall_ns": time.wall_ns,
            "cpu_ns": time.user_ns + time.system_ns}]
    return cell


# ---- how it ended ----------------------------------------------------------

def _ended(status: int) -> tuple[int | None, str | None]:
    """(exit status, name of the signal) of what waitpid gave."""
    if os.WIFSIGNALED(status):
        return None, _signal_name(os.WTERMSIG(status))
    return os.waitstatus_to_exitcode(status), None


def _told(code: int) -> tuple[int | None, str | None]:
    """The same of the timer's exit code, which folds both into one."""
    number = code - timing.SIGNALLED
    if number in set(signal.Signals):
        return None, _signal_name(number)
    return code, None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _judge_status(exit_status: int | None, by_signal: str | None) -> Ending:
    if by_signal is not None:
        return "crashed", f"the command was ended by {by_signal}"
    if exit_status:
        return "failed", (f"the command ended with exit status {exit_status}: "
                          f"{REMEDY}")
    return "ok", None


def _judge_memory(plan: Plan, seen: Observation, exit_status: int | None,
                  by_signal: str | None) -> Ending:
    ending = seen.killed_for or _judge_status(exit_status, by_signal)
    if ending[0] != "ok" or plan.library is None:
        return ending
    if seen.mapped is None:
        return "failed", ("it ended before its memory map could be read: "
                          "nothing proves which malloc it used: measure a "
                          "command that runs for a tenth of a second or more")
    if not seen.mapped:
        return "failed", (f"{plan.library} is not in its memory map: the "
                          "loader did not take it")
    for name, held in seen.without.items():
        if held > PROVEN_SHARE * seen.peak_bytes:
            return "failed", (
                f"{name}, which it started, held {held >> 20} MiB without "
                f"{plan.library} in its memory map: it is statically linked "
                "or has an environment of its own")
    return ending


# ---- the line --------------------------------------------------------------

def _identity(frame: Frame, plan: Plan,
              seen: Observation) -> dict[str, Any] | None:
    if plan.library is None or not seen.mapped:
        return None
    entry = frame.entries[plan.name]
    same = seen.sha256 == entry["sha256"]
    return {"library": str(plan.library),
            "version": entry["version"] if same else None,
            "sha256": seen.sha256,
            "build_id": entry["build_id"] if same else None, "adapter": None}


def _sample(phase: Phase) -> dict[str, Any]:
    read = {} if phase.reading is None else phase.reading.fields
    return {"phase": phase.name} | UNKNOWN | read | {"wall_ns": phase.wall_ns}


def changes(plan: Plan) -> dict[str, str]:
    """The variables that the plan sets in the command's environment. Python
    is told to leave its own allocator in every row but `own`, wherever in
    the command it may run."""
    if plan.library is None:
        return {}
    preload = {} if plan.preload is None \
        else {"LD_PRELOAD": str(plan.preload)}
    return {**plan.environment, **preload, "PYTHONMALLOC": "malloc"}


def _cell(frame: Frame, plan: Plan, kind: str,
          place: Place) -> dict[str, Any]:
    return {
        "type": "cell", "schema": 1, "run": frame.run,
        "allocator": plan.name, "workload": frame.workload,
        "parameters": {"command": shlex.join(frame.target.words),
                       "start": "cold"},
        "kind": kind, "after": None, "requests_per_s": None,
        "request_mix": None, "repetition": place.block,
        "block": place.block, "position": place.position,
        "seed": frame.seed + place.block, "aslr": None,
        "thp": frame.host["thp"], "threaded": False, "outcome": "ok",
        "reason": None, "exit_status": None, "signal": None,
        "identity": None, "affinity": sorted(os.sched_getaffinity(0)),
        "counter_inexact": None, "memory_source": None,
        "instructions_source": None, "hardware_reason": None,
        "request_hash": None,
        "ended": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "base": None, "peak_rss_bytes": None, "samples": [],
        "covers_all_threads": None, "stalls": None,
        "program": _program(frame, plan, kind), "timeline": None}


def _program(frame: Frame, plan: Plan, kind: str) -> dict[str, Any]:
    return {"executable": str(frame.target.path),
            "is_python": frame.target.is_python,
            "preload": None if plan.preload is None else str(plan.preload),
            "environment": changes(plan), "cleared": dict(frame.cleared),
            "links": list(plan.links), "without": [],
            "most_processes": None, "left_processes": None,
            "timer": frame.timer if kind == TIMING else None}


def own_entry() -> dict[str, Any]:
    """What `own` stands for in the run line: no library that is known."""
    return {"allocator": OWN, "address": OWN, "second_of": None,
            "outcome": "ok", "reason": None, "version": None,
            "library": None, "sha256": None, "build_id": None, "libc": None,
            "adapter": None, "fetched": None, "package": None,
            "environment": {}, "options": {}}

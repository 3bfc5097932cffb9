"""Who the villains are, what each of them must come to, and how to see it.

What one does is the sentence that its source file begins with.
"""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import runs

SOURCES = Path(__file__).resolve().parent
WORKLOAD = "fill_drain+objects=20000"
KINDS = ("memory", "timing")
LIMIT_S = 60
HANG_LIMIT_S = 4  # longer than the quick memory cell beside it
OK = "ok"


@dataclass(frozen=True)
class Villain:
    """A library and what its cells end as."""

    library: str
    outcome: str
    reason: str  # a part of it; empty when ok
    fine_timing: bool = False  # the timing cell is ok
    prefix: str = ""
    signal: str | None = None
    why_ok: str = ""  # why its figures are right
    takes_all: bool = False  # only for a machine with little memory

    @property
    def name(self) -> str:
        return self.prefix + self.library

    @property
    def does(self) -> str:
        """The first comment of its source."""
        text = (SOURCES / f"{self.library}.c").read_text()
        comment = text.removeprefix("/*").split("*/")[0]
        sentence = re.sub(r"\s+", " ", comment).strip().rstrip(".")
        return f"{sentence} (asked for {self.prefix}malloc)" if self.prefix \
            else sentence

    @property
    def address(self) -> str:
        path = runs.villain(self.library).split("=", 1)[1]
        return f"{self.name}={path}" + (f":{self.prefix}" if self.prefix
                                        else "")

    @property
    def time_limit_s(self) -> int:
        return HANG_LIMIT_S if self.outcome == "timed_out" else LIMIT_S

    def outcome_of(self, kind: str) -> str:
        fine = self.fine_timing and kind == "timing"
        return OK if fine else self.outcome


def crashed(library: str, reason: str, signal: str = "SIGSEGV") -> Villain:
    return Villain(library, "crashed", reason, signal=signal)


def hung(library: str, reason: str) -> Villain:
    return Villain(library, "timed_out", reason, signal="SIGKILL")


FAULT = "SIGSEGV (Segmentation fault) at address 0x5000 in"

VILLAINS = (
    crashed("crashes_in_load", f"{FAULT} attach"),
    crashed("crashes_in_constructor", f"{FAULT} attach"),
    crashed("crashes_at_once", f"{FAULT} self-check after 0 operations"),
    crashed("crashes", f"{FAULT} fill after 4096 operations"),
    crashed("crashes_in_free", f"{FAULT} drain after 4096 operations"),
    crashed("aborts", "SIGABRT (Aborted) in fill", "SIGABRT"),
    crashed("runs_out", "at address 0x0 (an allocation that returned NULL?) "
            "in fill"),
    crashed("read_only", "SIGSEGV (Segmentation fault) at address 0x"),
    hung("hangs_in_load", f"not ready after {HANG_LIMIT_S} s, in attach: a "
         "longer --time-limit gives it more"),
    hung("hangs", f"not done after {HANG_LIMIT_S} s, in fill: a longer "
         "--time-limit gives it more"),
    hung("hangs_in_free", f"not done after {HANG_LIMIT_S} s, in drain: a "
         "longer --time-limit gives it more"),
    Villain("leaves_in_load", "failed",
            "the worker exited early with status 0 in attach"),
    Villain("leaves", "failed",
            "the worker exited early with status 0 in fill"),
    crashed("exits_and_aborts", "SIGABRT (Aborted) in fill", "SIGABRT"),
    Villain("aborts_at_exit", OK, "",
            why_ok="the worker leaves without running exit handlers, after "
            "its figures are whole"),
    Villain("refuses", "failed", "alloc(16) returned NULL"),
    Villain("misaligns", "failed", "alloc(16) returned a misaligned block"),
    Villain("overlaps", "failed", "blocks overlap or are too small"),
    Villain("too_small", "failed", "blocks overlap or are too small"),
    Villain("lacks_free", "unsupported",
            "lacks_free.so has no free of its own: the one found lives in"),
    Villain("forwards", "unsupported",
            "forwards.so has no malloc of its own: the one found lives in"),
    Villain("forwards", "unsupported", "forwards.so has no wrong_malloc",
            prefix="wrong_"),
    Villain("forwards_prefixed", "unsupported", "forwards_prefixed.so has no "
            "fw_malloc of its own: the one found lives in", prefix="fw_"),
    Villain("needs_tls", "failed", "cannot allocate memory in static TLS "
            "block; to give it more:"),
    Villain("prints", OK, "",
            why_ok="standard output of a worker leads nowhere and standard "
            "error is kept for the reason of a crash; results have a way of "
            "their own"),
    Villain("starts_threads", OK, "",
            why_ok="they are there before the base sample, and end with the "
            "worker"),
    Villain("closes_descriptors", "failed",
            "no turn can be asked for: descriptor 4: Bad file descriptor: "
            "did the allocator close it?", fine_timing=True,
            why_ok="a timing run reads no file, and its figures go into "
            "memory that is already shared"),
    Villain("closes_later", "failed",
            "no turn can be asked for: descriptor 4: Bad file descriptor: "
            "did the allocator close it?", fine_timing=True,
            why_ok="a timing run reads no file, and its figures go into "
            "memory that is already shared"),
    hung("ignores_signals", f"not done after {HANG_LIMIT_S} s, in fill: a "
         "longer --time-limit gives it more"),
    Villain("catches_signals", "failed",
            "the worker exited early with status 0 in fill"),
    Villain("changes_signals", OK, "",
            why_ok="no signal is sent to a worker but SIGKILL; the handlers "
            "could only hide a crash, as `catches_signals` does"),
    Villain("lingers", OK, "",
            why_ok="slow is a figure: its time is in the phase that waited"),
    Villain("takes_all", "failed",
            "and the workers together may hold 921 MiB of this machine's "
            "memory", signal="SIGKILL", takes_all=True),
    Villain("takes_all_in_load", "failed",
            "before it is ready, and may hold 921 MiB of this "
            "machine's memory", signal="SIGKILL", takes_all=True),
)

# Those for the tests of the contract: no measuring kind notices what they do.
ELSEWHERE = ("forgets", "misaligns_large", "overlaps_large")


def measure(villain: Villain, *more: str,
            words: tuple[str, ...] = ()) -> runs.Results:
    """The villain beside an allocator that is well, in both kinds; `words`
    come before the command."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.jsonl"
        ended = subprocess.run(
            [*words, runs.program(), "run", "-a", "system", "-a",
             villain.address, "-w", WORKLOAD, "--kind", ",".join(KINDS),
             "--after", "silent", "--quick", "-r", "1", "-p", "1", "-t",
             str(villain.time_limit_s), *more, "-o", path],
            capture_output=True, encoding="utf-8", timeout=runs.TIMEOUT_S,
            env=runs.environment(), stdin=subprocess.DEVNULL)
        assert path.exists(), ended.stderr
        runs.check_file(path)
        results = runs.read(path)
    return runs.Results(results.run, results.cells, ended.returncode,
                        ended.stdout, ended.stderr)

"""`giveback program`: a command of the user's under each allocator, its
memory seen from outside and its time taken by hyperfine."""

import argparse
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .. import look, output, results, scenarios, show, words
from . import allocators, cells, order, preload, sampling, surroundings
from . import target, timing, tree
from .cells import MEMORY, TIMING, Frame, Place
from .preload import Plan
from .record import Record

SUMMARY = "a command of your own under each allocator"
PRESET = "system,jemalloc,mimalloc,gperftools"
EXIT_OK, EXIT_FAILED = 0, 1

EPILOG = """\
giveback program -a system,jemalloc -- python3 script.py
giveback program -a own,system,'jemalloc:*' -- ./server --port 0
giveback program --scenario lua_tables+keep=100

An allocator is one of `giveback list allocators` or NAME=/path/lib.so; `own`
is the command as it is (of a Python: with its own pymalloc). A line `MARK
NAME` on the command's standard output begins a phase; with `MARK dropped`
the table says what is kept. docs/program.md tells more.

Exits 0 when every cell is ok or unsupported, 1 when any failed (the
command's own exit status is in its row), 2 on wrong usage, 130 when
interrupted: finished rows are kept.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.usage = ("giveback program [OPTION...] -- COMMAND [ARGUMENT...]\n"
                    "       giveback program [OPTION...] --scenario NAME")
    parser.epilog = EPILOG
    parser.add_argument("words", nargs="*", metavar="COMMAND",
                        help="what to run, without a shell (write sh -c "
                             "'...' for one); its standard input is empty")
    parser.add_argument("--scenario", metavar="NAME[+KEY=NUMBER...]",
                        help="a ready one of `giveback list scenarios` "
                             "instead of a command")
    parser.add_argument("-a", "--allocators", action="append", default=[],
                        metavar="LIST",
                        help="allocators, separated by commas; may be "
                             f"repeated (default: {PRESET})")
    parser.add_argument("-q", "--quick", action="store_true",
                        help="one memory run and 6 timing runs of each")
    parser.add_argument("-r", "--repetitions", type=_number, metavar="N",
                        help="memory runs of each allocator (default: 6, "
                             "the fewest with an interval; with --quick 1)")
    parser.add_argument("-p", "--pairs", type=_number, metavar="N",
                        help="timing runs of each allocator (default: 12; "
                             "with --quick 6)")
    parser.add_argument("-k", "--kind", choices=("memory", "timing"),
                        help="measure this alone (default: both)")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE",
                        help="where results go; it must not exist (default: "
                             "giveback-DATE.jsonl in this folder)")
    parser.add_argument("-t", "--time-limit", type=_number, default=600,
                        metavar="SECONDS",
                        help="for one run of the command; then it is "
                             "timed_out (default: 600)")
    parser.add_argument("--seed", type=_seed, default=1, metavar="N",
                        help="of the random order (default: 1)")
    parser.add_argument("--name", metavar="NAME",
                        help="what the command is called in results "
                             "(default: the name of its file)")
    parser.add_argument("--hide-marks", action="store_true",
                        help="leave the lines `MARK NAME` out of the output "
                             "(default: they are copied as all others)")


def _number(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text}: not a whole number from "
                                         "1 to 1000000")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**62:
        raise argparse.ArgumentTypeError(f"{text}: not a whole number from 0 "
                                         "to 2^62")
    return value


def run(arguments: argparse.Namespace) -> int:
    """Measures, then shows; returns the exit code. Raises ResultsError."""
    lacks = _take_scenario(arguments)
    if lacks:
        _say(f"skipped: {arguments.scenario} needs what is not installed: "
             f"scripts/setup, or apt install {' '.join(lacks)}")
        return EXIT_OK
    environment, cleared = surroundings.split(os.environ)
    found = target.find(arguments.words, environment)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup(1)
            signal.signal(number, _interrupt)
    tree.become_reaper()
    hyperfine = timing.program()
    _fill_presets(arguments)
    run_line = allocators.run_line(
        arguments.allocators, arguments.seed, arguments.repetitions,
        arguments.pairs)
    frame = Frame(run_line["id"], run_line["host"],
                  {entry["allocator"]: entry
                   for entry in run_line["allocators"]},
                  found, arguments.name or Path(arguments.words[0]).name,
                  arguments.seed, cleared,
                  None if hyperfine is None else timing.version(hyperfine))
    rows = [preload.plan(entry, found, environment)
            for entry in run_line["allocators"]]
    _warn(cleared, rows, hyperfine)
    path = arguments.output or Path(datetime.now(timezone.utc).strftime(
        "giveback-%Y-%m-%dT%H%M%SZ.jsonl"))
    with Record(path, run_line) as record:
        failed = _Measuring(arguments, frame, rows, environment, hyperfine,
                            record).all()
    shown = results.read([path])
    sys.stdout.flush()
    print("\n".join(show.text(shown, look.look_for(sys.stdout), None)))
    _say(f"results are in {path}")
    return EXIT_FAILED if failed else EXIT_OK


def _take_scenario(arguments: argparse.Namespace) -> list[str]:
    """Makes a scenario the command; the packages that it lacks here. Raises
    ResultsError where there is not one command."""
    if (arguments.scenario is None) == (not arguments.words):
        raise results.ResultsError(
            "give one: a command behind --, or --scenario NAME "
            "(giveback list scenarios)")
    if arguments.scenario is None:
        return []
    scenario, arguments.words = scenarios.command(arguments.scenario)
    return scenarios.missing_packages(scenario)


def _fill_presets(arguments: argparse.Namespace) -> None:
    quick = arguments.quick
    arguments.allocators = arguments.allocators or [PRESET]
    arguments.repetitions = arguments.repetitions or (1 if quick else 6)
    arguments.pairs = arguments.pairs or (6 if quick else 12)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _say(what: str) -> None:
    print(f"giveback program: {words.clean(what, 1000)}", file=sys.stderr,
          flush=True)


def _warn(cleared: Mapping[str, str], rows: Sequence[Plan],
          hyperfine: str | None) -> None:
    if cleared:
        _say(f"{', '.join(sorted(cleared))} of your environment: not handed "
             "on, for it would be in every row; `-- env NAME=VALUE COMMAND` "
             "sets it on purpose")
    for plan in rows:
        if plan.refusal is not None:
            _say(f"{plan.name}: {plan.refusal[0]}: {plan.refusal[1]}")
        elif plan.links and plan.library is not None:
            _say(f"{plan.name}: the command brings {', '.join(plan.links)}, "
                 f"which has a malloc too; {plan.library} stands before it")
    if hyperfine is None:
        _say(NO_TIMER)


NO_TIMER = (f"unsupported: {timing.NAME} is not installed, which takes the "
            f"times: scripts/setup, or apt install {timing.PACKAGE}")


class _Measuring:
    """All runs of the command, block after block: first those for memory."""

    def __init__(self, arguments: argparse.Namespace, frame: Frame,
                 rows: Sequence[Plan], environment: Mapping[str, str],
                 hyperfine: str | None, record: Record) -> None:
        self._arguments, self._frame, self._rows = arguments, frame, rows
        self._environment, self._hyperfine = environment, hyperfine
        self._record = record
        self._random = random.Random(arguments.seed)
        self._failed = self._done = self._total = 0
        self._began_s = time.monotonic()

    def all(self) -> bool:
        """Whether any cell is neither ok nor unsupported."""
        kinds = {MEMORY: (self._arguments.repetitions, self._memory),
                 TIMING: (self._arguments.pairs, self._time)}
        if self._arguments.kind is not None:
            chosen = MEMORY if self._arguments.kind == "memory" else TIMING
            kinds = {chosen: kinds[chosen]}
        runnable = [plan for plan in self._rows if plan.refusal is None]
        self._total = sum(count * len(runnable) for kind, (count, _)
                          in kinds.items() if self._can(kind))
        _say(f"{words.count(self._total, 'run')} of the command, into "
             f"{self._record.path}")
        try:
            for kind, (count, measure) in kinds.items():
                self._refuse(kind)
                if self._can(kind) and runnable:
                    self._blocks(runnable, count, measure)
        except KeyboardInterrupt:
            self._end_line()
            _say(f"interrupted after {self._done} of {self._total} runs, "
                 f"which are kept in {self._record.path}: giveback show "
                 "shows them")
            raise
        self._end_line()
        return self._failed > 0

    def _can(self, kind: str) -> bool:
        return kind == MEMORY or self._hyperfine is not None

    def _refuse(self, kind: str) -> None:
        """One cell for each allocator that cannot be measured."""
        for position, plan in enumerate(self._rows):
            ending = plan.refusal
            if ending is None and not self._can(kind):
                ending = ("unsupported",
                          NO_TIMER.removeprefix("unsupported: "))
            if ending is not None:
                self._take(cells.refused(self._frame, plan, kind,
                                         Place(0, position), ending))

    def _blocks(self, runnable: Sequence[Plan], count: int,
                measure: Callable[[Plan, Place], dict[str, Any]]) -> None:
        by_name = {plan.name: plan for plan in runnable}
        for block, names in enumerate(order.blocks(
                list(by_name), count, self._random)):
            for position, name in enumerate(names):
                self._progress(name)
                self._take(measure(by_name[name], Place(block, position)))
                self._done += 1

    def _take(self, cell: dict[str, Any]) -> None:
        self._record.append(cell)
        if cell["outcome"] not in ("ok", "unsupported"):
            self._failed += 1

    # ---- one run -----------------------------------------------------------

    def _memory(self, plan: Plan, place: Place) -> dict[str, Any]:
        arguments, frame = self._arguments, self._frame
        seen = sampling.observe(sampling.Order(
            words=frame.target.words,
            environment={**self._environment, **cells.changes(plan)},
            library=plan.library, executable=frame.target.path,
            time_limit_ns=arguments.time_limit * 10**9,
            memory_limit_bytes=self._record.memory_limit_bytes,
            hide_marks=arguments.hide_marks), _copy)
        return cells.of_memory(frame, plan, place, seen)

    def _time(self, plan: Plan, place: Place) -> dict[str, Any]:
        assert self._hyperfine is not None
        taken = timing.run_once(
            self._hyperfine, self._frame.target.words, self._environment,
            cells.changes(plan), self._record.beside("time"),
            self._arguments.time_limit)
        return cells.of_time(self._frame, plan, place, taken)

    # ---- progress ----------------------------------------------------------

    def _progress(self, name: str) -> None:
        """One line that is written again, on a terminal alone."""
        if sys.stderr.isatty():
            spent_s = time.monotonic() - self._began_s
            to_go = self._total - self._done
            left = "" if not self._done else \
                f", about {spent_s / self._done * to_go:.0f} s left"
            sys.stderr.write(f"\r\033[K{self._done} of {self._total}: "
                             f"{words.clean(name, 40)}{left}")
            sys.stderr.flush()

    def _end_line(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def _copy(piece: bytes) -> None:
    """To standard output, as it came. A reader that has seen enough is no
    reason to end."""
    try:
        sys.stdout.flush()
        while piece:
            piece = piece[os.write(sys.stdout.fileno(), piece):]
    except BrokenPipeError:
        output.silence()

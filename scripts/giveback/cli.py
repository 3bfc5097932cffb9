"""The command line: verbs are a table.

Exit codes: 0 done, 2 wrong usage or unreadable input; check and ci have more.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import baseline, check, compare, export, list_metrics
from . import list_scenarios, look, merge, output, show, words
from .ci import command as ci
from .doctor import command as doctor
from .nearest import nearest
from .programs import command as programs
from .report import command as report
from .results import ResultsError

EXIT_OK, EXIT_USAGE, EXIT_INTERRUPTED = 0, 2, 130


@dataclass(frozen=True, slots=True)
class Verb:
    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


VERBS = {
    "program": Verb(programs.SUMMARY, programs.add_arguments, programs.run),
    "show": Verb(show.SUMMARY, show.add_arguments, show.run),
    "compare": Verb(compare.SUMMARY, compare.add_arguments, compare.run),
    "check": Verb(check.SUMMARY, check.add_arguments, check.run),
    "baseline": Verb(baseline.SUMMARY, baseline.add_arguments, baseline.run),
    "ci": Verb(ci.SUMMARY, ci.add_arguments, ci.run),
    "export": Verb(export.SUMMARY, export.add_arguments, export.run),
    "report": Verb(report.SUMMARY, report.add_arguments, report.run),
    "merge": Verb(merge.SUMMARY, merge.add_arguments, merge.run),
    "doctor": Verb(doctor.SUMMARY, doctor.add_arguments, doctor.run),
    "list-metrics": Verb(list_metrics.SUMMARY, list_metrics.add_arguments,
                         list_metrics.run),
    "list-scenarios": Verb(list_scenarios.SUMMARY,
                           list_scenarios.add_arguments, list_scenarios.run),
}


def main(words_typed: Sequence[str]) -> int:
    """Runs `VERB ARGUMENTS...`; returns the exit code."""
    look.harden(sys.stdout)
    look.harden(sys.stderr)
    if not words_typed or words_typed[0] in ("-h", "--help"):
        print(_usage(), file=sys.stdout if words_typed else sys.stderr)
        return EXIT_OK if words_typed else EXIT_USAGE
    name = words_typed[0]
    if name not in VERBS:
        return _complain(f"{name}: no such verb: did you mean "
                         f"{nearest(name, list(VERBS))}?")
    return _run(name, words_typed[1:])


def _usage() -> str:
    width = max(map(len, VERBS))
    rows = [f"  {name.ljust(width)}  {verb.summary}"
            for name, verb in VERBS.items()]
    return "\n".join(["usage: giveback VERB [ARGUMENT...]", "", *rows, "",
                      "giveback VERB --help says more of each."])


def _run(name: str, arguments: Sequence[str]) -> int:
    verb = VERBS[name]
    typed = name.replace("-", " ")  # `giveback list metrics` comes here too
    parser = argparse.ArgumentParser(f"giveback {typed}", allow_abbrev=False,
                                     description=verb.summary + ".")
    verb.add_arguments(parser)
    try:
        status = verb.run(parser.parse_args(arguments))
        sys.stdout.flush()
        return status
    except ResultsError as error:
        for note in getattr(error, "__notes__", ()):
            _complain(note, name)
        return _complain(f"{error}", name)
    except BrokenPipeError:
        output.silence()  # the reader has seen enough
        return EXIT_OK
    except OSError as error:
        return _output_failed(error, name)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _output_failed(error: OSError, verb: str) -> int:
    """Standard output took no more."""
    output.silence()
    return _complain(f"standard output: {error.strerror}: make room, or "
                     "write elsewhere", verb)


def _complain(complaint: str, verb: str = "") -> int:
    program = f"giveback {verb}".rstrip()
    print(f"{program}: {words.clean(complaint, 1000)}", file=sys.stderr)
    return EXIT_USAGE

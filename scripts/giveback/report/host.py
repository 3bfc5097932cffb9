"""What a run ran on and how far equal runs differ, in words."""

from collections.abc import Sequence
from math import exp

from .. import answers, caveats, notes, statistics, summary, words
from ..look import Look
from ..rows import OUTCOMES
from ..summary import Section
from .view import View

LOOK = Look()
NOTHING = ("No memory figure is known: no cell of kind memory ended well, or "
           "none was run.")


def facts(view: View) -> list[tuple[str, str]]:
    """(what, which): unknown is said as such."""
    host = view.run.host
    memory = None if host.memory_bytes is None \
        else f"{words.decimal(host.memory_bytes / 2**30)} GiB"
    load = None if not host.load or host.load[0] is None \
        else words.decimal(host.load[0], 2)
    counts = summary.outcome_counts(view.cells)
    ended = ", ".join(f"{counts[outcome]:,} {outcome.replace('_', ' ')}"
                      for outcome in OUTCOMES if counts[outcome])
    margin = round(100 * (exp(statistics.TIME_MARGIN) - 1))
    known = [("processor", host.cpu),
             ("cores", None if host.cores is None else str(host.cores)),
             ("memory", memory), ("kernel", host.kernel),
             ("libc", host.libc), ("huge pages", host.thp),
             ("virtualization", host.virtualization),
             ("load when it began", load), ("started", view.run.started),
             ("cells", ended or "none"),
             ("time differences", f"inside {margin} % are called the same"),
             ("grade", "not in result files: giveback doctor gives it")]
    return [(name, words.clean(text) if text else "unknown")
            for name, text in known]


def name(view: View, section: Section) -> str:
    """Its workload; of several of that name with the parameters that
    differ."""
    alike = [other.parameters for other in view.sections
             if other.workload == section.workload]
    told = {key: value for key, value in section.parameters.items()
            if any(other.get(key) != value for other in alike)}
    workload = words.clean(section.workload, words.NAME_LIMIT)
    return f"{workload}, {words.parameters(told)}" if told else workload


def noise(view: View) -> list[str]:
    """Of each workload; then what the host did to the figures."""
    lines = ["; ".join(filter(None, (
                 f"{name(view, section)}: "
                 f"{notes.noise(section, LOOK.plus_minus)}",
                 notes.against_itself(section))))
             for section in view.sections]
    return [*lines, *caveats.of_run(view.run, view.cells)]


def sentences(view: View) -> list[tuple[str, Sequence[str]]]:
    """(workload, the answer in words) of each section that has one."""
    told = [(name(view, section),
             answers.sentences(section, LOOK)) for section in view.sections]
    return [(which, said) for which, said in told if said]


def remarks(view: View) -> list[tuple[str, Sequence[str]]]:
    """What must be known before a figure is used, by workload."""
    told = [(name(view, section),
             notes.notes(section)) for section in view.sections]
    return [(which, said) for which, said in told if said]

"""`giveback show`: results as tables for a terminal.

A section has three tables (what stays and what it costs; when it comes
back; which pages stay) and the answer in words; below the sections stands
what sweeps show. A cell that failed is shown in words, never as a number.
"""

import argparse
import shlex
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from . import answers, call_tables, caveats, instruction_tables, micro_tables
from . import notes, process_tables, program_tables, results, summary
from . import sweep_tables, table, words
from .look import LEAST_WIDTH, Look, look_for
from .nearest import nearest
from .results import Results, ResultsError
from .rows import OUTCOMES, Cell, Host, RunLine
from .summary import Figure, Row, Section
from .table import Column, Line
from .words import UNKNOWN

SUMMARY = "show results as tables"

COLOURS = {"better": table.GREEN, "worse": table.RED}

LEGEND = """\
peak        greatest growth of build and drain over the base sample
silent, tick  growth above the live bytes when nothing runs, and under 1,000
            small requests a second; at 10 s after the last release, or at
            the end of a shorter regime (the heading says which)
trim        the same after the allocator's own trim call; - without one
CPU ns      CPU time per allocation with its release; poke and trim included
vs ref      median of the paired ratios, to the farther end of its interval
verdict     Wilcoxon signed-rank, Holm over all rows; same: inside 3 %
50 %, 90 %  when that share of the peak is back for good
refill      CPU per call of a second build over the first, after tick
dead        resident pages without a live byte after the drain: held (trim
            gives them back) and stranded (it does not)
live waste  dead bytes in resident pages that hold a live byte
survivors   kept beside the law of a granule; pages: the least unit in which
            page truth explains all that stays after the trim; fit: the unit
            for which the law gives what is kept
asked       kept at the end of the regime against the rate of requests
costs       CPU that giving back takes while the program runs
one call    instructions of build and drain over their calls; range: between
            the repetitions
where       phase of the longest call (rise#2: the second of that name), and
            the number of the call within it
per GiB     system calls per GiB that the program asked for
PSS         what all processes of a workload that forks hold: a page that n
            of them share counts 1/n in each
program     RSS of all processes of a command: the greatest sum, and what is
            left at the end of the phase `dropped`, which the command marks
noise       time: 1.4826 x median absolute deviation of the reference's runs;
            memory: greatest difference between runs of equal seed
Figures are medians over the repetitions; with half of their range where it
is above 1 MiB and 1 %. - is unknown. * see the note below the table.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = LEGEND
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE",
                        help="results that `giveback run` wrote")
    parser.add_argument("--width", type=width, metavar="N",
                        help="columns to fill (default: the terminal's, at "
                             f"least {LEAST_WIDTH}; {LEAST_WIDTH} in a pipe)")
    parser.add_argument("--reference", metavar="NAME",
                        help="allocator to compare with (default: system "
                             "where the run has it, else the run's first)")


def width(text: str) -> int:
    """Of --width, as typed."""
    columns = int(text)
    if columns < LEAST_WIDTH:
        raise argparse.ArgumentTypeError(
            f"{columns} columns are too few, give at least {LEAST_WIDTH}")
    return columns


def run(arguments: argparse.Namespace) -> int:
    """Prints the tables; returns 0. Raises ResultsError."""
    found = results.read(arguments.files)
    for warning in found.warnings:
        print(f"giveback show: {words.clean(warning)}", file=sys.stderr)
    look = look_for(sys.stdout, arguments.width)
    for line in text(found, look, arguments.reference):
        print(line)
    return 0


def text(found: Results, look: Look, reference: str | None) -> list[str]:
    """Everything that is shown, line by line."""
    lines: list[str] = []
    for run_line in found.runs.values():
        cells = found.cells_of(run_line)
        _check_reference(run_line, cells, reference)
        if lines:
            lines.append("")
        lines += _run(run_line, cells, look, reference)
    return lines


def _check_reference(run_line: RunLine, cells: Sequence[Cell],
                     reference: str | None) -> None:
    names = summary.allocator_names(run_line, cells)
    if reference is not None and reference not in names:
        raise ResultsError(
            f"--reference {reference}: run {run_line.id} has no such "
            f"allocator: did you mean {nearest(reference, names)}?")


def _run(run_line: RunLine, cells: Sequence[Cell], look: Look,
         reference: str | None) -> list[str]:
    lines = _flow([f"giveback {words.clean(run_line.giveback)}",
                   f"run {words.clean(run_line.id)}",
                   f"seed {run_line.seed}"], look)
    lines += _flow(["host: " + _host(run_line.host)], look)
    for caveat in caveats.of_run(run_line, cells):
        lines += look.wrap(caveat)
    for section in summary.sections(run_line, cells, reference):
        lines += ["", *_section(section, look)]
    lines += process_tables.tables(run_line, cells, look)
    lines += program_tables.tables(run_line, cells, look, reference)
    lines += instruction_tables.tables(run_line, cells, look, reference)
    lines += micro_tables.tables(run_line, cells, look)
    lines += sweep_tables.tables(run_line, cells, look)
    lines += call_tables.tables(run_line, cells, look)
    lines += ["", _outcomes(cells)]
    command = shlex.join(words.clean(part) for part in run_line.command)
    return lines + look.wrap(f"command: {command}")


def _host(host: Host) -> str:
    parts = [
        host.cpu,
        None if host.cores is None else words.count(host.cores, "core"),
        None if host.memory_bytes is None
        else f"{words.decimal(host.memory_bytes / 2**30)} GiB",
        None if host.kernel is None else f"Linux {host.kernel}",
        host.libc,
        None if host.thp is None else f"THP {host.thp}",
        host.virtualization,
    ]
    return ", ".join(words.clean(part) for part in parts if part)


def _outcomes(cells: Sequence[Cell]) -> str:
    counts = summary.outcome_counts(cells)
    parts = [f"{counts[outcome]} {outcome.replace('_', ' ')}"
             for outcome in OUTCOMES if counts[outcome]]
    total = words.count(len(cells), "cell")
    return f"{total}: {', '.join(parts)}" if parts else total


def _section(section: Section, look: Look) -> list[str]:
    reference = words.clean(section.reference, words.NAME_LIMIT)
    lines = _flow([words.clean(section.workload, words.NAME_LIMIT),
                   words.parameters(section.parameters), f"ref {reference}",
                   notes.noise(section, look.plus_minus),
                   notes.against_itself(section)], look)
    lines += _kept_table(section, look)
    lines += _times_table(section, look)
    lines += _pages_table(section, look)
    lines.append("")
    for answer in answers.sentences(section, look):
        lines += look.wrap(answer)
    for note in notes.notes(section):
        lines += look.wrap(note)
    return lines[:-1] if not lines[-1] else lines


# ---- the three tables -----------------------------------------------------

def kept_columns(section: Section) -> list[Column]:
    kept = f"kept at {words.seconds(section.delay_ns)}, MiB"
    return [Column(("peak", "MiB")),
            *(Column((words.clean(regime, words.NAME_LIMIT),), group=kept)
              for regime in section.regimes),
            Column(("trim",), group=kept),
            Column(("CPU ns", "alloc +", "release")),
            Column(("vs ref",), left=True),
            Column(("verdict",), left=True)]


def kept_line(row: Row, section: Section, look: Look) -> Line:
    """A row under these columns; one without figures says why."""
    if not row.is_ok:
        return Line(answers.name(row), words=notes.failure_words(row),
                    colour=table.YELLOW)
    ratio, verdict = UNKNOWN, UNKNOWN
    if row.comparison is not None:
        ratio, verdict = look.ratio(row.comparison), row.comparison.verdict
    elif row.allocator == section.reference and row.cost_ns is not None:
        ratio, verdict = "1.00", "reference"
    cost = UNKNOWN if row.cost_ns is None \
        else words.decimal(row.cost_ns.median)
    sizes = [row.peak, *(row.kept[regime] for regime in section.regimes),
             row.trimmed]
    return Line(_name(row, section),
                (*(_size(size, look) for size in sizes), cost, ratio,
                 verdict), colour=COLOURS.get(verdict, ""))


def _kept_table(section: Section, look: Look) -> list[str]:
    lines = [kept_line(row, section, look) for row in section.rows]
    return table.render("allocator", kept_columns(section), lines, look.width,
                        look.coloured)


def _times_table(section: Section, look: Look) -> list[str]:
    columns = [Column((share,), group=words.clean(regime, words.NAME_LIMIT))
               for regime in section.regimes for share in ("50 %", "90 %")]
    columns.append(Column(("refill", "CPU")))
    lines = []
    for row in _ok_rows(section):
        times = [words.interval(when) for regime in section.regimes
                 for when in row.release[regime]]
        refill = UNKNOWN if row.refill_ratio is None \
            else words.ratio(row.refill_ratio.median)
        lines.append(Line(_name(row, section), (*times, refill)))
    return _optional_table("when it comes back", columns, lines, look)


def _pages_table(section: Section, look: Look) -> list[str]:
    group = "pages after the drain, MiB"
    columns = [Column((title,), group=group)
               for title in ("dead", "held", "stranded", "live waste")]
    lines = [Line(_name(row, section),
                  tuple(_size(size, look) for size in
                        (row.dead, row.held, row.stranded, row.waste)))
             for row in _ok_rows(section)]
    return _optional_table("which pages stay", columns, lines, look)


def _optional_table(title: str, columns: Sequence[Column],
                    lines: Sequence[Line], look: Look) -> list[str]:
    """Nothing where no figure is known."""
    if all(figure == UNKNOWN for line in lines for figure in line.figures):
        return []
    return ["", *table.render(title, columns, lines, look.width,
                              look.coloured)]


def _ok_rows(section: Section) -> list[Row]:
    return [row for row in section.rows if row.is_ok]


def _name(row: Row, section: Section) -> str:
    mark = notes.MARK if notes.is_marked(row, section.run) else ""
    return answers.name(row) + mark


def _size(figure: Figure | None, look: Look) -> str:
    if figure is None:
        return UNKNOWN
    size = words.mib(figure.median)
    if figure.half_range is None:
        return size
    return f"{size}{look.plus_minus}{words.mib(figure.half_range)}"


def _flow(pieces: Sequence[str], look: Look) -> list[str]:
    """Pieces side by side, two spaces apart, as many as fit a line."""
    lines = [""]
    for piece in filter(None, pieces):
        joined = f"{lines[-1]}  {piece}" if lines[-1] else piece
        if words.display_width(joined) <= look.width:
            lines[-1] = joined
        else:
            wrapped = textwrap.wrap(piece, look.width - 2,
                                    break_on_hyphens=False)
            lines += ["  " + row for row in wrapped]
    return [line for line in lines if line]

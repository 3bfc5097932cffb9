"""The tables of `giveback show` that the kinds `stalls` and `traffic` fill:
how slow single calls are, and what the kernel is asked for.

Each stands below the sections, and only where a file holds such cells.
"""

from collections.abc import Callable, Sequence

from . import stalls, table, traffic, words
from .answers import label
from .look import Look
from .notes import MARK, ended, incomplete
from .rows import Cell, RunLine, SlowCall
from .stalls import CLASSES, CallClass, Times
from .statistics import median
from .summary import allocator_names
from .table import Column, Line
from .words import UNKNOWN

NOT_COVERED = ("threads that the library had started before are not in the "
               "count")


def tables(run: RunLine, cells: Sequence[Cell], look: Look) -> list[str]:
    """All of them, each behind an empty line."""
    lines: list[str] = []
    groups: dict[tuple, list[Cell]] = {}
    for cell in cells:
        if cell.kind in ("stalls", "traffic"):
            groups.setdefault((cell.workload, cell.parameter_key),
                              []).append(cell)
    for group in groups.values():
        for make in (_stalls, _traffic):
            lines += make(run, group, look)
    return lines


def _of_kind(run: RunLine, cells: Sequence[Cell], kind: str
             ) -> list[tuple[str, list[Cell]]]:
    """(name as shown, cells) of each allocator with cells of that kind."""
    entries = {entry.allocator: entry for entry in run.allocators}
    found = []
    for name in allocator_names(run, cells):
        own = [cell for cell in cells
               if cell.allocator == name and cell.kind == kind]
        if own:
            found.append((label(name, entries.get(name)), own))
    return found


def _heading(title: str, cells: Sequence[Cell], look: Look) -> list[str]:
    first = cells[0]
    parts = (title, words.clean(first.workload, words.NAME_LIMIT),
             words.parameters(first.parameters))
    return ["", *look.wrap("  ".join(filter(None, parts)))]


def _line(name: str, cells: Sequence[Cell],
          figures: Callable[[list[Cell]], tuple[str, ...]]) -> Line:
    """Figures of the cells that ended well; words where none did."""
    well = [cell for cell in cells if cell.outcome == "ok"]
    if not well:
        return Line(name, words=ended(cells[0].outcome, cells[0].reason),
                    colour=table.YELLOW)
    return Line(name, figures(well))


# ---- single calls ---------------------------------------------------------

def _stalls(run: RunLine, cells: Sequence[Cell], look: Look) -> list[str]:
    rows = _of_kind(run, cells, "stalls")
    if not rows:
        return []
    lines = _heading("single calls", cells, look)
    for call_class in ("alloc", "release"):
        lines += [*_times_table(call_class, rows, look), ""]
    for name, of_one in rows:
        alike = [cell for cell in cells if cell.kind == "traffic"
                 and cell.allocator == of_one[0].allocator]
        for sentence in _longest(name, of_one, alike):
            lines += look.wrap(sentence)
    clocks = [cell.stalls.clock_ns for _, of_one in rows for cell in of_one
              if cell.stalls is not None]
    if clocks:
        lines += look.wrap(f"A time includes one reading of the clock, "
                           f"{words.decimal(median(clocks), 0)} ns.")
    for note in incomplete(rows):
        lines += look.wrap(note)
    return lines


def _times_table(call_class: CallClass,
                 rows: Sequence[tuple[str, list[Cell]]],
                 look: Look) -> list[str]:
    group = f"{call_class}: calls per million"
    columns = [Column(("> 1 us",), group=group),
               Column(("> 10 us",), group=group),
               Column(("> 100 us",), group=group),
               Column(("p99.99",)), Column(("longest",)),
               Column(("where",), left=True)]
    return table.render(
        "allocator", columns,
        [_line(name, cells, lambda well: _times_figures(
            stalls.times(well, call_class))) for name, cells in rows],
        look.width, look.coloured)


def _times_figures(found: Times) -> tuple[str, ...]:
    slowest = found.longest[0] if found.longest else None
    return (*(rate_words(stalls.per_million(count, found)) for count in
              (found.above_1us, found.above_10us, found.above_100us)),
            duration_words(stalls.percentile_ns(found)),
            duration_words(slowest and slowest.duration_ns),
            UNKNOWN if slowest is None else where_words(slowest))


def rate_words(value: float | None) -> str:
    """Whole from a hundred on; what is above zero stays so."""
    if value is None:
        return UNKNOWN
    if 0 < value < 0.1:
        return "< 0.1"
    return f"{value:,.0f}" if value >= 99.95 or value == 0 \
        else words.decimal(value)


def duration_words(time_ns: int | None) -> str:
    if time_ns is None:
        return UNKNOWN
    return f"{time_ns} ns" if time_ns < 1000 else words.seconds(time_ns)


def where_words(slow: SlowCall) -> str:
    """"rise#2 17": the phase, the second of its name, and the number of the
    call within it."""
    phase = words.clean(slow.phase or UNKNOWN, words.NAME_LIMIT)
    number = f"#{slow.phase_number}" if (slow.phase_number or 1) > 1 else ""
    return f"{phase}{number} {slow.position:,}"


def _longest(name: str, cells: Sequence[Cell],
             alike: Sequence[Cell]) -> list[str]:
    """A sentence for the longest call of each class; `alike` are traffic
    cells of the same allocator and workload."""
    sentences = []
    for call_class in CLASSES:
        found = stalls.times(cells, call_class).longest
        if found:
            told = longest_words(call_class, found[0], alike)
            sentences.append(f"{name}: {told}")
    return sentences


def longest_words(call_class: str, slow: SlowCall,
                  alike: Sequence[Cell]) -> str:
    """A sentence: how long it took, where, and what coincided."""
    return (f"the longest {call_class} took "
            f"{duration_words(slow.duration_ns)}, at {where_words(slow)}: "
            f"{_coincided(slow)}{_kernel_calls(slow, alike)}.")


def _coincided(slow: SlowCall) -> str:
    spent, window = stalls.spent(slow), slow.window
    faults = window.minor_faults + window.major_faults
    happened = [words.count(faults, "page fault"),
                words.count(window.involuntary_switches, "preemption")]
    if window.major_faults:
        happened.append(f"{window.major_faults:,} of the faults from disk")
    if window.voluntary_switches:
        happened.append(words.count(window.voluntary_switches, "wait"))
    if window.calls > 1:
        happened.append(f"counted over the {window.calls:,} calls up to it")
    if spent is None:
        return f"what it did cannot be told ({', '.join(happened)})"
    shares = f"{100 * spent.cpu:.0f} % CPU"
    if spent.kernel is not None:
        shares += f", {100 * spent.kernel:.0f} % in the kernel"
    return f"{spent.mostly} ({', '.join([shares, *happened])})"


def _kernel_calls(slow: SlowCall, alike: Sequence[Cell]) -> str:
    made = traffic.of_phase(alike, slow.phase or "")
    if not made:
        return ""
    parts = [f"{calls.calls:,} {name} of {words.size(calls.bytes)}"
             for name, calls in made.items()]
    return (f"; a traffic cell made {', '.join(parts)} in all of "
            f"{words.clean(slow.phase or '', words.NAME_LIMIT)}")


# ---- kernel traffic -------------------------------------------------------

def _traffic(run: RunLine, cells: Sequence[Cell], look: Look) -> list[str]:
    rows = _of_kind(run, cells, "traffic")
    if not rows:
        return []
    names = [name for name in traffic.NAMES
             if any((total := traffic.total(cell, name)) and total.calls
                    for _, own in rows for cell in own)]
    partly = [name for name, own in rows
              if any(cell.covers_all_threads is False for cell in own)]
    lines = _heading("kernel traffic", cells, look)
    for part in (_calls_table, _bytes_table):
        lines += part([(name + MARK * (name in partly), own)
                       for name, own in rows], names, look)
    for note in [*(f"{MARK} {name}: {NOT_COVERED}" for name in partly),
                 *incomplete(rows)]:
        lines += look.wrap(note)
    return lines


def _calls_table(rows: Sequence[tuple[str, list[Cell]]],
                 names: Sequence[str], look: Look) -> list[str]:
    columns = [Column(("asked for", "MiB")),
               *(Column((name,), group="calls per GiB asked for")
                 for name in names)]
    return table.render(
        "allocator", columns,
        [_line(name, own, lambda well: (
            _middle(well, traffic.requested_bytes, words.mib),
            *(_middle(well, lambda cell, n=name: _per_gib(cell, n, "calls"),
                      rate_words) for name in names)))
         for name, own in rows], look.width, look.coloured)


def _bytes_table(rows: Sequence[tuple[str, list[Cell]]],
                 names: Sequence[str], look: Look) -> list[str]:
    well = [(name, own) for name, own in rows
            if any(cell.outcome == "ok" for cell in own)]
    if not well or not names:
        return []
    columns = [Column((name,), group="GiB per GiB asked for")
               for name in names]
    return ["", *table.render(
        "allocator", columns,
        [_line(name, own, lambda cells: tuple(
            _middle(cells, lambda cell, n=name: _per_gib(cell, n, "bytes"),
                    lambda size: words.decimal(size / traffic.GIB, 2))
            for name in names)) for name, own in well],
        look.width, look.coloured)]


def _per_gib(cell: Cell, name: str, what: str) -> float | None:
    rate = traffic.kernel_traffic(cell, name)
    return None if rate is None else getattr(rate, what)


def _middle(cells: Sequence[Cell], metric: Callable[[Cell], float | None],
            show: Callable[[float], str]) -> str:
    """The median over the repetitions."""
    known = [value for value in map(metric, cells) if value is not None]
    return show(median(known)) if known else UNKNOWN

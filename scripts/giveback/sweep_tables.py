"""The tables of `giveback show` that are made of several cells: what
survivors pin, how often a program must ask, what giving back costs.

Each stands below the sections, and only where a file holds what it needs.
"""

from collections.abc import Callable, Iterable, Sequence

from . import survivors, table, tax, wake, words
from .answers import label
from .look import Look
from .rows import AllocatorEntry, Cell, RunLine
from .statistics import median
from .survivors import Granule
from .table import Column, Line
from .words import UNKNOWN

# Repetitions that differ by more than this many points show their range.
SPREAD_POINTS = 1.0


def tables(run: RunLine, cells: Sequence[Cell], look: Look) -> list[str]:
    """All of them, each behind an empty line."""
    well = [cell for cell in cells if cell.outcome == "ok"]
    entries = {entry.allocator: entry for entry in run.allocators}
    lines: list[str] = []
    for made in (_law_tables(well, entries, look),
                 _wake_tables(run, well, entries, look),
                 _tax_tables(run, well, look)):
        for lines_of_one in made:
            lines += ["", *lines_of_one]
    return lines


def grouped(cells: Iterable[Cell],
            key: Callable[[Cell], tuple]) -> dict[tuple, list[Cell]]:
    groups: dict[tuple, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(key(cell), []).append(cell)
    return groups


def _title(title: str, workload: str, *details: str) -> str:
    named = words.clean(workload, words.NAME_LIMIT)
    return "  ".join((title, named, *filter(None, details)))


def _name(allocator: str, entries: dict[str, AllocatorEntry]) -> str:
    return label(allocator, entries.get(allocator))


# ---- the survivor law -----------------------------------------------------

def law_sweeps(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Silent memory cells of `survivors` that differ in `keep`, one list
    for each set of the other parameters."""
    silent = [cell for cell in cells
              if cell.workload == survivors.WORKLOAD
              and cell.kind == "memory" and cell.after == "silent"
              and isinstance(cell.parameters.get("keep"), int)]
    return [group for group in grouped(silent, _but_keep).values()
            if len({cell.parameters["keep"] for cell in group}) > 1]


def _law_tables(cells: Iterable[Cell], entries: dict[str, AllocatorEntry],
                look: Look) -> list[list[str]]:
    made = []
    for group in law_sweeps(cells):
        by_allocator = grouped(group, lambda cell: (cell.allocator,))
        lines = look.wrap(_title("what survivors pin", survivors.WORKLOAD,
                                 swept_parameters(group[0]), "after trim"))
        for (allocator,), of_one in by_allocator.items():
            lines += [*_law_table(_name(allocator, entries), of_one, look),
                      ""]
        made.append(lines[:-1])
    return made


def _but_keep(cell: Cell) -> tuple:
    return tuple(pair for pair in cell.parameter_key if pair[0] != "keep")


def swept_parameters(cell: Cell) -> str:
    """Those that a sweep of survivors has in common, in words."""
    return words.parameters(dict(_but_keep(cell)))


def _law_table(name: str, cells: Sequence[Cell], look: Look) -> list[str]:
    granules = survivors.recorded_granules(cells[0])
    law = "% kept by the law of units of ... KiB"
    columns = [Column(("kept", "%")),
               *(Column((_kib(granule),), group=law)
                 for granule in granules),
               Column(("pages",), group="unit, KiB"),
               Column(("fit",), group="unit, KiB")]
    lines = [_law_line(keep, group, cells, granules) for (keep,), group in
             sorted(grouped(cells, lambda c: (c.parameters["keep"],)).items())]
    return [*table.render(name, columns, lines, look.width, look.coloured),
            *look.wrap(_granule_sentence(cells))]


def _law_line(keep: int, group: Sequence[Cell], cells: Sequence[Cell],
              granules: Sequence[int]) -> Line:
    kept = _median(group, survivors.kept_share)
    law = [_median(group, lambda cell, g=granule: survivors.law_share(cell, g))
           for granule in granules]
    found = [granule for cell in group
             if (tables := survivors.tables_bytes(_alike(cell, cells)))
             is not None
             and (granule := survivors.cell_granule(cell, tables))]
    return Line(f"1 in {keep:,}",
                (*(_percent(share) for share in (kept, *law)),
                 granule_words(found, _kib),
                 _kib(_median(group, survivors.fitted_granule_bytes))))


def _alike(cell: Cell, cells: Iterable[Cell]) -> list[Cell]:
    """Cells of the same seed: they differ in the survivors alone."""
    return [other for other in cells if other.seed == cell.seed]


def _granule_sentence(cells: Sequence[Cell]) -> str:
    truth = release_granules(cells)
    fits = sorted(fit for cell in cells
                  if (fit := survivors.fitted_granule_bytes(cell)) is not None)
    fitted = "unknown by the fit"
    if fits:
        fitted = (f"{unit_words(median(fits))} by the fit "
                  f"({unit_words(fits[0])} to {unit_words(fits[-1])} in "
                  f"{words.count(len(fits), 'cell')} of {len(cells)})")
    return (f"Release granule: {granule_words(truth, unit_words)} by page "
            f"truth ({words.count(len(truth), 'seed')}), {fitted}.")


def release_granules(cells: Iterable[Cell]) -> list[Granule]:
    """The release granule of one allocator by page truth, for each seed
    that tells it."""
    return [granule for group in grouped(
        cells, lambda cell: (cell.seed,)).values()
        if (granule := survivors.release_granule(group)) is not None]


def granule_words(found: Iterable[Granule],
                  unit: Callable[[float], str]) -> str:
    """"256 KiB", "> 2 MiB", or both ends where repetitions differ."""
    ends = [f"> {unit(granule.above)}" if granule.up_to is None
            else unit(granule.up_to)
            for granule in sorted(set(found), key=lambda one: one.above)]
    return UNKNOWN if not ends else \
        ends[0] if len(ends) == 1 else f"{ends[0]} to {ends[-1]}"


def _kib(size_bytes: float | None) -> str:
    if size_bytes is None:
        return UNKNOWN
    value = size_bytes / 2**10
    return words.decimal(value, 0 if value >= 99.5 else 1).removesuffix(".0")


def unit_words(size_bytes: float | None) -> str:
    """"4 KiB", "4.1 KiB", "260 KiB", "1 MiB"."""
    if size_bytes is None:
        return UNKNOWN
    return f"{_kib(size_bytes)} KiB" if size_bytes < 2**20 \
        else f"{_kib(size_bytes / 2**10)} MiB"


def _percent(share: float | None) -> str:
    return UNKNOWN if share is None else words.decimal(100 * share)


def _median(cells: Iterable[Cell],
            metric: Callable[[Cell], float | None]) -> float | None:
    known = [value for value in map(metric, cells) if value is not None]
    return median(known) if known else None


# ---- the wake-rate --------------------------------------------------------

def wake_sweeps(cells: Iterable[Cell]) -> dict[tuple, list[Cell]]:
    """Memory cells that differ in the rate of their requests, by (workload,
    parameters, mix of the requests, regime without its rate)."""
    asking = [cell for cell in cells
              if cell.kind == "memory" and cell.requests_per_s is not None]
    return {key: group for key, group in grouped(asking, _but_rate).items()
            if len({cell.requests_per_s for cell in group}) > 1}


def _wake_tables(run: RunLine, cells: Iterable[Cell],
                 entries: dict[str, AllocatorEntry],
                 look: Look) -> list[list[str]]:
    made = []
    for key, group in wake_sweeps(cells).items():
        rates = sorted({cell.requests_per_s for cell in group})
        workload, parameters, mix, _ = key
        details = (words.parameters(dict(parameters)),
                   f"requests {words.clean(mix or UNKNOWN)}")
        columns = [*(Column((f"{rate:,}",),
                            group=f"% kept at {words.seconds(run.settle_ns)} "
                                  "under so many requests a second")
                     for rate in rates), Column(("below 10 %", "from"))]
        lines = [_wake_line(_name(allocator, entries), of_one, rates, run,
                            look)
                 for (allocator,), of_one in grouped(
                     group, lambda cell: (cell.allocator,)).items()]
        made.append([*look.wrap(_title("how often it must be asked", workload,
                                       *details)),
                     *table.render("allocator", columns, lines, look.width,
                                   look.coloured)])
    return made


def _but_rate(cell: Cell) -> tuple:
    regime = (cell.after or "").partition("+")[0]
    return cell.workload, cell.parameter_key, cell.request_mix, regime


def _wake_line(name: str, cells: Sequence[Cell], rates: Sequence[int],
               run: RunLine, look: Look) -> Line:
    points = wake.curve(cells, run.settle_ns, run.host.page_bytes)
    kept = {point.requests_per_s: _kept(point, look) for point in points}
    return Line(name, (*(kept.get(rate, UNKNOWN) for rate in rates),
                       least_words(points)))


def least_words(points: Sequence[wake.Point]) -> str:
    """"100/s": the least rate from which kept stays below 10 %."""
    least = wake.least_rate(points)
    return UNKNOWN if not points else \
        f"> {points[-1].requests_per_s:,}/s" if least is None \
        else f"{least:,}/s"


def _kept(point: wake.Point, look: Look) -> str:
    middle = words.decimal(point.kept_percent)
    half = (point.most_percent - point.least_percent) / 2
    return middle if half <= SPREAD_POINTS else \
        f"{middle}{look.plus_minus}{words.decimal(half, 0)}"


# ---- the return tax -------------------------------------------------------

def _tax_tables(run: RunLine, cells: Sequence[Cell],
                look: Look) -> list[list[str]]:
    pairs = tax.pairs(run)
    made = []
    for (workload, parameters), group in grouped(
            cells, lambda cell: (cell.workload, cell.parameter_key)).items():
        lines = [line for on, off in pairs
                 if (line := _tax_line(on, off, group, look))]
        if not lines:
            continue
        columns = [Column(("CPU s", "per GiB")), Column(("interval",)),
                   Column(("GiB", "back")), Column(("pairs",))]
        made.append([*look.wrap(_title("what giving back costs", workload,
                                       words.parameters(dict(parameters)))),
                     *table.render("allocator against", columns, lines,
                                   look.width, look.coloured)])
    return made


def _tax_line(on: AllocatorEntry, off: AllocatorEntry,
              cells: Sequence[Cell], look: Look) -> Line | None:
    """None where the file has not what it takes of both."""
    found = tax.return_tax(*([cell for cell in cells if cell.allocator
                              == entry.allocator] for entry in (on, off)))
    if found is None:
        return None
    name = (f"{label(on.allocator, on)} against "
            f"{words.clean(off.allocator, words.NAME_LIMIT)}")
    if found.cpu_s_per_gib is None:
        return Line(name, words="less than 10 % came back before the last "
                                "release")
    interval = UNKNOWN if found.low is None or found.high is None else \
        f"{words.decimal(found.low, 2)} to {words.decimal(found.high, 2)}"
    return Line(name, (words.decimal(found.cpu_s_per_gib, 2), interval,
                       words.decimal(found.returned_bytes / tax.GIB, 2),
                       str(found.pairs)))

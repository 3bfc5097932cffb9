"""Compares two sides: which allocators, on what ground, with what result."""

from collections.abc import Iterable, Sequence

from .. import words
from ..results import ResultsError
from . import figures, noise, pairing, sides
from .judge import Match, verdicts
from .sides import Place, Reading, Side, Source
from .tolerances import PRESET, Tolerances
from .verdicts import CellVerdict, Comparison, Failure

# Live bytes that differ by more mean that other work was done.
SAME_WORK = 0.01

# What moves memory and times and is no allocator's: fields of a run's host.
HOST_FACTS = (("kernel", "kernel"), ("libc", "libc"),
              ("page_bytes", "page size"), ("thp", "huge pages"))


def compare(base: Source, head: Source, tolerances: Tolerances = PRESET,
            metrics: tuple[str, ...] | None = None,
            kinds: Sequence[str] = figures.KINDS,
            across_machines: bool = False,
            refuse_few: bool = True) -> Comparison:
    """Reads and compares. `metrics`: ids of figures.IDS, None: the preset
    ones. `refuse_few`: pairs too few for any verdict are an error, else
    unclear. Raises ResultsError where the two cannot be compared."""
    chosen = [row for row in figures.chosen(metrics) if row.kind in kinds]
    if not chosen:
        raise ResultsError(f"{', '.join(metrics or ())}: no figure of kind "
                           f"{' or '.join(kinds)}: leave out --kind")
    theirs = sides.read(base, chosen)
    # A file with both allocators is read once: a side holds all of them.
    ours = sides.chosen_from(theirs, head) if _is_same_file(base, head) \
        else sides.read(head, chosen)
    try:
        return of_sides(theirs, ours, tolerances, across_machines,
                        refuse_few)
    except ResultsError as error:
        # What was dropped may be why: the command line tells it before.
        for warning in dict.fromkeys([*theirs.warnings, *ours.warnings]):
            error.add_note(f"warning: {warning}")
        raise


def of_sides(base: Side, head: Side, tolerances: Tolerances = PRESET,
             across_machines: bool = False,
             refuse_few: bool = True) -> Comparison:
    """As compare, of what was read."""
    names = _names(base, head)
    _check_own_runs(base, head, names)
    _check_settle(base, head)
    _check_work(base, head)
    _check_requests(base, head)
    warnings = list(dict.fromkeys([*base.warnings, *head.warnings]))
    matches = [match for pair in names
               for match in _matches(base, head, *pair)]
    failures = _failures(base, head, names)
    if matches:
        matches = _on_machines(base, head, matches, across_machines,
                               _fails_anew(failures), warnings)
    matches = _counted_alike(base, head, matches, bool(failures),
                             warnings)
    unread = _unread(base, head, names, across_machines, warnings)
    if not matches and not failures and not unread:
        raise ResultsError(_nothing_in_common(base, head, names))
    if matches and not (failures or unread
                        or any(map(_is_shared, matches))):
        raise ResultsError(
            f"{base.source} and {head.source}: no cell of equal seed: "
            "measure both with the same --seed")
    missing = unread + _lacking(base, head, names, matches, across_machines,
                                warnings)
    warnings += _random_addresses(base, head, names)
    warnings += _other_hosts(base, head, matches)
    # What failed is why pairs are few, and is said already.
    judged = verdicts(matches, tolerances, refuse_few and not failures)
    warnings += _unpaired(base, head, judged)
    return Comparison(str(base.source), str(head.source), tuple(judged),
                      tuple(failures), tuple(warnings),
                      missing, noise.of_sides((base, head)))


# ---- who is compared with whom --------------------------------------------

def _names(base: Side, head: Side) -> list[tuple[str, str]]:
    """Pairs of allocators: those typed, else those that both files have,
    else the only one of each."""
    ours, theirs = head.source.allocator, base.source.allocator
    if ours is not None and theirs is not None:
        if ours == theirs and _is_same_file(base.source, head.source):
            raise ResultsError(f"{base.source}: compared with itself: name "
                               "another allocator for one side")
        return [(theirs, ours)]
    if _is_same_file(base.source, head.source):
        raise ResultsError(
            f"{base.source.path}: the same file twice: name two allocators "
            f"of {_listed(base.names)}, as FILE:NAME or with --base and "
            "--head")
    if ours is not None or theirs is not None:
        return [_one_typed(base, head)]
    both = [name for name in base.names if name in head.names]
    if both:
        return [(name, name) for name in both]
    if len(base.names) == len(head.names) == 1:
        return [(base.names[0], head.names[0])]
    raise ResultsError(
        f"{base.source.path} and {head.source.path}: no allocator is in both "
        f"({_listed(base.names)}; {_listed(head.names)}): name one of "
        "each, as FILE:NAME or with --base and --head")


def _absent(base: Side, head: Side,
            names: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Base's allocators that head does not have, where none was chosen."""
    if base.source.allocator is not None or head.source.allocator is not None:
        return []
    compared = {theirs for theirs, _ in names}
    return [(name, name) for name in base.names if name not in compared]


def _one_typed(base: Side, head: Side) -> tuple[str, str]:
    """The other side has the same name, or one allocator only."""
    typed = base.source.allocator or head.source.allocator
    assert typed is not None
    other = head if base.source.allocator is not None else base
    names = other.names
    if typed in names:
        return typed, typed
    if len(names) != 1:
        raise ResultsError(
            f"{other.source.path}: has no allocator {typed}: name one of "
            f"{_listed(names)}")
    return (typed, names[0]) if other is head else (names[0], typed)


def _is_same_file(base: Source, head: Source) -> bool:
    try:
        return base.path.samefile(head.path)
    except OSError:
        return False


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _matches(base: Side, head: Side, base_name: str,
             head_name: str) -> list[Match]:
    theirs, ours = base.readings[base_name], head.readings[head_name]
    return [Match(place, base_name, head_name, theirs[place], ours[place])
            for place in theirs if place in ours]


def _is_shared(match: Match) -> bool:
    """Whether it can be compared: exact figures need an equal seed."""
    return not match.is_exact or bool(_seeds(match.base)
                                      & _seeds(match.head))


def _lacks_seeds(match: Match) -> bool:
    """Whether head has some of base's seeds and not all. Without any it is
    judged unclear."""
    return match.is_exact and _is_shared(match) \
        and not _seeds(match.base) <= _seeds(match.head)


def _seeds(readings: Iterable[Reading]) -> set[int]:
    return {reading.seed for reading in readings}


# ---- whether they can be compared -----------------------------------------

def _check_own_runs(base: Side, head: Side,
                    names: Sequence[tuple[str, str]]) -> None:
    shared = [run for run in base.runs if run in head.runs]
    for theirs, ours in names:
        if shared and theirs == ours:
            raise ResultsError(
                f"{base.places[shared[0]]} and {head.places[shared[0]]}: run "
                f"{shared[0]} is in both files: {ours} would be compared "
                "with itself: name another allocator, or give another run")


def _check_settle(base: Side, head: Side) -> None:
    found = base.settle_ns | head.settle_ns
    if len(found) > 1:
        told = " and ".join(f"{words.seconds(span)} ({place})"
                            for span, place in found.items())
        raise ResultsError(f"regimes lasted {told}: what is kept after "
                           "different times cannot be compared: measure both "
                           "with the same --settle")


def _check_work(base: Side, head: Side) -> None:
    for key in base.live_bytes.keys() & head.live_bytes.keys():
        theirs, ours = base.live_bytes[key], head.live_bytes[key]
        if abs(ours - theirs) > SAME_WORK * theirs:
            raise ResultsError(
                f"{head.source.path}: {key[0]} holds {ours:,} live bytes "
                f"with seed {key[2]}, in {base.source.path} {theirs:,}: they "
                "did different work: measure both with one giveback")


def _check_requests(base: Side, head: Side) -> None:
    for key in base.request_hashes.keys() & head.request_hashes.keys():
        if base.request_hashes[key] != head.request_hashes[key]:
            raise ResultsError(
                f"{head.source.path}: {key[0]} asks for something else with "
                f"seed {key[2]} than in {base.source.path}: the hashes of "
                "their requests differ: measure both with one giveback")


def _on_machines(base: Side, head: Side, matches: list[Match],
                 across: bool, fails_anew: bool,
                 warnings: list[str]) -> list[Match]:
    """Between machines only counts that code alone decides are compared; on
    request memory too, never times. An error where nothing is left, not
    even a failure of head's to tell. Runs of which none tells its machine are taken
    for one's, with a warning."""
    found = sides.ran_on((base, head))
    places = " and ".join(
        place if machine is not None else f"{place} (which tells none)"
        for machine, place in list(found.items())[:2])
    if len(found) < 2:
        if None in found and len(base.runs | head.runs) > 1:
            warnings.append(f"{places}: no run tells its machine: they are "
                            "compared as runs of one")
        return matches
    kept = [match for match in matches
            if _crosses(match.place, match.base, across)
            or _crosses_counting(match.place, base)]
    if not kept and not fails_anew:
        raise ResultsError(
            f"{places}: runs of two machines: nothing in them can be "
            "compared: measure both on one machine, or give "
            "--across-machines to compare memory")
    warnings.append(
        f"{places}: runs of two machines: "
        + ("memory is compared, although kernel, libc and huge pages may "
           "differ; times are not" if across else
           "only counts that nothing but code decides are compared; "
           "--across-machines compares memory too"))
    return kept


def _counted_alike(base: Side, head: Side, matches: list[Match],
                   has_failures: bool, warnings: list[str]) -> list[Match]:
    """Without instructions where those of the two sides were counted under
    conditions that change them: a new compiler is no regression. An error
    where nothing else is left, not even a failure to tell."""
    theirs, ours = set(base.counting), set(head.counting)
    kept = [match for match in matches
            if match.place.measured.kind != "instructions"]
    if theirs == ours and len(ours) == 1 or len(kept) == len(matches):
        return matches
    said = (f"instructions are not compared: {base.source} counted them "
            f"under {_conditions(theirs)}, {head.source} under "
            f"{_conditions(ours)}")
    if not kept and not has_failures:
        raise ResultsError(f"{said}: measure both with one build on one "
                           "machine")
    warnings.append(said)
    return kept


def _conditions(counting: Iterable[str | None]) -> str:
    return " and ".join(words.clean(one) if one else "unknown conditions"
                        for one in counting)


def _nothing_in_common(base: Side, head: Side,
                       names: Sequence[tuple[str, str]]) -> str:
    cells = [", ".join(dict.fromkeys(
        place.workload for pair in names
        for place in side.readings[pair[index]])) or "none"
        for index, side in enumerate((base, head))]
    return (f"{base.source} and {head.source}: no cell is in both (workloads "
            f"{cells[0]}; {cells[1]}), with the same parameters: measure "
            "both with the same -w and --kind")


def _failures(base: Side, head: Side,
              names: Sequence[tuple[str, str]]) -> list[Failure]:
    """Of head also what base could do and head does not support."""
    found: list[Failure] = []
    for theirs, ours in names:
        expected = base.ended_well.get(theirs, set())
        found += sides.failures(base, theirs, "base")
        found += sides.failures(head, ours, "head", expected)
    return found


def _fails_anew(failures: Sequence[Failure]) -> bool:
    """Whether cells of head failed that did not fail in base."""
    def cell(failure: Failure) -> tuple[object, ...]:
        return (failure.workload, tuple(failure.parameters.items()),
                failure.kind, failure.after)
    theirs = {cell(failure) for failure in failures if failure.side == "base"}
    return any(failure.side == "head" and cell(failure) not in theirs
               for failure in failures)


def _are_two_machines(base: Side, head: Side) -> bool:
    """Also where one run tells its machine and another does not: unknown is
    not the same."""
    return len(sides.ran_on((base, head))) > 1


def _lacking(base: Side, head: Side, names: Sequence[tuple[str, str]],
             matches: Sequence[Match], across: bool,
             warnings: list[str]) -> int:
    """Warns of figures, and of seeds of them, that base has and head has
    not, and says how many figures that concerns."""
    absent = _absent(base, head, names)
    left_out = _missing(base, head, absent, across)
    if left_out:
        warnings.append(f"{head.source}: lacks {len(left_out)} figures of "
                        f"{_listed(name for name, _ in absent)}, which "
                        f"{base.source} has: measure them too, or name one "
                        "allocator of each")
    missing = _missing(base, head, names, across)
    if missing:
        workloads = dict.fromkeys(place.workload for place in missing)
        warnings.append(f"{head.source}: lacks {len(missing)} figures that "
                        f"{base.source} has, of {_listed(workloads)}: "
                        "measure them too")
    fewer = [match.place for match in matches if _lacks_seeds(match)]
    if fewer:
        workloads = dict.fromkeys(place.workload for place in fewer)
        warnings.append(f"{head.source}: lacks seeds that {base.source} has "
                        f"of {len(fewer)} figures, of {_listed(workloads)}: "
                        "measure both with the same --repetitions")
    return len(left_out) + len(missing) + len(fewer)


def _missing(base: Side, head: Side, names: Sequence[tuple[str, str]],
             across: bool) -> list[Place]:
    """What base has and head has not, of what could be compared."""
    two_machines = _are_two_machines(base, head)
    return [place for theirs, ours in names
            for place, readings in base.readings[theirs].items()
            if place not in head.readings.get(ours, ())
            and place not in head.unread.get(ours, ())
            and (not two_machines or _crosses(place, readings, across)
                 or _crosses_counting(place, base))]


def _unread(base: Side, head: Side, names: Sequence[tuple[str, str]],
            across: bool, warnings: list[str]) -> int:
    """Warns of figures over all processes that a side could not read, and
    says how many of what base measured are not compared for it."""
    two_machines = _are_two_machines(base, head)
    count = 0
    for theirs, ours in names:
        for side, name in ((base, theirs), (head, ours)):
            workloads = dict.fromkeys(sorted(
                place.workload for place in side.unread.get(name, ())))
            warnings += [
                f"{side.source.path}: {name}: {workload} forks, and PSS of "
                "all its processes could not be read on this host: what "
                "lacks it is not compared" for workload in workloads]
        known, hidden = base.readings[theirs], base.unread.get(theirs, set())
        count += sum(place not in known or place not in head.readings[ours]
                     for place in hidden | (head.unread.get(ours, set())
                                            & known.keys())
                     if not two_machines or _crosses(place, (), across))
    return count


def _crosses(place: Place, readings: Sequence[Reading],
             across: bool) -> bool:
    """Whether a figure may be compared between machines: code alone decides
    it, or it is memory and that was asked for."""
    threaded = any(reading.threaded for reading in readings)
    return (place.measured.counted and not threaded) \
        or (across and place.measured.kind == "memory")


def _crosses_counting(place: Place, base: Side) -> bool:
    """Whether it is told what the instructions depend on, so that
    _counted_alike can judge."""
    return place.measured.kind == "instructions" \
        and None not in base.counting


def _random_addresses(base: Side, head: Side,
                      names: Sequence[tuple[str, str]]) -> list[str]:
    found = any(theirs in base.random_addresses
                or ours in head.random_addresses for theirs, ours in names)
    return ["memory was measured with random addresses: exact figures may "
            "move within their tolerance"] if found else []


def _other_hosts(base: Side, head: Side,
                 matches: Sequence[Match]) -> list[str]:
    """What the hosts of both sides differ in, where a figure that depends
    on it is compared. One machine may have another kernel later."""
    if all(match.place.measured.counted
           or match.place.measured.kind == "instructions"
           for match in matches):
        return []
    found = []
    for field, title in HOST_FACTS:
        theirs, ours = (dict.fromkeys(
            words.clean(str(getattr(run.host, field) or "unknown"))
            for run in side.runs.values()) for side in (base, head))
        if theirs.keys() != ours.keys():
            found.append(f"{title}: {_listed(theirs)} for {base.source}, "
                         f"{_listed(ours)} for {head.source}: what changed "
                         "may be due to that: measure both on one host")
    return found


def _unpaired(base: Side, head: Side,
              judged: Sequence[CellVerdict]) -> list[str]:
    """That samples do not pair, and how much weaker that is."""
    kinds = {"times" if verdict.scale == "ratio" else "memory of threads"
             for verdict in judged if not verdict.paired}
    if not kinds:
        return []
    what = " and ".join(sorted(kinds, reverse=True))
    sentence = (f"{what} are of two runs and do not pair: the test is Mann "
                "and Whitney's, and what changed on the machine between the "
                "runs looks like a change of the allocator; they decide no "
                "exit code. ")
    shares = [share for side in (base, head)
              if (share := pairing.share_left_by_pairing(side)) is not None]
    if not shares:
        weaker = ("How much pairs would gain is unknown: neither file has "
                  f"two allocators in {pairing.LEAST_BLOCKS} blocks. ")
    elif max(shares) >= 1:
        weaker = "Noise was not shared within blocks: pairs gain nothing. "
    else:
        weaker = ("Blocks of these files share noise: pairs of one run would "
                  f"need {100 * max(shares):.0f} % of the runs for as narrow "
                  "an interval. ")
    return [sentence + weaker + "Measure both in one run: giveback run -a "
            "base=...,head=..., or giveback ci"]

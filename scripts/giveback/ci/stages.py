"""Two stages: everything once, then what looked different again.

The first stage flags; the second measures the flagged cells alone, with
fresh pairs and seeds, and only what it says counts. So a difference that
chance made must be made twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import program, words
from ..comparison import compare
from ..comparison.sides import Source
from ..comparison.tolerances import Tolerances
from ..comparison.verdicts import CellVerdict, Comparison
from ..statistics import ALPHA, minimum_pairs
from .builds import BASE, HEAD

# Fresh seeds lie far from those of the first stage (seed + repetition).
FRESH_SEEDS = 100_000


@dataclass(frozen=True, slots=True)
class Plan:
    """`allocators`, `workloads` and `regimes` are words of `giveback run`;
    the rest are its numbers."""

    folder: Path
    allocators: Sequence[str]
    workloads: Sequence[str]
    regimes: Sequence[str]
    kinds: tuple[str, ...]
    seed: int
    pairs: int
    fresh_pairs: int
    repetitions: int
    tolerances: Tolerances

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"


Cell = tuple[str, tuple[tuple[str, int | str], ...]]


def first(plan: Plan) -> Comparison:
    """Measures and compares everything. Raises ResultsError."""
    program.measure(plan.file("first"), [
        *plan.allocators, *plan.workloads, *plan.regimes,
        "--kind", ",".join(plan.kinds), "--seed", str(plan.seed),
        "--pairs", str(plan.pairs), "--repetitions", str(plan.repetitions)])
    return _compare(plan, plan.file("first"), plan.kinds, "--pairs")


def is_flagged(verdict: CellVerdict) -> bool:
    """Memory that changed or whose repetitions disagree, and a time whose
    test would reject if it were the only one."""
    if verdict.word == "same":
        return False
    return _kind(verdict) == "memory" \
        or (verdict.p is not None and verdict.p <= ALPHA)


def second(plan: Plan, found: Comparison) -> Comparison:
    """Measures the flagged cells again; their verdicts replace the first
    ones. Raises ResultsError."""
    flagged = [verdict for verdict in found.verdicts if is_flagged(verdict)]
    return merged(found, [
        _again(plan, kind, cells, flagged) for kind in plan.kinds
        if (cells := _cells(verdict for verdict in flagged
                            if _kind(verdict) == kind))])


def merged(found: Comparison, again: Sequence[Comparison]) -> Comparison:
    """The first stage with what the second says of flagged figures."""
    fresh = {key(verdict): verdict
             for part in again for verdict in part.verdicts}
    verdicts = [_settled(verdict, fresh.get(key(verdict)))
                if is_flagged(verdict) else verdict
                for verdict in found.verdicts]
    failures = [failure for part in (found, *again)
                for failure in part.failures]
    warnings = dict.fromkeys(warning for part in (found, *again)
                             for warning in part.warnings)
    # What counts is of the fresh blocks, and so is its noise.
    noise = {(said.metric, said.point, said.workload, said.parameters): said
             for part in (found, *again) for said in part.noise}
    return replace(found, verdicts=tuple(verdicts), failures=tuple(failures),
                   warnings=tuple(warnings), noise=tuple(noise.values()))


def _kind(verdict: CellVerdict) -> str:
    return "timing" if verdict.unit == "CPU ns" else "memory"


def _cells(flagged: Iterable[CellVerdict]) -> list[Cell]:
    return list(dict.fromkeys((verdict.workload, tuple(sorted(
        verdict.parameters.items()))) for verdict in flagged))


def _again(plan: Plan, kind: str, cells: Sequence[Cell],
           flagged: Sequence[CellVerdict]) -> Comparison:
    # An exact figure says as much with a few seeds; one that proved to be a
    # sample needs as many pairs as times do.
    sampled = any(verdict.measure == "sampled" for verdict in flagged
                  if _kind(verdict) == kind)
    count = plan.fresh_pairs if sampled else plan.repetitions
    output = plan.file(f"fresh-{kind}")
    program.measure(output, [
        *plan.allocators, *workload_words(cells), *plan.regimes,
        "--kind", kind, "--seed", str(plan.seed + FRESH_SEEDS),
        "--pairs", str(plan.fresh_pairs), "--repetitions", str(count)])
    return _compare(plan, output, (kind,), "--fresh-pairs")


def workload_words(cells: Iterable[Cell]) -> list[str]:
    """Each with every parameter, as `giveback run -w` takes it."""
    return [word for workload, parameters in cells
            for word in ("-w", workload + "".join(
                f"+{key}={value}" for key, value in parameters))]


def _compare(plan: Plan, path: Path, kinds: tuple[str, ...],
             option: str) -> Comparison:
    """What was measured is judged: too few pairs are unclear, and a warning
    names the `option` of more."""
    found = compare.compare(Source(path, BASE), Source(path, HEAD),
                            plan.tolerances, kinds=kinds, refuse_few=False)
    return replace(found, warnings=(
        *found.warnings, *_too_few(found.verdicts, option)))


def _too_few(verdicts: Sequence[CellVerdict], option: str) -> list[str]:
    times: dict[str, list[CellVerdict]] = {}
    for verdict in verdicts:
        if verdict.scale == "ratio" and verdict.pairs:
            times.setdefault(verdict.metric, []).append(verdict)
    return [f"{metric}: {most} pairs can never reject among "
            f"{words.count(len(group), 'cell')}: give {option} {least}"
            for metric, group in times.items()
            if (most := max(verdict.pairs for verdict in group))
            < (least := minimum_pairs(len(group)))]


def key(verdict: CellVerdict) -> tuple:
    """Which figure of which cell it is about."""
    return (verdict.metric, verdict.point,
            *_cells([verdict])[0])


def _settled(first_one: CellVerdict,
             fresh: CellVerdict | None) -> CellVerdict:
    """The fresh verdict; of an exact figure, which chance does not move,
    only where both agree."""
    if fresh is None:
        return replace(first_one, word="unclear",
                       note="flagged, and not measured again")
    if first_one.measure == "exact" and fresh.word != first_one.word:
        return replace(first_one, word="unclear", gates=True,
                       note=f"with {fresh.pairs} fresh seeds it is "
                            f"{fresh.word}")
    if fresh.word in ("worse", "better") and _turned(first_one, fresh):
        return _noted(replace(fresh, word="unclear"),
                      "with the first pairs it was the other way")
    what = "seeds" if fresh.measure == "exact" else "pairs"
    note = f"confirmed with {fresh.pairs} fresh {what}" \
        if fresh.word == first_one.word != "unclear" \
        else f"flagged; this is of {fresh.pairs} fresh {what}"
    return _noted(fresh, note)


def _noted(verdict: CellVerdict, note: str) -> CellVerdict:
    return replace(verdict, note=f"{verdict.note}; {note}" if verdict.note
                   else note)


def _turned(first_one: CellVerdict, fresh: CellVerdict) -> bool:
    """Whether the stages saw a time change in opposite directions: what is
    real is seen twice, chance turns round every second time. Memory is no
    matter of chance alone, and a median of zero has no direction."""
    return _kind(first_one) == "timing" and first_one.change is not None \
        and fresh.change is not None and first_one.change * fresh.change < 0

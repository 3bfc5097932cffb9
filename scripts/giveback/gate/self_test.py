"""Shows what the gate says of regressions that were planted.

One run holds the system's malloc twice, once with a leak of 1 % of the
blocks and once with 5 % more work. The leak must be caught. The work must be
caught or be called unclear with the pairs that it takes, never the same. The
second plain one must not be called worse.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .. import output, program
from ..comparison import compare
from ..comparison.sides import Source
from ..comparison.verdicts import CellVerdict, Comparison
from ..formats import phrases
from ..workspace import workspace

PLANTED, MISSED = 0, 1
PLAIN = "plain"

WORKLOAD = "fill_drain+objects=1000000"
PAIRS = 12


def leak_is_caught(verdicts: Sequence[CellVerdict]) -> bool:
    return any(verdict.word == "worse" and verdict.unit == "bytes"
               for verdict in verdicts)


def work_is_seen(verdicts: Sequence[CellVerdict]) -> bool:
    """Unclear with the pairs that it takes: unclear alone would hold for
    whatever was not compared."""
    costs = [verdict for verdict in verdicts if verdict.metric == "cost"]
    return bool(costs) and all(
        verdict.word == "worse"
        or (verdict.word == "unclear" and verdict.pairs_needed is not None)
        for verdict in costs)


def nothing_is_worse(verdicts: Sequence[CellVerdict]) -> bool:
    return bool(verdicts) and all(verdict.word != "worse"
                                  for verdict in verdicts)


@dataclass(frozen=True, slots=True)
class Control:
    alias: str
    address: str
    must: str
    holds: Callable[[Sequence[CellVerdict]], bool]


CONTROLS = (
    Control("leak", "planted:leak", "a leak of 1 % must be worse",
            leak_is_caught),
    Control("work", "planted:work",
            "5 % more work must be worse or unclear", work_is_seen),
    Control("again", "planted", "the same again must not be worse",
            nothing_is_worse),
)


def run(arguments: Sequence[str] = ()) -> int:
    """Measures, prints; 0 when every control holds, else 1. Raises
    ResultsError. `arguments`: more for `giveback run`."""
    allocators = ",".join([f"{PLAIN}=planted", *(
        f"{control.alias}={control.address}" for control in CONTROLS)])
    with workspace("self-test") as folder:
        path = folder / "self-test.jsonl"
        program.measure(path, ["-a", allocators, "-w", WORKLOAD, "--quick",
                                 "-p", str(PAIRS), *arguments])
        comparisons = [compare.compare(Source(path, PLAIN),
                                       Source(path, control.alias))
                       for control in CONTROLS]
    held = [_show(control, comparison) for control, comparison
            in zip(CONTROLS, comparisons, strict=True)]
    return PLANTED if all(held) else MISSED


def _show(control: Control, comparison: Comparison) -> bool:
    holds = control.holds(comparison.verdicts) and not comparison.failures
    output.tell(f"{control.must}: {'holds' if holds else 'DOES NOT HOLD'}")
    for failed in comparison.failures:
        output.tell(f"  {phrases.failure(failed)}")
    for verdict in comparison.verdicts:
        if verdict.word != "same":
            output.tell(f"  {phrases.sentence(verdict)}")
    if all(verdict.word == "same" for verdict in comparison.verdicts):
        output.tell(f"  {len(comparison.verdicts)} figures, all the same")
    return holds

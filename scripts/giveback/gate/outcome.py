"""What a comparison means for whoever asked: the exit code.

What is not measured is not green: a figure that base has and head lacks is
unclear, a cell of head that failed is a failure, whatever else is said.
"""

from ..comparison.verdicts import Comparison, counts_in_words

PASSED, FAILED, USAGE, REGRESSION, UNCLEAR = range(5)

MEANING = {
    PASSED: "no regression",
    FAILED: "cells failed",
    REGRESSION: "regression",
    UNCLEAR: "unclear",
}


def exit_code(comparison: Comparison) -> int:
    """0, 1 failed cells of head, 3 regression, 4 unclear; the first of 1, 3
    and 4 that holds. Verdicts that do not gate are left out."""
    if any(failed.side == "head" for failed in comparison.failures):
        return FAILED
    if comparison.with_word("worse", gating=True):
        return REGRESSION
    if comparison.with_word("unclear", gating=True) \
            or comparison.failures or comparison.missing:
        return UNCLEAR
    return PASSED


def sentence(comparison: Comparison) -> str:
    """"regression: 1 worse, 11 same (exit 3)"; "no regression: 1 worse, 3
    same, of which 1 advice only (exit 0)"."""
    code = exit_code(comparison)
    parts = [counts_in_words(comparison.verdicts)]
    if advice := sum(not verdict.gates for verdict in comparison.verdicts):
        parts.append(f"of which {advice} advice only")
    if comparison.failures:
        parts.append(f"{sum(f.count for f in comparison.failures)} failed")
    if comparison.missing:
        parts.append(f"{comparison.missing} missing")
    return f"{MEANING[code]}: {', '.join(parts)} (exit {code})"

"""What a host is good for, in one letter."""

from collections.abc import Sequence
from typing import Literal

from .findings import Finding

Grade = Literal["A", "B", "C", "D"]

PAIRS = 20
# The smallest effect on time with PAIRS pairs, at most.
LIMITS: tuple[tuple[Grade, float], ...] = (("A", 0.05), ("B", 0.10),
                                           ("C", 0.20))
RULE = (f"A, B, C: {PAIRS} pairs find an effect on time of 5, 10, 20 % with "
        "80 % power; D: only a greater one. At best C where a limit that "
        "concerns memory was found. At D verdicts on time are advice; those "
        "on memory stay hard.")


def of_host(found: Sequence[Finding], effect: float | None) -> Grade:
    """`effect`: the smallest with PAIRS pairs; None: none is found."""
    letter: Grade = "D"
    if effect is not None:
        letter = next((name for name, limit in LIMITS if effect <= limit),
                      "D")
    limited = any(finding.state == "limit" and finding.concerns == "memory"
                  for finding in found)
    return max(letter, "C") if limited else letter

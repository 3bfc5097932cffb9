"""Verdicts as JSON: the fields of the data classes, unknown is null."""

import json
from dataclasses import asdict

from ..comparison.verdicts import Comparison


def text(comparison: Comparison) -> str:
    """One object: `base`, `head`, `verdicts`, `failures`, `warnings`; ends
    with a newline. Raises ValueError rather than write a NaN."""
    return json.dumps(asdict(comparison), indent=1, allow_nan=False) + "\n"

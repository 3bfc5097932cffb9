"""Verdicts as JSON: the fields of the data classes, unknown is null."""

import json
from dataclasses import asdict

from ..comparison.verdicts import Comparison

SCHEMA = 1


def text(comparison: Comparison) -> str:
    """One object, as results/verdicts.schema.json has it; ends with a newline.
    Raises ValueError rather than write a NaN."""
    fields = {"schema": SCHEMA, **asdict(comparison)}
    for said in fields["noise"]:
        said["parameters"] = dict(said["parameters"])
    return json.dumps(fields, indent=1, allow_nan=False) + "\n"

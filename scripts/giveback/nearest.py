"""Which known word a mistyped one most likely meant."""

import difflib
from collections.abc import Sequence


def nearest(word: str, known: Sequence[str]) -> str:
    """The most similar of `known`, which is not empty."""
    return difflib.get_close_matches(word, known, n=1, cutoff=0.0)[0]

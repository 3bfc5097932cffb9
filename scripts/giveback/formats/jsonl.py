"""giveback's own format: the lines as they stand, checked, in one stream."""

from collections.abc import Iterator

from .source import Source


def lines(source: Source) -> Iterator[str]:
    """Every line of the files, or of one run; a torn last one is dropped."""
    for entry in source.entries():
        yield entry.line.decode("utf-8").rstrip("\n")

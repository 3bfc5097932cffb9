"""Growth over base in pages: what the tests of the instruments compare."""

from pathlib import Path

import runs

PAGE_BYTES = 4096

# The kernel marks lazily freed pages in batches per CPU (PAGEVEC_SIZE of
# include/linux/pagevec.h: 15, since Linux 6.9 31); until its batch is full
# the last ones still count as resident only.
LAZY_BATCH_PAGES = 31


def growth_pages(cell: dict, sample: dict, field: str) -> float:
    return (sample[field] - cell["base"][field]) / PAGE_BYTES


def resident_pages(cell: dict, phase: str) -> float:
    """Anonymous growth at the end of a phase, lazily freed pages included."""
    return growth_pages(cell, runs.phase(cell, phase), "anon_bytes")


def silent(path: Path, *arguments: object) -> runs.Results:
    """Memory runs of one second, after which all must be well."""
    results = runs.run(path, *arguments, "--kind", "memory", "--after",
                       "silent", "--quick", "-r", 1)
    assert [cell["reason"] for cell in results.cells
            if cell["outcome"] != "ok"] == []
    return results

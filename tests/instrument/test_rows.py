"""Every row holds the figures of the allocator that it names: names are
given crosswise, so that a row under another's name shows."""

from pathlib import Path

import pytest
import runs
from figures import PAGE_BYTES, resident_pages, silent

OBJECTS = 100_000
WORKLOAD = f"fill_drain+objects={OBJECTS}+size=16"
FILLED = 16 * OBJECTS / PAGE_BYTES

# Libraries as their files are called; the C library is no backend's own.
LIBRARIES = {"system": "libc.so", "jemalloc": "libjemalloc.so",
             "mimalloc": "libmimalloc.so"}


def test_the_ceiling_and_the_floor_keep_their_rows(tmp_path: Path):
    """`bump` keeps all, `null` has nothing; each under the other's name and
    under its own, three times in changing order."""
    results = runs.run(tmp_path / "x.jsonl", "-a",
                       "null=bump,bump=null,ceiling=bump,floor=null", "-w",
                       WORKLOAD, "--kind", "memory", "--after", "silent",
                       "--quick", "-r", 3)
    assert results.exit_status == 0, results.err
    assert len(results.cells) == 12
    for cell in results.cells:
        wanted = FILLED if cell["allocator"] in ("null", "ceiling") else 0
        for phase in ("fill", "trim"):
            assert resident_pages(cell, phase) == pytest.approx(
                wanted, abs=2), f"{runs.key(cell)} {phase}"


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> runs.Results:
    """Each library under the next one's name."""
    names = list(LIBRARIES)
    following = names[1:] + names[:1]
    return runs.run(tmp_path_factory.mktemp("rows") / "x.jsonl", "-a",
                    ",".join(f"{alias}={name}" for name, alias in
                             zip(names, following)),
                    "-w", WORKLOAD, "--kind", "memory,timing", "--after",
                    "silent", "--quick", "-r", 1, "-p", 2)


@pytest.mark.parametrize("name", LIBRARIES)
def test_cells_and_the_run_line_name_the_same_library(crossed: runs.Results,
                                                      name: str):
    row, = (row for row in crossed.run["allocators"]
            if row["address"].endswith(f"={name}")
            and row["second_of"] is None)
    cells = [cell for cell in crossed.cells
             if cell["allocator"] == row["allocator"]]
    assert len(cells) == 3
    if row["outcome"] == "unsupported":
        pytest.skip(row["reason"])
    assert LIBRARIES[name] in row["library"]
    for cell in cells:
        assert cell["outcome"] == "ok", cell["reason"]
        assert cell["identity"] == {key: row[key] for key in
                                    ("library", "adapter", "version",
                                     "sha256", "build_id")}


def test_tables_name_them_as_their_user_did(tmp_path: Path):
    """`show` reads the same names from the file as `run` has written."""
    results = silent(tmp_path / "x.jsonl", "-a", "null=bump,bump=null", "-w",
                     "fill_drain+objects=655360+size=16")
    peaks = {line.split()[0]: line.split()[1]
             for line in results.out.splitlines()
             if line.startswith(("null ", "bump "))}
    assert peaks == {"null": "10.0", "bump": "0.0"}, results.out

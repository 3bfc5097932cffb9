"""Instructions as callgrind counts them: the same in every run, and one more
where there is one more."""

import os
import shutil
from pathlib import Path

import pytest
import runs

PPM = 1e-6
REPEATS = 10 * PPM
OBJECTS = 20000
FILL = f"fill_drain+objects={OBJECTS}"
ALLOCATORS = "system,jemalloc:decay_never,mimalloc,pymalloc:3.10"

pytestmark = pytest.mark.skipif(shutil.which("valgrind") is None,
                                reason="valgrind is not installed")


def counted(path: Path, *arguments: object) -> runs.Results:
    results = runs.run(path, *arguments, "--kind", "instructions")
    assert [cell["reason"] for cell in results.cells
            if cell["outcome"] not in ("ok", "unsupported")] == []
    return results


def counts(cell: dict) -> dict[str, int]:
    return {row["phase"]: row["instructions"] for row in cell["samples"]}


def test_five_runs_agree_within_10_ppm(tmp_path: Path):
    """fill_drain draws nothing at random: its repetitions are alike."""
    found: dict[str, list[dict[str, int]]] = {}
    for cell in counted(tmp_path / "x.jsonl", "-a", ALLOCATORS, "-w", FILL,
                        "-r", 5).cells:
        if cell["outcome"] == "ok":
            found.setdefault(cell["allocator"], []).append(counts(cell))
    assert {"system", "pymalloc:3.10"} <= set(found)
    for name, rows in found.items():
        assert len(rows) == 5
        for phase in ("fill", "drain", "poke", "trim"):
            values = [row[phase] for row in rows]
            assert max(values) - min(values) <= REPEATS * max(values), \
                (name, phase, values)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> runs.Results:
    folder = Path(os.environ["COUNTED_LIBRARIES"])
    return counted(tmp_path_factory.mktemp("planted") / "x.jsonl",
                   "-a", f"plain={folder}/counted_plain.so",
                   "-a", f"extra={folder}/counted_extra.so",
                   "-w", FILL, "-r", 1)


def test_one_planted_instruction_is_seen_as_one_per_call(
        planted: runs.Results):
    plain, extra = (counts(planted.one(allocator=name))
                    for name in ("plain", "extra"))
    assert abs(extra["fill"] - plain["fill"] - OBJECTS) <= REPEATS * OBJECTS
    assert extra["drain"] == plain["drain"]
    assert extra["poke"] - plain["poke"] == 1


def test_the_process_counted_is_that_of_the_library(planted: runs.Results):
    """Callgrind replaces no malloc: the calls live where they do without."""
    for name in ("plain", "extra"):
        cell = planted.one(allocator=name)
        assert cell["identity"]["library"].endswith(f"/counted_{name}.so")
        entry = next(row for row in planted.run["allocators"]
                     if row["allocator"] == name)
        assert cell["identity"]["sha256"] == entry["sha256"] is not None
        assert cell["aslr"] is False
        assert cell["instructions_source"] == "callgrind"


def test_twice_the_objects_are_twice_the_instructions(tmp_path: Path):
    """And what a phase has besides is little: `null` does next to nothing."""
    once, twice = (
        counts(counted(tmp_path / f"{objects}.jsonl", "-a", "null", "-w",
                       f"fill_drain+objects={objects}", "-r", 1).cells[0])
        for objects in (OBJECTS, 2 * OBJECTS))
    for phase in ("fill", "drain"):
        assert 0 <= 2 * once[phase] - twice[phase] < 2000

"""Two runs of equal seed agree to the byte under the regime `silent`."""

from pathlib import Path

import pytest
import runs
from figures import silent

ALLOCATORS = ("system", "jemalloc", "mimalloc", "pymalloc:2.3",
              "pymalloc:3.10")
PHASES = ("fill", "drain", "trim")
FIELDS = ("anon_bytes", "shmem_bytes", "hugetlb_bytes")
WORKLOADS = ("fill_drain+objects=200000+order=shuffled",
             "survivors+objects=200000+keep=100+pattern=scattered")
# mimalloc draws the address of its segments, without address randomization
# too, and which pages of its static tables a purge touches depends on it.
MAY_DIFFER_BYTES = {("mimalloc", "trim"): 4 * 4096}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> list[runs.Results]:
    """Twice the same; huge pages come and go as the kernel likes."""
    folder = tmp_path_factory.mktemp("exact")
    results = [runs.run(folder / f"{number}.jsonl",
                        *runs.lists("-a", (f"{name}+thp=off"
                                           for name in ALLOCATORS)),
                        *runs.lists("-w", WORKLOADS), "--kind", "memory",
                        "--after", "silent", "--quick", "-r", 1)
               for number in (1, 2)]
    if any(cell["aslr"] for result in results for cell in result.cells):
        pytest.skip("addresses stay random here: nothing is exact")
    return results


def without_map(pages: dict) -> dict:
    """Figures alone: where blocks lie is drawn anew by some libraries
    (mimalloc), also without address randomization."""
    return {key: value for key, value in pages.items() if key != "map"}


@pytest.mark.parametrize("workload", [name.partition("+")[0]
                                      for name in WORKLOADS])
@pytest.mark.parametrize("allocator", ALLOCATORS)
def test_equal_seeds_give_equal_figures(pair: list[runs.Results],
                                        allocator: str, workload: str):
    first, second = (
        result.one(allocator=f"{allocator}+thp=off", workload=workload)
        for result in pair)
    if first["outcome"] == "unsupported":
        pytest.skip(first["reason"])
    assert (first["outcome"], second["outcome"]) == ("ok", "ok")
    for phase in PHASES:
        before, after = runs.phase(first, phase), runs.phase(second, phase)
        allowed_bytes = MAY_DIFFER_BYTES.get((allocator, phase), 0)
        for field in FIELDS:
            assert abs(before[field] - after[field]) <= allowed_bytes, \
                f"{phase} {field}"
        if before["pages"] and allowed_bytes:
            assert abs(before["pages"]["dead_bytes"] -
                       after["pages"]["dead_bytes"]) <= allowed_bytes, phase
        else:
            assert without_map(before["pages"]) == \
                without_map(after["pages"]), phase
    # Later phases may fault in the library's own code, or find it mapped.
    assert runs.phase(first, "fill")["minor_faults"] == \
        runs.phase(second, "fill")["minor_faults"]


def test_another_seed_gives_another_figure(tmp_path: Path):
    """So that equal figures above are no accident of what is compared."""
    dead = [silent(tmp_path / f"{seed}.jsonl", "-a", "pymalloc:3.10",
                   "-w", WORKLOADS[1], "--seed", seed).cells[0]
            for seed in (1, 2)]
    granules = [runs.phase(cell, "drain")["pages"] for cell in dead]
    if None in granules:
        pytest.skip("this host does not show its pagemap")
    assert granules[0] != granules[1]

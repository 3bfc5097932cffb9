"""Every backend keeps its contract, every workload its word.

All cells run under the kind `account`, which stands between the two.
"""

from pathlib import Path

import plan
import pytest
import runs


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[runs.Results]:
    """All cells: one run per alignment that is asked for, and product."""
    folder = tmp_path_factory.mktemp("account")
    return [runs.run(folder / f"{name}.jsonl", *runs.lists("-a", backends),
                     *runs.lists("-w", workloads), "--kind", "account")
            for name, backends, workloads in plan.products(
                plan.every_backend() + plan.axes() + plan.layered())]


def test_every_backend_keeps_its_contract(results: list[runs.Results]):
    assert [line for result in results for line in plan.broken(result)] == []


def test_most_cells_ended_well(results: list[runs.Results]):
    cells = [cell for result in results for cell in result.cells]
    well = sum(cell["outcome"] == "ok" for cell in cells)
    assert well > len(cells) / 2


def test_requests_are_the_same_on_every_backend(results: list[runs.Results]):
    for workload, cells in plan.by_workload(results).items():
        assert len(cells) > 1, workload
        assert {cell["request_hash"] for cell in cells} != {None}, workload
        assert len({cell["request_hash"] for cell in cells}) == 1, workload


def test_tallies_are_the_same_on_every_backend(results: list[runs.Results]):
    for workload, cells in plan.by_workload(results).items():
        assert len({str(plan.figures(cell)) for cell in cells}) == 1, workload


def test_nothing_is_live_at_the_end(results: list[runs.Results]):
    for cells in plan.by_workload(results).values():
        for cell in cells:
            last = runs.phase(cell, "rest")
            assert (last["live_blocks"], last["live_bytes"]) == (0, 0), \
                runs.key(cell)


@pytest.mark.parametrize("other", ("+size=32", "+objects=1001",
                                   "+order=lifo"))
def test_the_hash_knows_sizes_counts_and_order(tmp_path: Path, other: str):
    result = runs.run(tmp_path / "x.jsonl", "-a", "system", "--kind",
                      "account", "-w", "fill_drain+objects=1000+size=16",
                      "-w", "fill_drain" + "+objects=1000" * (
                          "objects" not in other) + other)
    assert len({cell["request_hash"] for cell in result.cells}) == 2


def hashes(folder: Path, seed: int) -> dict[str, str]:
    result = runs.run(
        folder / f"{seed}.jsonl", "-a", "system", "--kind", "account",
        "--seed", seed, "-w", "fill_drain+objects=1000+order=shuffled",
        "-w", "survivors+objects=1000+keep=10+pattern=scattered",
        "-w", "contract_blocks", "-w", "example_half_back+objects=1000")
    return {cell["workload"]: cell["request_hash"] for cell in result.cells}


def test_another_seed_makes_other_requests_where_chance_plays(tmp_path: Path):
    first, second = hashes(tmp_path, 1), hashes(tmp_path, 2)
    alike = {name for name in first if first[name] == second[name]}
    assert alike == {"example_half_back"}  # nothing in it is random

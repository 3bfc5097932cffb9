"""Every backend and every workload through regimes, tails and refill.

What holds a backend to its contract is left to the kind `account`: the same
calls, checked one by one. Here each goes through the plainest workloads.
"""

from pathlib import Path

import plan
import pytest
import runs

REGIMES = ("silent", "tick")
# What processes have of their own: stacks, tables of libc.
SLACK_BYTES = 1 << 20

TAILS = {"silent": ["poke", "trim", "rest"], "tick": ["refill", "rest"]}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[runs.Results]:
    folder = tmp_path_factory.mktemp("memory")
    return [runs.run(folder / f"{name}.jsonl", *runs.lists("-a", backends),
                     *runs.lists("-w", workloads), "--kind", "memory",
                     "--after", ",".join(REGIMES), "--quick", "-r", 1,
                     "-j", 48)
            for name, backends, workloads in plan.products(
                plan.every_backend() + plan.layered(), few=True)
            if not name.startswith("backends")]


def test_every_backend_keeps_its_contract(results: list[runs.Results]):
    assert [line for result in results for line in plan.broken(result)] == []


@pytest.mark.parametrize("regime", REGIMES)
def test_a_cell_has_the_phases_of_its_regime(results: list[runs.Results],
                                             regime: str):
    for cells in plan.by_workload(results, regime).values():
        for cell in cells:
            names = [row["phase"] for row in cell["samples"]]
            drain = names.index("drain")
            assert "fill" in names[:drain], runs.key(cell)
            assert names[drain + 1:] == [regime] * 3 + TAILS[regime], \
                runs.key(cell)


@pytest.mark.parametrize("regime", REGIMES)
def test_tallies_are_the_same_on_every_backend(results: list[runs.Results],
                                               regime: str):
    groups = plan.by_workload(results, regime)
    assert groups
    for workload, cells in groups.items():
        assert len({str(plan.figures(cell)) for cell in cells}) == 1, workload


@pytest.mark.parametrize("regime", REGIMES)
def test_nothing_is_live_at_the_end(results: list[runs.Results], regime: str):
    for cells in plan.by_workload(results, regime).values():
        for cell in cells:
            last = cell["samples"][-1]
            assert last["phase"] == "rest"
            assert (last["live_blocks"], last["live_bytes"]) == (0, 0), \
                runs.key(cell)


def test_requests_of_another_thread_are_the_same(
        tmp_path: Path, results: list[runs.Results]):
    """And any workload may have them, with threads or without."""
    workloads = [address for address in plan.every_workload(16)
                 if plan.begins(address, ("fill_drain", "idle_owner",
                                          "request_burst", "thread_churn"))]
    other = runs.run(tmp_path / "x.jsonl", "-a", "system",
                     *runs.lists("-w", workloads), "--kind", "memory",
                     "--after", "tick_other", "--quick", "-r", 1, "-j", 8)
    ticks = plan.by_workload(results, "tick")
    assert len(other.cells) == 4
    for cell in other.cells:
        assert cell["outcome"] == "ok", cell["reason"]
        here = next(row for row in ticks[cell["workload"]]
                    if row["allocator"].startswith("system"))
        assert [(row["operations"], row["live_bytes"])
                for row in cell["samples"]] == \
            [(row["operations"], row["live_bytes"])
             for row in here["samples"]], cell["workload"]
        assert cell["threaded"] == (cell["workload"] != "fill_drain")


def test_a_refill_makes_what_was_drained(results: list[runs.Results]):
    for cells in plan.by_workload(results, "tick").values():
        for cell in cells:
            fill, refill = runs.phase(cell, "fill"), runs.phase(cell, "refill")
            assert refill["live_blocks"] == fill["live_blocks"], \
                runs.key(cell)
            # Where a build makes each block once, the survivors of the first
            # drain are not made again.
            if fill["operations"] == fill["live_blocks"] and \
                    cell["samples"][0] is fill:
                survived = runs.phase(cell, "drain")["live_blocks"]
                assert refill["operations"] == \
                    fill["live_blocks"] - survived, runs.key(cell)


def test_what_processes_hold_is_told_once(results: list[runs.Results]):
    """Before the fork it is what the one process holds by other files; the
    fork itself shares all of it and copies next to nothing."""
    cells = plan.by_workload(results, "silent")["prefork"]
    assert cells
    for cell in cells:
        rows = {row["phase"]: row for row in cell["samples"]}
        base, fill, forked = cell["base"], rows["fill"], rows["forked"]
        grown = fill["anon_bytes"] - base["anon_bytes"]
        held = [row["processes"]["pss_bytes"] for row in (base, fill, forked)]
        assert held[0] + base["scratch_bytes"] / 2 < base["anon_bytes"], \
            runs.key(cell)
        assert abs(held[1] - held[0] - grown) < SLACK_BYTES, runs.key(cell)
        assert abs(held[2] - held[1]) < SLACK_BYTES, runs.key(cell)
        assert [rows[name]["processes"]["count"]
                for name in ("fill", "forked", "drain", "rest")] \
            == [1, 4, 4, 1], runs.key(cell)
        private = [row["processes"]["private_bytes"]
                   for row in (fill, forked, rows["released"])]
        assert private[1] < private[0] / 2, runs.key(cell)
        assert private[2] > private[1] + fill["live_bytes"], runs.key(cell)
        assert forked["pages"] is None, runs.key(cell)

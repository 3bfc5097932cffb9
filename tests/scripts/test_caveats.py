"""What the host did to the figures, in words: when each line is said, with
which numbers, and when it is not."""

import pytest
import rows_maker as make
from giveback import caveats
from giveback.decode import decode
from giveback.rows import Cell, RunLine

CPUS = make.HOST["cores"]
PERIOD_US = 100_000


def said(*rows: dict, **host: object) -> list[str]:
    """The caveats of a run of these cells on a host with these changes."""
    run = decode(RunLine, make.run_line(host={**make.HOST, **host}), "")
    return caveats.of_run(run, [decode(Cell, row, "") for row in rows])


def memory(**changes) -> dict:
    """A memory cell that is ok and has every figure."""
    return make.memory_cell("a", "silent", 320, [160] * 5, **changes)


def the_one(lines: list[str]) -> str:
    assert len(lines) == 1, lines
    return lines[0]


def test_a_good_host_has_none():
    assert said(memory(), make.timing_cell("a", 10, 0)) == []


def test_a_run_without_cells_has_what_is_true_of_its_host():
    assert said() == []
    assert the_one(said(cores=1)).startswith("One CPU: ")


def test_fetched_versions_with_a_libc_of_their_own_are_named():
    fetched = {"suite": "sid", "package": "libc6", "version": "2.43-7",
               "loader": "/fetched/ld.so"}
    rows = [make.allocator("system"),
            make.allocator("m@3.0", libc="2.36",
                           fetched=fetched | {"loader": None}),
            make.allocator("system@2.43", libc="2.43", fetched=fetched),
            make.allocator("j@5.3.1", fetched=fetched)]
    run = decode(RunLine, make.run_line(*rows), "")
    assert the_one(caveats.of_run(run, [])) == (
        "In processes with another libc than the host's: system@2.43 (2.43), "
        "j@5.3.1 (unknown).")


# ---- the host ---------------------------------------------------------------


@pytest.mark.parametrize("cores", (2, 64, None))
def test_more_cpus_or_unknown_ones_are_no_caveat(cores):
    assert said(memory(), cores=cores) == []


@pytest.mark.parametrize(("quota_us", "cores", "cpus"), [
    (150_000, 2, "1.50"), (50_000, 2, "0.50"), (199_999, 2, "2.00"),
    (50_000, None, "0.50")])
def test_a_quota_below_the_cpus_holds_pauses(quota_us, cores, cpus):
    line = the_one(said(memory(), cores=cores, cgroup_cpu_quota_us=quota_us,
                        cgroup_cpu_period_us=PERIOD_US))
    assert line == f"CPU quota of {cpus} CPUs: wall times hold its pauses."


@pytest.mark.parametrize(("quota_us", "period_us"), [
    (CPUS * PERIOD_US, PERIOD_US), (CPUS * PERIOD_US + 1, PERIOD_US),
    (None, PERIOD_US), (50_000, None), (50_000, 0)])
def test_a_quota_of_all_cpus_or_half_known_is_no_caveat(quota_us, period_us):
    assert said(memory(), cgroup_cpu_quota_us=quota_us,
                cgroup_cpu_period_us=period_us) == []


def test_huge_pages_for_all_are_one():
    assert the_one(said(memory(), thp="always")).startswith("THP always: ")


@pytest.mark.parametrize("thp", ("madvise", "never", None))
def test_huge_pages_on_request_are_none(thp):
    assert said(memory(), thp=thp) == []


def test_larger_pages_have_no_page_truth_and_are_said_once():
    """Not again by the cells, which cannot have any."""
    blind = memory(base=make.base(dead=None))
    line = the_one(said(blind, page_bytes=65_536))
    assert line.startswith("Pages of 65,536 bytes: page truth is unknown")


# ---- the cells --------------------------------------------------------------


@pytest.mark.parametrize("aslr", (True, None))
def test_addresses_that_may_have_been_random_are_counted(aslr):
    line = the_one(said(memory(aslr=aslr), memory(), memory()))
    assert line.startswith("Addresses were random in 1 of 3 memory cells: ")


def test_one_cell_is_no_plural():
    assert " 1 of 1 memory cell: " in the_one(said(memory(aslr=True)))


SWAPPED = "Swapped out in 1 of 2 memory cells: "


def test_a_base_with_pages_in_swap_is_counted():
    row = memory(base={**make.base(), "swap_bytes": 4096})
    assert the_one(said(row, memory())).startswith(SWAPPED)


@pytest.mark.parametrize("index", (0, 3, -1))
def test_a_single_sample_with_pages_in_swap_is_counted(index):
    row = memory()
    row["samples"][index]["swap_bytes"] = 4096
    assert the_one(said(row, memory())).startswith(SWAPPED)


def test_swap_that_nobody_told_is_no_caveat():
    row = memory(base={**make.base(), "swap_bytes": None})
    for sample in row["samples"]:
        sample["swap_bytes"] = None
    assert said(row) == []


@pytest.mark.parametrize("source", ("smaps_rollup", None))
def test_the_usual_source_and_that_of_old_files_are_none(source):
    assert said(memory(memory_source=source)) == []


def test_smaps_stands_in_without_loss():
    assert the_one(said(memory(memory_source="smaps"), memory())) == \
        "Without smaps_rollup: memory was read from smaps."


def test_status_loses_what_is_lazily_freed():
    assert the_one(said(memory(memory_source="status"))) == (
        "Without smaps_rollup: memory was read from status; lazily freed "
        "memory is unknown, and growth with it.")


def test_several_sources_are_named_once_each_in_order():
    rows = [memory(memory_source=source)
            for source in ("status", "smaps", "status", "smaps_rollup")]
    assert "was read from smaps, status; lazily" in the_one(said(*rows))


def test_a_hostile_source_is_plain_and_short():
    line = the_one(said(memory(memory_source="\033[2J\n" + "x" * 10_000)))
    assert line.isprintable() and len(line) < 200


def test_cells_without_page_truth_are_counted():
    line = the_one(said(memory(base=make.base(dead=None)), memory()))
    assert line.startswith("Page truth is unknown in 1 of 2 memory cells: ")


# ---- which cells ------------------------------------------------------------


def odd(row: dict) -> dict:
    """The same with every condition that a memory cell would be marked for.
    """
    base = {**make.base(dead=None), "swap_bytes": 4096}
    return row | {"aslr": True, "memory_source": "status", "base": base}


def test_only_memory_cells_that_are_ok_are_looked_at():
    """A timing run has random addresses on purpose; a cell that failed has
    no figures to mark."""
    assert len(said(odd(memory()))) == 4
    assert said(odd(make.timing_cell("a", 10, 0)),
                make.failed_cell("a", "crashed", "it crashed", aslr=True),
                memory()) == []


def test_conditions_of_the_host_come_before_those_of_cells():
    lines = said(odd(memory()), cores=1, thp="always", page_bytes=16_384,
                 cgroup_cpu_quota_us=50_000, cgroup_cpu_period_us=PERIOD_US)
    assert [line.split()[0] for line in lines] == [
        "One", "CPU", "THP", "Pages", "Addresses", "Swapped", "Without"]

"""scripts/giveback/processes.py and process_tables.py: what the processes of
a workload that forks hold together."""

import json

import pytest
import rows_maker as make
from giveback import metrics, phases, processes, results, show
from giveback.comparison import figures
from giveback.look import Look

MIB = 2**20


@pytest.fixture(name="read")
def _read(write):
    def read(*cells: dict) -> results.Results:
        names = dict.fromkeys(cell["allocator"] for cell in cells)
        return results.read([write([
            make.run_line(*map(make.allocator, names)), *cells])])
    return read


def test_growth_is_that_of_all_processes_over_base_without_what_is_freed(read):
    cell = read(make.forked_cell("system")).cells[0]
    touched = phases.phase(cell, "touched")
    assert processes.pss_growth_bytes(cell, touched) == 140 * MIB
    assert processes.private_growth_bytes(cell, touched) == 90 * MIB
    end = processes.at_end(cell)
    assert processes.pss_growth_bytes(cell, end) == 102 * MIB


def test_what_the_kernel_did_not_tell_is_unknown(read):
    row = make.forked_cell("system")
    row["samples"][1]["processes"] |= {"pss_bytes": None}
    cell = read(row).cells[0]
    touched = phases.phase(cell, "touched")
    assert processes.pss_growth_bytes(cell, touched) is None
    assert processes.private_growth_bytes(cell, touched) == 90 * MIB


def test_only_cells_with_more_than_one_process_fork(read):
    found = read(make.forked_cell("system"),
                 make.memory_cell("other", "silent", 320, [320] * 5))
    assert [processes.is_forking(cell) for cell in found.cells] == [True,
                                                                    False]


def test_show_has_a_table_of_all_and_says_whose_kept_is(read):
    found = read(make.forked_cell("system"),
                 make.failed_cell("pymalloc", "crashed", "SIGABRT",
                                  workload="prefork"))
    text = "\n".join(show.text(found, Look(), None))
    assert "the first process of system keeps" in text
    assert "Processes: peak, kept, trim and the pages are those of the" in text
    below = text[text.index("PSS of all processes, MiB"):]
    line = next(row for row in below.splitlines() if row[:6] == "system")
    assert line.split() == ["system", "100.0", "140.0", "102.0", "102.0"]
    assert "crashed: SIGABRT" in below
    assert "of 2 processes from the fork on" in below


def test_others_show_no_such_table(read):
    found = read(make.memory_cell("system", "silent", 320, [320] * 5))
    text = "\n".join(show.text(found, Look(), None))
    assert "rocesses" not in text and "first process" not in text


def test_all_are_billed_and_growth_is_of_the_first(read):
    row = make.forked_cell("system")
    row["base"]["charged_bytes"] = 0
    for sample in row["samples"]:
        sample["charged_bytes"] = 500 * MIB
    cell = read(row).cells[0]
    assert metrics.charged_apart(cell) is None
    for sample in row["samples"]:
        sample["processes"] = None
    assert metrics.charged_apart(read(row).cells[0]) is not None


def test_what_forks_is_compared_by_all_of_its_processes(write, verb):
    """The first process of head holds 2 MiB more, the others 8 MiB less."""
    rows = [make.run_line(make.allocator("old"), make.allocator("new"))]
    for after in ("silent", "tick"):
        old, new = (make.forked_cell(name, after) for name in ("old", "new"))
        for sample in new["samples"]:
            sample["anon_bytes"] += 2 * MIB
            if sample["processes"]["count"] > 1:
                sample["processes"]["pss_bytes"] -= 8 * MIB
        rows += [old, new]
    found = {(verdict["metric"], verdict["point"]): verdict
             for verdict in json.loads(verb(
                 "compare", write(rows), "--base", "old", "--head", "new",
                 "--format", "json").stdout)["verdicts"]}
    assert {key: (verdict["word"], verdict["change"])
            for key, verdict in found.items()} == {
        ("pss_growth", "peak"): ("better", -8 * MIB),
        ("pss_growth", "drain"): ("better", -8 * MIB),
        ("pss_growth", "silent"): ("better", -8 * MIB),
        ("pss_growth", "tick"): ("better", -8 * MIB),
        ("private_growth", "silent"): ("same", 0),
        ("private_growth", "tick"): ("same", 0)}


def test_a_peak_that_one_sample_does_not_tell_is_unknown(read):
    row = make.forked_cell("system")
    peak = next(measured for measured in figures.MEASURED
                if (measured.metric, measured.point) == ("pss_growth",
                                                         "peak"))
    assert figures.of_cell(peak, read(row).cells[0], 4096, 0)[1] == 140 * MIB
    row["samples"][1]["processes"] |= {"pss_bytes": None}
    assert figures.of_cell(peak, read(row).cells[0], 4096, 0) is None

"""The schema holds what README says, and notices what breaks it."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest
import rows_maker as make
import validate
from giveback import decode, rows

SCHEMA = json.loads(validate.SCHEMA_FILE.read_text())
README = validate.SCHEMA_FILE.with_name("README.md").read_text()


def complaints(row: dict) -> list[str]:
    return [error.message
            for error in validate.validator().iter_errors(row)]


def good_rows() -> dict[str, dict]:
    return {
        "run": make.run_line(make.allocator("system")),
        "memory": make.memory_cell("system", "silent", 320, [320] * 5),
        "timing": make.timing_cell("system", 30, 0),
        "forked": make.forked_cell("system"),
        "traffic": make.traffic_cell("system"),
        "stalls": make.stalls_cell("system", make.timed_calls(
            {20: 3, 4096: 1}, [make.slow_call(4100)], above_1us=1)),
        "failed": make.failed_cell("system", "crashed", "SIGSEGV"),
        "program": make.program_cell("system", 100, 40),
        "program_timing": make.program_timing_cell("system", 500),
        "counted": make.instructions_cell("system", 40),
        "uncounted": make.failed_cell(
            "system", "unsupported", "no valgrind", kind="instructions",
            after=None, hardware_reason="none is offered"),
        "account": make.cell("system", [make.sample("fill")], kind="account",
                             after=None, base=None, request_hash="0f1e")}


def test_the_fixture_is_valid(seed_file):
    assert list(validate.complaints(seed_file)) == []


@pytest.mark.parametrize("path", sorted(
    (validate.ROOT / "results").glob("*/*.jsonl")), ids=lambda path: path.name)
def test_results_that_are_kept_are_valid(path):
    assert [said[:200] for said in validate.complaints(path)] == []


@pytest.mark.parametrize("name", good_rows())
def test_good_rows_are_valid(name):
    assert complaints(good_rows()[name]) == []


@pytest.mark.parametrize(("name", "path", "value"), [
    ("run", ["schema"], 2), ("run", ["type"], "ran"), ("run", ["seed"], -1),
    ("run", ["started"], "yesterday"), ("run", ["settle_ns"], 1.5),
    ("run", ["host", "page_bytes"], None), ("run", ["host", "extra"], 1),
    ("run", ["allocators", 0, "outcome"], "fine"),
    ("run", ["allocators", 0, "reason"], "why"),
    ("run", ["allocators", 0, "sha256"], "abc"),
    ("run", ["allocators", 0, "options"], {"cap": 5}),
    ("memory", ["after"], None), ("memory", ["base"], None),
    ("memory", ["reason"], "why"), ("memory", ["samples"], []),
    ("memory", ["parameters"], {"size": 16}),
    ("memory", ["parameters", "size"], 1.5),
    ("memory", ["samples", 0, "anon_bytes"], -1),
    ("memory", ["samples", 1, "pages", "granules"], {"4096": 1}),
    ("memory", ["base", "extra"], 1),
    ("memory", ["timeline"], {"t_ns": []}),
    ("forked", ["base", "processes", "count"], 0),
    ("forked", ["samples", 0, "processes", "pss_bytes"], -1),
    ("timing", ["samples", 0, "processes"], make.processes(1, 0)),
    ("timing", ["program"], make.program()), ("program", ["program"], None),
    ("program", ["peak_rss_bytes"], None), ("program", ["samples"], []),
    ("program", ["program", "links"], None),
    ("program_timing", ["samples", 0, "wall_ns"], None),
    ("program_timing", ["peak_rss_bytes"], 1),
    ("timing", ["after"], "silent"), ("timing", ["peak_rss_bytes"], 1),
    ("timing", ["samples", 0, "rss_bytes"], 0),
    ("timing", ["samples", 0, "instructions"], 1),
    ("timing", ["instructions_source"], "callgrind"),
    ("memory", ["hardware_reason"], "why"),
    ("counted", ["instructions_source"], None),
    ("counted", ["instructions_source"], "guess"),
    ("counted", ["samples", 0, "instructions"], None),
    ("counted", ["samples", 0, "rss_bytes"], 0),
    ("uncounted", ["instructions_source"], "callgrind"),
    ("account", ["samples", 0, "anon_bytes"], 0),
    ("account", ["request_hash"], "XYZ"),
    ("traffic", ["samples", 0, "traffic"], None),
    ("traffic", ["samples", 0, "traffic", "brk", "calls"], -1),
    ("traffic", ["covers_all_threads"], None),
    ("timing", ["covers_all_threads"], True),
    ("timing", ["samples", 0, "traffic"], make.traffic()),
    ("traffic", ["samples", 0, "rss_bytes"], 1),
    ("stalls", ["stalls"], None),
    ("stalls", ["stalls", "clock_ns"], None),
    ("stalls", ["stalls", "alloc", "longest", 0, "call"], "free"),
    ("stalls", ["stalls", "alloc", "longest", 0, "window", "wall_ns"], -1),
    ("stalls", ["kind"], "latency"),
    ("timing", ["stalls"], make.stalls_cell("x")["stalls"]),
    ("failed", ["reason"], None), ("failed", ["peak_rss_bytes"], 0),
    ("failed", ["samples"], [make.sample("fill")]),
    ("failed", ["outcome"], "ok"), ("failed", ["kind"], "memroy")])
def test_a_broken_row_is_noticed(name, path, value):
    row = copy.deepcopy(good_rows()[name])
    place = row
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert complaints(row)


@pytest.mark.parametrize("name", good_rows())
def test_every_field_is_required(name):
    for field in good_rows()[name]:
        row = good_rows()[name]
        del row[field]
        assert complaints(row), field


@pytest.mark.parametrize("name", ["run", "memory"])
def test_lines_may_grow(name):
    row = good_rows()[name] | {"later": 1}
    for sample in row.get("samples", []):
        sample["later"] = 1
    assert complaints(row) == []


@pytest.mark.parametrize(("definition", "row"), [
    ("run", rows.RunLine), ("cell", rows.Cell), ("sample", rows.Sample),
    ("base", rows.Base), ("host", rows.Host), ("pages", rows.Pages),
    ("allocator", rows.AllocatorEntry), ("fetched", rows.Fetched),
    ("self", rows.SelfAccount), ("arenas", rows.Arenas),
    ("timeline", rows.Timeline), ("identity", rows.Identity),
    ("khugepaged", rows.Khugepaged), ("traffic", rows.Traffic),
    ("processes", rows.Processes), ("calls", rows.Calls), ("stalls", rows.Stalls),
    ("timed_calls", rows.TimedCalls), ("slow_call", rows.SlowCall),
    ("window", rows.CallWindow)])
def test_the_reader_and_the_schema_know_the_same_fields(definition, row):
    declared = set(SCHEMA["$defs"][definition]["properties"]) - {"type"}
    assert declared == set(decode.get_type_hints(row))
    required = set(SCHEMA["$defs"][definition]["required"]) - {"type"}
    assert required == declared


def test_the_readme_names_every_field():
    for name in ("run", "host", "allocator", "cell", "sample", "base",
                 "pages", "self", "arenas", "timeline", "identity", "fetched",
                 "khugepaged", "processes", "traffic", "calls", "stalls", "timed_calls",
                 "slow_call", "window"):
        for field in SCHEMA["$defs"][name]["properties"]:
            assert f"`{field}`" in README, f"{name}.{field}"


def run_validator(*files: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-B", validate.__file__, *map(str, files)],
        capture_output=True, text=True, timeout=60)


def test_the_validator_says_where(write, seed_file):
    bad = make.timing_cell("system", 30, 0) | {"position": "first"}
    path = write([good_rows()["run"], bad])
    assert run_validator(seed_file).returncode == 0
    done = run_validator(seed_file, path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith(f"{path}:2: position: ")
    assert run_validator(path.with_name("nowhere")).returncode == 1
    assert run_validator().returncode == 2


def test_the_validator_notices_a_torn_line(tmp_path, seed_file):
    path = tmp_path / "torn.jsonl"
    path.write_bytes(seed_file.read_bytes()[:-1])
    done = run_validator(path)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{path}:5: torn: ")

"""Whole runs, from the command line to the table."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest
import runs

ESCAPE = "\x1b"
TINY = ("-w", "fill_drain+objects=1000")
TIMED = ("--kind", "timing", "-p", "1")


def test_a_good_run_ends_with_its_table(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    results = runs.run(path, "-a", "system,null", *TINY, "--quick", "-r", 1,
                       "-p", 1)
    assert results.exit_status == 0
    assert [cell["outcome"] for cell in results.cells] == ["ok"] * 7
    assert "fill_drain" in results.out and "null" in results.out
    assert f"results are in {path}" in results.err
    shown = runs.giveback("show", path)
    assert shown.returncode == 0
    assert shown.stdout == results.out


def test_unsupported_cells_are_no_failure(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", "-a",
                       f"null,gone={tmp_path}/gone.so", *TINY, *TIMED)
    assert results.exit_status == 0
    assert results.one(allocator="gone")["outcome"] == "unsupported"
    assert results.one(allocator="null")["outcome"] == "ok"


def test_without_o_the_file_is_named_after_the_time(tmp_path: Path):
    ended = runs.giveback("run", "-a", "null", *TINY, *TIMED, cwd=tmp_path)
    assert ended.returncode == 0
    names = [path.name for path in tmp_path.iterdir()]
    assert len(names) == 1
    assert re.fullmatch(r"giveback-\d{4}-\d\d-\d\dT\d{6}Z\.jsonl", names[0])
    runs.check_file(tmp_path / names[0])


def test_an_alias_stands_in_results_and_leads_to_its_address(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", "-a", "mine=system:no_tcache",
                       *TINY, *TIMED)
    assert [cell["allocator"] for cell in results.cells] == ["mine"]
    row = results.run["allocators"][0]
    assert (row["allocator"], row["address"]) == ("mine",
                                                  "mine=system:no_tcache")
    assert row["environment"] == {
        "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
    assert "mine" in results.out


def test_lists_and_ranges_make_a_cell_each(tmp_path: Path):
    results = runs.run(
        tmp_path / "x.jsonl", "-a", "null", *TIMED,
        "-w", "fill_drain+order={fifo,lifo}+objects=10..1000*10",
        "-w", "survivors+objects=100+keep=10..30+10")
    orders = [(cell["parameters"]["order"], cell["parameters"]["objects"])
              for cell in results.cells if cell["workload"] == "fill_drain"]
    assert sorted(orders) == [(order, count) for order in ("fifo", "lifo")
                              for count in (10, 100, 1000)]
    keeps = [cell["parameters"]["keep"] for cell in results.cells
             if cell["workload"] == "survivors"]
    assert sorted(keeps) == [10, 20, 30]


def test_a_star_is_every_variant(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", "-a", "system:*", *TINY, *TIMED)
    assert {cell["allocator"] for cell in results.cells} == {
        *(f"system:{variant}" for variant in runs.variants()["system"]),
        "system:default#2"}


def test_each_allocator_is_once_in_each_block(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", "-a", "system,null,bump", *TINY,
                       "--kind", "timing", "-p", 8)
    blocks: dict[int, list[str]] = {}
    for cell in results.cells:
        blocks.setdefault(cell["block"], []).append(cell["allocator"])
    assert sorted(blocks) == list(range(8))
    assert all(sorted(names) == ["bump", "null", "system", "system#2"]
               for names in blocks.values())
    firsts = [cell["allocator"] for cell in results.cells
              if cell["position"] == 0]
    assert sorted(firsts) == sorted(
        2 * ["bump", "null", "system", "system#2"])
    assert {entry["allocator"]: entry["second_of"]
            for entry in results.run["allocators"]} == {
        "system": None, "null": None, "bump": None, "system#2": "system"}


def test_repetitions_use_one_seed_after_another(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", "-a", "null", *TINY, "--kind",
                       "memory", "--after", "silent", "--quick", "-r", 3,
                       "--seed", 40)
    assert sorted((cell["repetition"], cell["seed"])
                  for cell in results.cells) == [(0, 40), (1, 41), (2, 42)]


def test_a_dry_run_measures_nothing_and_leaves_no_file(tmp_path: Path):
    ended = runs.giveback("run", "-n", "-a", "system,null", *TINY, "-p", 1,
                          "-r", 1, cwd=tmp_path)
    assert ended.returncode == 0
    assert ended.stdout.count("fill_drain+objects=1000 null") == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("changes", ({}, {"NO_COLOR": "1"}))
def test_a_pipe_gets_no_escape_codes(tmp_path: Path, changes: dict[str, str]):
    results = runs.run(tmp_path / "x.jsonl", "-a", "system,null", *TINY,
                       *TIMED, **changes)
    assert ESCAPE not in results.out + results.err
    assert "\r" not in results.out + results.err
    assert "1/3 timing fill_drain+objects=1000" in results.err


def in_terminal(columns: int, *arguments: object,
                **changes: str) -> tuple[int, str, str]:
    """Exit status, standard output (a pipe) and what a terminal got."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [runs.program(), *map(str, arguments)], stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL, stderr=theirs, encoding="utf-8",
        env=runs.environment(TERM="xterm", **changes))
    os.close(theirs)
    drawn = b""
    try:
        while chunk := os.read(ours, 65536):
            drawn += chunk
    except OSError:
        pass  # EIO: the other side has been closed
    os.close(ours)
    out, _ = process.communicate(timeout=runs.TIMEOUT_S)
    return process.returncode, out, drawn.decode()


def test_a_terminal_shows_one_redrawn_line_with_the_time_to_go(
        tmp_path: Path):
    columns = 60
    status, out, drawn = in_terminal(
        columns, "run", "-a", "system,null", *TINY, "--kind", "memory",
        "--after", "silent", "--quick", "-r", 2, "-j", 1, "-o",
        tmp_path / "x.jsonl")
    assert status == 0
    assert ESCAPE not in out
    redrawn = re.findall(r"\r\x1b\[K([^\r\n]*)", drawn)
    lines = [line for line in redrawn if line]
    assert len(lines) >= 4  # four seconds of cells, four times a second
    for line in lines[:-1]:
        assert re.match(r"\d/4, about \d+ (s|min) to go: memory silent ",
                        line), line
        assert len(line) < columns
    # Beside them only the announcement and the last line.
    assert drawn.count("\n") == 2, drawn
    assert "4 cells, about " in drawn and "results are in" in drawn


def test_a_terminal_keeps_a_line_for_what_failed(tmp_path: Path):
    status, _, drawn = in_terminal(
        200, "run", "-a", f"null,{runs.villain('refuses')}", *TINY, *TIMED,
        "-o", tmp_path / "x.jsonl")
    assert status == 1
    assert re.search(r"/3 timing fill_drain\+objects=1000 refuses: failed: "
                     r"alloc\(16\) returned NULL; about .* to go\r?\n", drawn)


def test_no_color_reaches_the_table_in_a_terminal(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    runs.run(path, "-a", "system,null", *TINY, *TIMED)
    ours, theirs = pty.openpty()
    ended = subprocess.run([runs.program(), "show", path], stdout=theirs,
                           env=runs.environment(NO_COLOR="1", TERM="xterm"))
    os.close(theirs)
    shown = os.read(ours, 1 << 20).decode()
    os.close(ours)
    assert ended.returncode == 0
    assert "fill_drain" in shown and ESCAPE not in shown

"""What a host refuses or hides: degraded with a mark, or refused in words."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import elsewhere
import pytest
import runs
from elsewhere import MEMORY, SMALL, known, on_host, over, shown, unknown


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may use. The parents of tmp_path are no such:
    whatever pytest starts next takes them back for its own user."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


def ok(results: runs.Results) -> list[dict]:
    assert {cell["outcome"] for cell in results.cells} == {"ok"}, [
        cell["reason"] for cell in results.cells]
    assert results.exit_status == 0
    return results.cells


def test_a_good_host_has_no_caveats(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", *MEMORY)
    cell, = ok(results)
    assert cell["memory_source"] == "smaps_rollup"
    assert known(cell, "anon_bytes", "lazy_free_bytes", "swap_bytes")
    for word in ("smaps_rollup", "Page truth", "Swapped", "quota"):
        assert word not in shown(results)


def test_refused_personality_leaves_addresses_random_and_says_so(
        tmp_path: Path):
    """The filter stands before the program: the flag is set before exec."""
    results = on_host(elsewhere.refusing("personality"), tmp_path / "x.jsonl",
                      *MEMORY)
    cell, = ok(results)
    assert cell["aslr"] is True
    assert known(cell, "anon_bytes", "lazy_free_bytes")
    assert "Addresses were random in 1 of 1 memory cell" in shown(results)


def test_without_a_filter_traffic_is_unsupported_with_the_reason(
        tmp_path: Path):
    results = on_host(elsewhere.refusing("seccomp"), tmp_path / "x.jsonl",
                      *SMALL, "--kind", "traffic,timing", "-p", "1")
    traffic, timing = (results.one(kind=kind)
                       for kind in ("traffic", "timing"))
    assert (traffic["outcome"], timing["outcome"]) == ("unsupported", "ok")
    assert "installs no seccomp filter here" in traffic["reason"] \
        or "on x86-64 alone" in traffic["reason"]
    assert traffic["reason"][:60] in shown(results)


def test_refused_pinning_is_seen_in_the_affinity(tmp_path: Path):
    arguments = (*SMALL, "--kind", "timing", "-p", "1")
    free, = ok(on_host(elsewhere.refusing("sched_setaffinity"),
                       tmp_path / "x.jsonl", *arguments))
    assert len(free["affinity"]) == len(os.sched_getaffinity(0))
    pinned, = ok(runs.run(tmp_path / "y.jsonl", *arguments))
    assert len(pinned["affinity"]) == 1


def test_without_pagemap_page_truth_alone_is_null(tmp_path: Path):
    hide = over(elsewhere.unopenable(tmp_path), "/proc/self/pagemap")
    results = elsewhere.worker_on(hide, tmp_path / "x.jsonl", *MEMORY)
    cell, = ok(results)
    assert unknown(cell, "pages")
    assert known(cell, "anon_bytes", "lazy_free_bytes", "mapping_count")
    assert cell["timeline"]["t_ns"]
    assert "Page truth is unknown in 1 of 1 memory cell" in shown(results)


def test_without_smaps_rollup_smaps_is_summed_to_the_same(tmp_path: Path):
    whole, = ok(runs.run(tmp_path / "x.jsonl", *MEMORY))
    hide = over(elsewhere.unopenable(tmp_path), "/proc/self/smaps_rollup")
    results = elsewhere.worker_on(hide, tmp_path / "y.jsonl", *MEMORY)
    cell, = ok(results)
    assert cell["memory_source"] == "smaps"
    for name in ("fill", "drain", "trim"):
        growths = [runs.phase(each, name)["anon_bytes"] -
                   each["base"]["anon_bytes"] for each in (whole, cell)]
        assert growths[0] == growths[1], name
    assert known(cell, "lazy_free_bytes", "huge_bytes", "pages")
    assert "memory was read from smaps." in shown(results)


def test_without_smaps_growth_is_unknown_and_not_wrong(tmp_path: Path):
    hidden = elsewhere.unopenable(tmp_path)
    hide = over(hidden, "/proc/self/smaps_rollup", hidden, "/proc/self/smaps")
    results = elsewhere.worker_on(hide, tmp_path / "x.jsonl", *MEMORY)
    cell, = ok(results)
    assert cell["memory_source"] == "status"
    assert unknown(cell, "lazy_free_bytes")
    assert known(cell, "anon_bytes", "rss_bytes", "statm_rss_bytes")
    assert "lazily freed memory is unknown, and growth with it" \
        in shown(results)
    row = next(line for line in results.out.splitlines()
               if line.startswith("system"))
    assert set(row.split()[2:]) == {"-"}, row


def test_without_statm_the_timeline_alone_is_null(tmp_path: Path):
    hide = over(elsewhere.unopenable(tmp_path), "/proc/self/statm")
    cell, = ok(elsewhere.worker_on(hide, tmp_path / "x.jsonl", *MEMORY))
    assert cell["timeline"] is None
    assert unknown(cell, "statm_rss_bytes")
    assert known(cell, "anon_bytes", "lazy_free_bytes", "pages")


@pytest.mark.parametrize("path", ("/proc/self/status", "/proc/self/maps"))
def test_what_cannot_be_done_without_is_unsupported(tmp_path: Path,
                                                    path: str):
    hide = over(elsewhere.unopenable(tmp_path), path)
    results = elsewhere.worker_on(hide, tmp_path / "x.jsonl", *MEMORY)
    cell, = results.cells
    assert cell["outcome"] == "unsupported"
    assert cell["reason"].startswith(f"{path}: ")
    assert "is /proc mounted?" in cell["reason"]
    assert cell["samples"] == [] and cell["base"] is None


def test_a_worker_without_proc_is_unsupported(tmp_path: Path):
    results = elsewhere.worker_on(over("nothing", "/proc"),
                                  tmp_path / "x.jsonl", *MEMORY)
    cell, = results.cells
    assert cell["outcome"] == "unsupported"
    assert "is /proc mounted?" in cell["reason"]


def test_a_program_without_proc_refuses_to_begin(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    ended = elsewhere.giveback(over("nothing", "/proc"), "run", *MEMORY,
                               "-o", path)
    assert ended.returncode != 0
    assert ended.stderr.startswith("giveback: /proc/self/exe: ")
    assert "is /proc mounted" in ended.stderr
    assert not path.exists()


def test_hidden_processes_change_nothing(open_folder: Path):
    """hidepid=2, and no root: a worker is its parent's own process."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root to mount /proc anew, and setpriv")
    script = ('mount -t proc -o hidepid=2 proc /proc && exec setpriv '
              '--reuid=65534 --regid=65534 --clear-groups -- "$@"')
    prefix = ["/usr/bin/unshare", "--mount", "--pid", "--fork", "/bin/sh",
              "-ec", script, "sh"]
    tried = subprocess.run([*prefix, runs.program(), "--version"],
                           capture_output=True, encoding="utf-8")
    if tried.returncode != 0:
        pytest.skip(tried.stderr.strip())
    cell, = ok(on_host(prefix, open_folder / "x.jsonl", *MEMORY))
    assert cell["memory_source"] == "smaps_rollup"
    assert known(cell, "anon_bytes", "lazy_free_bytes", "pages")
    assert cell["timeline"]["t_ns"]


def test_a_program_that_may_not_be_read_has_no_page_truth(open_folder: Path):
    """The kernel gives pagemap of such a process to root alone."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root to become a user who may not read a file")
    program = open_folder / "giveback"
    shutil.copy(runs.program(), program)
    program.chmod(0o711)
    path = open_folder / "x.jsonl"
    ended = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--",
         program, "run", "-a", "bump", *MEMORY[2:], "-o", path],
        capture_output=True, encoding="utf-8", env=runs.environment())
    assert path.exists(), ended.stderr
    cell, = runs.read(path).cells
    assert cell["outcome"] == "ok", cell["reason"]
    assert unknown(cell, "pages")
    assert known(cell, "anon_bytes", "lazy_free_bytes")


# ---- what only the reader of the host's files can be shown ----------------

def host_file(tmp_path: Path, target: str, text: str) -> list[str]:
    source = tmp_path / Path(target).name
    source.write_text(text)
    if not Path(target).exists():
        pytest.skip(f"this kernel has no {target}")
    return over(source, target)


def test_swap_in_use_is_warned_of_and_recorded(tmp_path: Path):
    text = Path("/proc/meminfo").read_text()
    lines = [line for line in text.splitlines(keepends=True)
             if not line.startswith(("SwapTotal", "SwapFree"))]
    prefix = host_file(tmp_path, "/proc/meminfo", "".join(lines) +
                       "SwapTotal: 1048576 kB\nSwapFree: 1041408 kB\n")
    results = on_host(prefix, tmp_path / "x.jsonl", *MEMORY)
    cell, = ok(results)
    assert results.run["host"]["swap_bytes"] == 7 << 20
    assert "7 MiB are swapped out" in results.err
    assert runs.phase(cell, "fill")["swap_bytes"] == 0  # none of its own


def test_thp_always_is_recorded_and_said(tmp_path: Path):
    prefix = host_file(tmp_path,
                       "/sys/kernel/mm/transparent_hugepage/enabled",
                       "[always] madvise never\n")
    results = on_host(prefix, tmp_path / "x.jsonl", "-a",
                      "host=bump,off=bump+thp=off", *MEMORY[2:])
    ok(results)
    assert results.run["host"]["thp"] == "always"
    assert results.one(allocator="host")["thp"] == "always"
    assert results.one(allocator="off")["thp"] == "off"
    assert "transparent huge pages are 'always'" in results.err
    assert "THP always: memory figures do not compare" in shown(results)
    assert "Not comparable: cells ran with different THP settings (always, " \
        "off)." in shown(results)


def test_where_nothing_is_randomised_no_cell_says_so(tmp_path: Path):
    prefix = host_file(tmp_path, "/proc/sys/kernel/randomize_va_space", "0\n")
    results = on_host(prefix, tmp_path / "x.jsonl", *SMALL, "--kind",
                      "memory,timing", "--after", "silent", "-p", "1")
    assert results.run["host"]["aslr"] == 0
    assert [cell["aslr"] for cell in ok(results)] == [False, False]


def test_hidden_interrupts_still_leave_a_timing_run_pinned(tmp_path: Path):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one CPU: nothing is pinned")
    hide = over(elsewhere.unopenable(tmp_path), "/proc/interrupts")
    cell, = ok(on_host(hide, tmp_path / "x.jsonl", *SMALL, "--kind",
                       "timing", "-p", "1"))
    assert len(cell["affinity"]) == 1


def test_one_cpu_has_a_coarse_timeline_and_no_pinning(tmp_path: Path):
    if not shutil.which("taskset"):
        pytest.skip("taskset is not installed")
    cpu = min(os.sched_getaffinity(0))
    results = on_host([shutil.which("taskset"), "-c", str(cpu)],
                      tmp_path / "x.jsonl", "-a", "system", "-w",
                      "fill_drain+objects=2000000", "--quick", "-r", "1",
                      "-p", "1", "--after", "tick")
    cells = ok(results)
    assert results.run["host"]["cores"] == 1
    assert {tuple(cell["affinity"]) for cell in cells} == {(cpu,)}
    times = results.one(kind="memory")["timeline"]["t_ns"]
    steps = [after - before for before, after in zip(times, times[1:-1])]
    assert len(steps) > 3 and median(steps) > 8_000_000, "10 ms apart"
    assert "one CPU: it is shared with what measures" in results.err
    assert "One CPU: times were taken beside" in shown(results)

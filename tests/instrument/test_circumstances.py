"""What a figure must not depend on, and what is recorded beside it."""

import os
from pathlib import Path

import runs
from figures import silent

OBJECTS = "fill_drain+objects=100000"
MIB = 1 << 20


def test_a_fat_launcher_does_not_show_in_the_peak(tmp_path: Path):
    """VmHWM starts anew at exec; ru_maxrss would carry 300 MiB over."""
    lean = silent(tmp_path / "lean.jsonl", "-a", "system", "-w",
                  OBJECTS).cells[0]
    fat = silent(tmp_path / "fat.jsonl", "-a", "system", "-w", OBJECTS,
                 "--launcher", os.environ["FAT_LAUNCHER"]).cells[0]
    assert abs(fat["peak_rss_bytes"] - lean["peak_rss_bytes"]) < MIB
    assert fat["peak_rss_bytes"] >= runs.phase(fat, "fill")["rss_bytes"]


def test_aslr_is_recorded_off_for_memory_and_on_for_timing(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", "-a", "bump", "-w", OBJECTS,
                       "--kind", "memory,timing", "--after", "silent",
                       "--quick", "-r", 1, "-p", 1)
    assert results.one(kind="timing")["aslr"] is True
    # Where personality() is refused it stays on, and must be recorded so.
    refused = "Seccomp:\t0" not in Path("/proc/self/status").read_text()
    assert results.one(kind="memory")["aslr"] in ((False, True) if refused
                                                  else (False,))


def test_huge_pages_off_are_recorded(tmp_path: Path):
    results = silent(tmp_path / "x.jsonl", "-a", "host=bump,off=bump+thp=off",
                     "-w", OBJECTS)
    assert results.one(allocator="off")["thp"] == "off"
    assert results.one(allocator="host")["thp"] == results.run["host"]["thp"]


def seen_at(timeline: dict, moment_ns: int) -> int:
    """What the timeline says of a moment: the last point before it holds."""
    return [resident for time_ns, resident in
            zip(timeline["t_ns"], timeline["resident_bytes"])
            if time_ns <= moment_ns][-1]


def test_the_timeline_agrees_with_the_samples_of_a_quiet_process(
        tmp_path: Path):
    results = silent(tmp_path / "x.jsonl", "-a",
                     "bump,mapper+release=dontneed,system", "-w",
                     "survivors+objects=20000+keep=2")
    for cell in results.cells:
        for sample in runs.phases(cell, "silent"):
            assert seen_at(cell["timeline"], sample["since_drain_ns"]) == \
                sample["statm_rss_bytes"] - cell["base"]["statm_rss_bytes"], \
                f"{runs.key(cell)} at {sample['since_drain_ns']} ns"


def test_the_timeline_counts_live_bytes_down_to_the_survivors(tmp_path: Path):
    cell = silent(tmp_path / "x.jsonl", "-a", "system", "-w",
                  "survivors+objects=1000000+keep=1000").cells[0]
    timeline = cell["timeline"]
    assert max(timeline["live_bytes"]) > 8 * MIB
    assert timeline["t_ns"] == sorted(timeline["t_ns"])
    quiet = [live for time_ns, live in
             zip(timeline["t_ns"], timeline["live_bytes"])
             if 5_000_000 < time_ns < 900_000_000]
    assert set(quiet) <= {16 * 1000}

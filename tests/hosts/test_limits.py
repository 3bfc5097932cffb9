"""Limits of a control group: recorded, and kept by the watchdog.

The groups are files of this test's own, mounted where the kernel's are."""

from pathlib import Path

import elsewhere
import pytest
import runs
from elsewhere import MEMORY, on_host, over, shown

MIB = 1 << 20
GROUPS = "/sys/fs/cgroup"

# Where the process is, and what stands in its group's folder.
V1 = ("4:memory:/box\n3:cpu:/box\n0::/\n", "memory/box", "cpu/box", {
    "limit": "memory.limit_in_bytes", "used": "memory.usage_in_bytes",
    "inactive": "total_inactive_file"})
V2 = ("0::/box\n", "box", "box", {
    "limit": "memory.max", "used": "memory.current",
    "inactive": "inactive_file"})


def group(tmp_path: Path, version: tuple, limit_mib: int, used_mib: int,
          inactive_mib: int = 0) -> Path:
    _, memory, cpu, names = version
    root = tmp_path / "groups"
    folder = root / memory
    folder.mkdir(parents=True)
    (root / cpu).mkdir(parents=True, exist_ok=True)
    (folder / names["limit"]).write_text(f"{limit_mib * MIB}\n")
    (folder / names["used"]).write_text(f"{used_mib * MIB}\n")
    (folder / "memory.stat").write_text(
        f"anon 0\n{names['inactive']} {inactive_mib * MIB}\n")
    return root


def inside(tmp_path: Path, version: tuple, root: Path) -> list[str]:
    if not Path(GROUPS).is_dir():
        pytest.skip(f"this kernel has no {GROUPS}")
    place = tmp_path / "cgroup"
    place.write_text(version[0])
    return over(root, GROUPS, place, "/proc/self/cgroup")


@pytest.mark.parametrize("version", (V1, V2), ids=("v1", "v2"))
def test_the_room_of_the_own_group_is_the_limit(tmp_path: Path,
                                                version: tuple):
    root = group(tmp_path, version, limit_mib=100, used_mib=60,
                 inactive_mib=10)
    results = on_host(inside(tmp_path, version, root), tmp_path / "x.jsonl",
                      *MEMORY)
    host = results.run["host"]
    assert host["cgroup_memory_limit_bytes"] == 100 * MIB
    assert host["cgroup_memory_used_bytes"] == 50 * MIB
    assert results.run["memory_limit_bytes"] == 50 * MIB // 10 * 9


@pytest.mark.parametrize("version", (V1, V2), ids=("v1", "v2"))
def test_a_cell_beyond_it_fails_and_has_no_figures(tmp_path: Path,
                                                   version: tuple):
    """Scratch of 80 MB for the addresses alone is refused at once; objects
    in half of the room are ended by the watchdog."""
    root = group(tmp_path, version, limit_mib=200, used_mib=100)
    results = on_host(
        inside(tmp_path, version, root), tmp_path / "x.jsonl", "-a", "system",
        "-w", "fill_drain+objects={1000,20000000}", "-w",
        "fill_drain+objects=4000000+size=128", *MEMORY[4:])
    assert results.exit_status == 1
    outcomes = {cell["parameters"]["objects"]: cell["outcome"]
                for cell in results.cells}
    assert outcomes == {1000: "ok", 4000000: "failed", 20000000: "failed"}
    for cell in results.cells:
        if cell["outcome"] == "failed":
            assert "90 MiB" in cell["reason"], cell["reason"]
            assert cell["samples"] == [] and cell["peak_rss_bytes"] is None


@pytest.mark.parametrize(("version", "files"), (
    (V1, {"cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"}),
    (V2, {"cpu.max": "50000 100000\n"})), ids=("v1", "v2"))
def test_a_quota_of_cpu_time_is_recorded_and_said(
        tmp_path: Path, version: tuple, files: dict[str, str]):
    root = group(tmp_path, version, limit_mib=4096, used_mib=0)
    for name, text in files.items():
        (root / version[2] / name).write_text(text)
    results = on_host(inside(tmp_path, version, root), tmp_path / "x.jsonl",
                      *MEMORY)
    host = results.run["host"]
    assert (host["cgroup_cpu_quota_us"], host["cgroup_cpu_period_us"]) \
        == (50000, 100000)
    assert "may use 0.50 of" in results.err
    assert "CPU quota of 0.50 CPUs" in shown(results)


def test_without_groups_nothing_is_limited(tmp_path: Path):
    empty = tmp_path / "groups"
    empty.mkdir()
    results = on_host(inside(tmp_path, V2, empty), tmp_path / "x.jsonl",
                      *MEMORY)
    host = results.run["host"]
    assert {host[name] for name in host if name.startswith("cgroup")} \
        == {None}
    assert results.run["memory_limit_bytes"] == \
        host["available_bytes"] // 10 * 9
    assert "quota" not in results.err


def test_the_helper_refuses_nothing_by_itself():
    """What the tests above show is the host's doing and not the helper's."""
    ended = elsewhere.giveback(over("nothing", "/mnt"), "--version")
    assert ended.returncode == 0 and ended.stdout == \
        runs.giveback("--version").stdout

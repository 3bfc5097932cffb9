"""The instruments see what was planted, to the page."""

from pathlib import Path
from statistics import median

import pytest
import runs

PAGE_BYTES = 4096
HUGE_BYTES = 2 << 20


def silent(path: Path, *arguments: object) -> runs.Results:
    results = runs.run(path, *arguments, "--kind", "memory", "--after",
                       "silent", "--quick", "-r", 1)
    assert {cell["outcome"] for cell in results.cells} == {"ok"}, [
        cell["reason"] for cell in results.cells]
    return results


def growth(cell: dict, sample: dict, field: str = "anon_bytes") -> int:
    return sample[field] - cell["base"][field]


def test_a_leak_of_one_percent_is_kept_to_the_page(tmp_path: Path):
    """10,000 blocks of a page; the warm-up's release is the first counted."""
    cell, = silent(tmp_path / "x.jsonl", "-a", "planted_pages", "-w",
                   "fill_drain+objects=10000+size=4096").cells
    assert growth(cell, runs.phase(cell, "fill")) == 10_000 * PAGE_BYTES
    kept = runs.phases(cell, "silent")[-1]
    assert kept["live_bytes"] == 0
    assert growth(cell, kept) == 100 * PAGE_BYTES
    pages = [row["pages"]["dead_bytes"] for row in (cell["base"], kept)]
    assert pages[1] - pages[0] == 100 * PAGE_BYTES


def test_a_leak_stands_in_the_table(tmp_path: Path):
    results = silent(tmp_path / "x.jsonl", "-a", "planted_pages", "-w",
                     "fill_drain+objects=25600+size=4096")
    row = next(line for line in results.out.splitlines()
               if line.startswith("planted_pages"))
    assert row.split()[1:3] == ["100.0", "1.0"], row  # MiB: peak, kept


def test_what_is_slow_to_load_is_listed_as_installed():
    """No limit of memory is broken by one that only takes its time."""
    listed = runs.giveback("list", "allocators")
    assert listed.returncode == 0
    _, _, behind = listed.stdout.partition("\nslow: ")
    assert behind.splitlines()[1] == "  installed", listed.stdout


def test_huge_pages_are_counted_apart_and_are_resident(tmp_path: Path):
    setting = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not setting.exists() or "[never]" in setting.read_text():
        pytest.skip("this host has no transparent huge pages")
    cell, = silent(tmp_path / "x.jsonl", "-a", "planted_pages+plant=huge_pages",
                   "-w", f"fill_drain+objects=8+size={HUGE_BYTES}").cells
    fill, drain = (runs.phase(cell, name) for name in ("fill", "drain"))
    assert growth(cell, fill) == 8 * HUGE_BYTES
    huge = growth(cell, fill, "huge_bytes")
    if huge < 8 * HUGE_BYTES:
        pytest.skip(f"the kernel had {huge // HUGE_BYTES} of 8 huge pages")
    assert huge == 8 * HUGE_BYTES
    assert fill["pages"]["live_bytes"] - cell["base"]["pages"]["live_bytes"] \
        == 8 * HUGE_BYTES
    assert growth(cell, drain) == growth(cell, drain, "huge_bytes") == 0


def test_without_huge_pages_the_same_has_none(tmp_path: Path):
    cell, = silent(tmp_path / "x.jsonl", "-a",
                   "planted_pages+plant=huge_pages+thp=off", "-w",
                   f"fill_drain+objects=8+size={HUGE_BYTES}").cells
    fill = runs.phase(cell, "fill")
    assert growth(cell, fill) == 8 * HUGE_BYTES
    assert growth(cell, fill, "huge_bytes") == 0


@pytest.fixture(scope="module")
def glibc(tmp_path_factory: pytest.TempPathFactory) -> runs.Results:
    """Up to 2.42 glibc keeps 16 B objects that were released first in first
    out till a request above 1 KiB comes; later ones give them back at once.
    """
    results = silent(tmp_path_factory.mktemp("glibc") / "x.jsonl", "-a",
                     "system", "-w", "fill_drain+objects=1000000",
                     "-w", "printing+objects=1000000")
    name, version = results.run["host"]["libc"].split()
    if tuple(map(int, version.split(".")[:2])) > (2, 42):
        pytest.skip(f"{name} {version} keeps nothing that a print could free")
    return results


def kept_share(cell: dict) -> float:
    return growth(cell, runs.phases(cell, "silent")[-1]) / \
        growth(cell, runs.phase(cell, "fill"))


def test_the_harness_makes_no_request_of_its_own(glibc: runs.Results):
    assert kept_share(glibc.one(workload="fill_drain")) > 0.99


def test_a_worker_that_prints_would_be_seen(glibc: runs.Results):
    """The same with one line printed: nearly everything is gone."""
    assert kept_share(glibc.one(workload="printing")) < 0.05


def test_points_of_the_timeline_are_a_millisecond_apart(
        tmp_path: Path):
    results = silent(tmp_path / "x.jsonl", "-a", "bump", "-w",
                     "fill_drain+objects=4000000+size=64")
    if results.run["host"]["cores"] == 1:
        pytest.skip("one CPU: the timeline has 100 points a second")
    cell, = results.cells
    times = [time_ns for time_ns, resident in zip(
        cell["timeline"]["t_ns"], cell["timeline"]["resident_bytes"])
        if 0 < resident < 0.95 * 4_000_000 * 64]
    steps = sorted(after - before for before, after in zip(times, times[1:]))
    assert len(steps) > 20
    # The grid is absolute: a late point does not move those behind it.
    assert 700_000 < median(steps) < 1_300_000

"""A cell that asks for more memory than there is ends; the machine lives.

So that this costs a second and disturbs nobody, the program sees a machine
with 1 GiB available: a /proc/meminfo of its own, in a mount namespace of its
own.
"""

import subprocess
from pathlib import Path

import pytest
import runs

SOON_S = 60
AVAILABLE_KIB = 1 << 20
LIMIT_MIB = 1024 * 9 // 10  # nine tenths of it
MEMINFO = f"""\
MemTotal:        {4 * AVAILABLE_KIB} kB
MemFree:         {AVAILABLE_KIB} kB
MemAvailable:    {AVAILABLE_KIB} kB
SwapTotal:       0 kB
SwapFree:        0 kB
"""
IN_A_NAMESPACE = ("unshare", "--map-root-user", "--mount", "sh", "-c",
                  'mount --bind "$0" /proc/meminfo && exec "$@"')


@pytest.fixture
def little(tmp_path: Path) -> list[str]:
    """The words that make the program see little memory."""
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(MEMINFO)
    words = [*IN_A_NAMESPACE, str(meminfo)]
    try:
        tried = subprocess.run([*words, "cat", "/proc/meminfo"],
                               capture_output=True, encoding="utf-8")
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    if tried.stdout != MEMINFO:
        pytest.skip(f"no mount namespace here: {tried.stderr.strip()}")
    return words


def measure(little: list[str], path: Path, workload: str,
            kind: str) -> tuple[int, runs.Results]:
    ended = subprocess.run(
        [*little, runs.program(), "run", "-a", "bump,null", "-w", workload,
         "--kind", kind, "--after", "silent", "--quick", "-r", "1", "-p",
         "1", "-o", path],
        capture_output=True, encoding="utf-8", timeout=SOON_S,
        env=runs.environment())
    runs.check_file(path)
    return ended.returncode, runs.read(path)


@pytest.mark.parametrize("kind", ("memory", "timing"))
def test_the_watchdog_ends_a_cell_that_takes_all(
        tmp_path: Path, little: list[str], kind: str):
    """The objects are twice the limit, the bookkeeping is small."""
    status, results = measure(
        little, tmp_path / "x.jsonl",
        f"fill_drain+size=64K+objects={2 * LIMIT_MIB * 16}", kind)
    cell = results.one(allocator="bump")
    assert (cell["outcome"], cell["signal"]) == ("failed", "SIGKILL")
    assert (f"may hold {LIMIT_MIB} MiB of this machine's memory: ask for "
            "fewer objects") in cell["reason"]
    assert cell["samples"] == [] and cell["peak_rss_bytes"] is None
    assert results.one(allocator="null")["outcome"] == "ok"
    assert status == 1


def test_bookkeeping_beyond_the_limit_is_refused_at_once(
        tmp_path: Path, little: list[str]):
    status, results = measure(little, tmp_path / "x.jsonl",
                              "fill_drain+objects=3000000000", "timing")
    for cell in results.cells:
        assert (cell["outcome"], cell["signal"]) == ("failed", None)
        assert "ask for fewer objects" in cell["reason"]
        assert cell["samples"] == []
    assert status == 1

"""`giveback program` from its command line to its table and file."""

import hashlib
import signal
import subprocess
import time
from pathlib import Path

import pytest
import runs

PYTHON = "/usr/bin/python3"
MARKED = """if True:
    import os, time
    maps = open("/proc/self/maps").read()
    print("sees", "jemalloc" in maps, os.environ.get("PYTHONMALLOC"),
          os.environ.get("MALLOC_ARENA_MAX"))
    held = bytearray(96 << 20)
    print("MARK peak", flush=True); time.sleep(0.1)
    del held
    print("MARK dropped", flush=True); time.sleep(0.5)"""


def program(path: Path, *arguments: object, **changes: str) -> runs.Results:
    ended = runs.giveback("program", *arguments[:-1], "-o", path, "--",
                          *arguments[-1], **changes)
    assert path.exists(), ended.stderr
    runs.check_file(path)
    found = runs.read(path)
    return runs.Results(found.run, found.cells, ended.returncode,
                        ended.stdout, ended.stderr)


def test_a_python_under_each_allocator(tmp_path):
    found = program(tmp_path / "out.jsonl", "-a", "own,system,jemalloc,null",
                    "-r", 1, "-p", 1, [PYTHON, "-c", MARKED],
                    MALLOC_ARENA_MAX="1")
    assert found.exit_status == 0, found.err
    names = [entry["allocator"] for entry in found.run["allocators"]]
    assert names == ["own", "system", "jemalloc", "null"]
    cells = {cell["allocator"]: cell for cell in found.cells
             if cell["kind"] == "program"}
    assert "part of giveback" in cells["null"]["reason"]
    if cells["jemalloc"]["outcome"] == "unsupported":
        pytest.skip(cells["jemalloc"]["reason"])
    for name, seen in (("own", "sees False None None"),
                       ("system", "sees False malloc None"),
                       ("jemalloc", "sees True malloc None")):
        # The command's output, its marks with it, once for each memory run.
        assert seen + "\nMARK peak\nMARK dropped\n" in found.out, name
        assert [row["phase"] for row in cells[name]["samples"]] \
            == ["start", "peak", "dropped"]
        assert cells[name]["peak_rss_bytes"] > 96 << 20
        assert runs.phase(cells[name], "dropped")["rss_bytes"] < 96 << 20
        assert cells[name]["program"]["cleared"] == {"MALLOC_ARENA_MAX": "1"}
    for name in ("system", "jemalloc"):
        library = Path(cells[name]["identity"]["library"])
        assert cells[name]["identity"]["sha256"] \
            == hashlib.sha256(library.read_bytes()).hexdigest()
    timed = [cell for cell in found.cells if cell["kind"] == "program_timing"]
    assert {cell["outcome"] for cell in timed} <= {"ok", "unsupported"}
    # Timing runs show nothing.
    assert found.out.count("None\nMARK peak\n") == 3
    for title in ("wall s", "CPU s", "peak MiB", "kept MiB", "kept %"):
        assert title in found.out
    assert "MALLOC_ARENA_MAX of your environment" in found.err


def test_a_command_that_fails_keeps_its_status(tmp_path):
    found = program(tmp_path / "out.jsonl", "-a", "own", "-r", 1, "-p", 1,
                    ["sh", "-c", "echo said; exit 3"], PATH="/usr/bin:/bin")
    assert found.exit_status == 1
    assert "failed" in {cell["outcome"] for cell in found.cells}
    for cell in found.cells:
        if cell["outcome"] != "unsupported":
            assert (cell["outcome"], cell["exit_status"]) == ("failed", 3)
    assert found.out.startswith("said\n")


def test_without_hyperfine_memory_is_still_measured(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sleep").symlink_to("/usr/bin/sleep")
    found = program(tmp_path / "out.jsonl", "-a", "own", "-r", 1, "--name",
                    "nap", ["sleep", "0.1"], PATH=str(tmp_path / "bin"))
    assert found.exit_status == 0, found.err
    assert found.one(kind="program")["outcome"] == "ok"
    assert found.one(kind="program")["workload"] == "nap"
    assert "hyperfine" in found.one(kind="program_timing")["reason"]


@pytest.mark.parametrize(("arguments", "said"), [
    (["--", "no-such-command-here"], "no such command in PATH"),
    (["-a", "jemaloc", "--", "true"], "did you mean 'jemalloc'?"),
    (["-o", "/dev/null", "--", "true"], "exists"),
    (["--"], "a command behind --"),
    (["-r", "0", "--", "true"], "1 to 1000000")])
def test_wrong_usage_is_told(tmp_path, arguments, said):
    ended = runs.giveback("program", *arguments, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert list(tmp_path.iterdir()) == []


def living(word: bytes) -> list[Path]:
    return [path for path in Path("/proc").glob("[0-9]*/cmdline")
            if path.exists() and word in path.read_bytes()]


def test_an_interrupt_leaves_no_process_and_loses_no_row(tmp_path):
    """The second run of the command never ends by itself."""
    path = tmp_path / "out.jsonl"
    process = subprocess.Popen(
        [runs.program(), "program", "-a", "own", "-k", "memory", "-o", path,
         "--", "sh", "-c", "if test -e again; then sleep 123.75; fi; "
         "touch again"], cwd=tmp_path, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, env=runs.environment(), encoding="utf-8")
    while not living(b"\x00123.75\0"):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted after 1 of 6 runs" in said
    runs.check_file(path)
    assert [cell["outcome"] for cell in runs.read(path).cells] == ["ok"]
    assert not living(b"\x00123.75\0")

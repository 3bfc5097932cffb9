"""python_recorder as users run it: how it exits, and when there is no trace.
"""

import os
import subprocess
from pathlib import Path

import pytest

RECORDER = os.environ["GIVEBACK_RECORDER"]
REPLAY = os.environ["GIVEBACK_REPLAY"]
NO_TRACE, UNUSABLE, NOT_FOUND = 125, 126, 127


def recorder(*words: object, cwd: Path | None = None,
             **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([RECORDER, *map(str, words)], cwd=cwd,
                          capture_output=True, encoding="utf-8", timeout=60,
                          stdin=subprocess.DEVNULL,
                          env={**os.environ, **changes})


@pytest.fixture(scope="module", autouse=True)
def libpython(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips everything where no interpreter can be recorded."""
    tried = recorder("-o", tmp_path_factory.mktemp("try") / "t.zst", "--",
                     "-c", "pass")
    if tried.returncode in (UNUSABLE, NOT_FOUND):
        pytest.skip(tried.stderr)


def record(trace: Path, code: str,
           *options: str) -> subprocess.CompletedProcess[str]:
    return recorder("-o", trace, "--", *options, "-c", code)


def replays(trace: Path) -> bool:
    """Whether the clone answers as the interpreter did."""
    ended = subprocess.run([REPLAY, "same", "matching", "preset", trace],
                           capture_output=True, encoding="utf-8", timeout=60)
    return ended.returncode == 0 and "0 differences" in ended.stdout


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("code, status", (
    ("print('hello')", 0), ("import sys; sys.exit(3)", 3),
    ("raise ValueError('no')", 1)))
def test_it_exits_as_the_program_does(tmp_path: Path, code: str, status: int):
    ended = record(tmp_path / "t.zst", code)
    assert ended.returncode == status, ended.stderr
    assert "arenas taken" in ended.stderr
    assert files(tmp_path) == ["t.zst"]
    assert replays(tmp_path / "t.zst")


def test_a_relative_name_is_where_it_was_typed(tmp_path: Path):
    ended = recorder("-o", "t.zst", "--", "-c", "import os; os.chdir('/')",
                     cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert replays(tmp_path / "t.zst")


def test_a_script_gets_its_arguments_and_its_own_interpreter(tmp_path: Path):
    script = tmp_path / "s.py"
    script.write_text("import os, sys\n"
                      "print(sys.argv[1:], sys.hash_info.width,"
                      " os.environ['PYTHONHASHSEED'])\n")
    ended = recorder("-o", tmp_path / "t.zst", "--", script, "-o", "--", "x")
    assert ended.stdout == "['-o', '--', 'x'] 64 0\n", ended.stderr


def test_memory_that_is_refused_is_counted_and_not_told(tmp_path: Path):
    ended = record(tmp_path / "t.zst",
                   "try:\n    bytearray(1 << 46)\nexcept MemoryError:\n"
                   "    print('refused')")
    assert ended.stdout == "refused\n"
    assert replays(tmp_path / "t.zst")


def test_threads_are_recorded(tmp_path: Path):
    ended = record(tmp_path / "t.zst", """
import threading
def work():
    kept = [[i] for i in range(20000)]
threads = [threading.Thread(target=work) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
""")
    assert ended.returncode == 0, ended.stderr
    assert replays(tmp_path / "t.zst")


def test_a_forked_child_leaves_the_trace_alone(tmp_path: Path):
    ended = record(tmp_path / "t.zst", """
import os
child = os.fork()
kept = [str(i) for i in range(100000)]
if child == 0:
    raise SystemExit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
""")
    assert (ended.returncode, ended.stdout) == (0, "7\n"), ended.stderr
    assert files(tmp_path) == ["t.zst"]
    assert replays(tmp_path / "t.zst")


def test_an_old_trace_stays_until_the_new_one_is_whole(tmp_path: Path):
    trace = tmp_path / "t.zst"
    trace.write_text("old")
    record(trace, "import os; os._exit(4)")
    assert trace.read_text() == "old"


def test_an_allocator_of_the_interpreters_own_is_found_out(tmp_path: Path):
    ended = record(tmp_path / "t.zst", "pass", "-X", "dev")
    assert ended.returncode == NO_TRACE
    assert "leave out -X dev" in ended.stderr
    assert files(tmp_path) == []


def test_settings_that_change_the_allocator_are_ignored(tmp_path: Path):
    ended = recorder("-o", tmp_path / "t.zst", "--", "-c", "pass",
                     PYTHONMALLOC="malloc", PYTHONDEVMODE="1")
    assert ended.returncode == 0, ended.stderr
    assert replays(tmp_path / "t.zst")


@pytest.mark.parametrize("misalignment, status", (
    ("16", 0), ("4080", 0), ("8", NO_TRACE), ("16384", NO_TRACE), ("x", 2),
    ("-1", 2)))
def test_arenas_begin_where_they_are_told_to(tmp_path: Path,
                                             misalignment: str, status: int):
    ended = recorder(f"--misalignment={misalignment}", "-o",
                     tmp_path / "t.zst", "--", "-c", "pass")
    assert ended.returncode == status, ended.stderr
    assert status != 0 or replays(tmp_path / "t.zst")
    assert status == 0 or misalignment in ended.stderr


@pytest.mark.parametrize("words", ((), ("-o", "t.zst"),
                                   ("--", "-c", "pass"), ("--what",)))
def test_wrong_usage_says_what_is_right(tmp_path: Path, words: tuple[str]):
    ended = recorder(*words, cwd=tmp_path)
    assert ended.returncode == 2
    assert "--help" in ended.stderr
    assert files(tmp_path) == []


@pytest.mark.parametrize("library, words", (
    ("/nowhere/libpython3.11.so", "No such file"),
    ("libc.so.6", "it has no Py_GetVersion")))
def test_what_is_no_libpython_is_named(tmp_path: Path, library: str,
                                       words: str):
    ended = recorder("--libpython", library, "-o", tmp_path / "t.zst", "--",
                     "-c", "pass")
    assert ended.returncode == UNUSABLE
    assert words in ended.stderr
    assert files(tmp_path) == []


@pytest.mark.parametrize("name", ("nowhere/t.zst", "n" * 300))
def test_a_trace_that_cannot_be_written_is_said_before_the_run(
        tmp_path: Path, name: str):
    ended = record(tmp_path / name, "print('ran')")
    assert (ended.returncode, ended.stdout) == (NO_TRACE, "")
    assert "making the trace" in ended.stderr


def test_a_full_disk_is_said_at_the_end(tmp_path: Path):
    ended = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -f 8; trap "" XFSZ; exec "$@"', "sh",
         RECORDER, "-o", tmp_path / "t.zst", "--", "-c",
         "import json, random; json.dumps([random.random()"
         " for _ in range(50000)]); print('ran')"],
        capture_output=True, encoding="utf-8", timeout=60)
    assert (ended.returncode, ended.stdout) == (NO_TRACE, "ran\n")
    assert "File too large" in ended.stderr
    assert files(tmp_path) == []

"""What surrounds a worker: nothing of the user's but what is listed."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import elsewhere
import pytest
import runs
from elsewhere import MEMORY, TIMING

TUNABLES = "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384"


def told(tmp_path: Path, *arguments: str, **changes: str) -> list[str]:
    """What `tell` wrote of the workers: the identity's, then the cell's."""
    file = tmp_path / "told"
    runs.run(tmp_path / "x.jsonl", *arguments, "--launcher",
             f"{elsewhere.launcher('tell')} {file}", **changes)
    return file.read_text().splitlines()


def lines(told_lines: list[str], kind: str) -> set[str]:
    return {line.removeprefix(f"{kind} ") for line in told_lines
            if line.startswith(f"{kind} ")}


def test_the_environment_holds_nothing_of_the_users(tmp_path: Path):
    found = told(tmp_path, *MEMORY, LD_LIBRARY_PATH="/tmp", HOME="/nowhere",
                 MALLOC_CONF="narenas:1", MALLOC_ARENA_MAX="1",
                 GLIBC_TUNABLES="glibc.malloc.trim_threshold=1",
                 PYTHONPATH="/tmp", SECRET="x", TMPDIR="/tmp",
                 ASAN_OPTIONS="color=never", UBSAN_OPTIONS="color=never",
                 TSAN_OPTIONS="color=never", GCOV_PREFIX="/tmp/nowhere")
    assert lines(found, "variable") == {
        "PATH=/usr/bin:/bin", "LC_ALL=C", TUNABLES,
        "ASAN_OPTIONS=color=never", "UBSAN_OPTIONS=color=never",
        "TSAN_OPTIONS=color=never", "GCOV_PREFIX=/tmp/nowhere"}


def test_a_variant_adds_its_own_and_tunables_are_merged(tmp_path: Path):
    """glibc's variants set tunables; the file says which."""
    name = next(variant for variant in runs.variants()["system"]
                if variant != "default")
    found = told(tmp_path, "-a", f"system:{name}", *MEMORY[2:])
    results = runs.read(tmp_path / "x.jsonl")
    wanted = results.run["allocators"][0]["environment"]["GLIBC_TUNABLES"]
    assert wanted and f"{TUNABLES}:{wanted}" in lines(found, "variable")


def test_the_folder_and_the_descriptors_are_fixed(tmp_path: Path):
    """Words and report are memory files: nothing has a name in /tmp."""
    inherited = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(inherited, True)
    try:
        found = told(tmp_path, *MEMORY)
    finally:
        os.close(inherited)
    assert lines(found, "folder") == {"/"}
    descriptors = {re.sub(r"\[\d+\]", "[]", line)
                   for line in lines(found, "fd")}
    assert descriptors == {
        "0 /dev/null", "1 /dev/null", "2 /memfd:giveback-words (deleted)",
        "3 /memfd:giveback-report (deleted)", "4 socket:[]"}


def test_a_library_path_and_the_folder_lead_to_no_other_library(
        tmp_path: Path):
    """A library of the right name, one of the wrong: only the system's own
    list and the program's folder are searched."""
    name = "libjemalloc.so.2"
    honest = runs.run(tmp_path / "x.jsonl", "-a", "jemalloc", *MEMORY[2:])
    (tmp_path / name).write_text("no library")
    path = tmp_path / "y.jsonl"
    ended = runs.giveback("run", "-a", "jemalloc", *MEMORY[2:], "-o", path,
                          cwd=tmp_path,
                          LD_LIBRARY_PATH=f"{tmp_path}:.:")
    entry = runs.read(path).run["allocators"][0]
    assert entry == honest.run["allocators"][0], ended.stderr
    assert str(tmp_path) not in (entry["library"] or "")


def test_the_run_path_is_the_programs_folder_and_nothing_empty():
    if not shutil.which("readelf"):
        pytest.skip("readelf is not installed")
    dynamic = subprocess.run(["readelf", "-d", runs.program()], check=True,
                             capture_output=True, encoding="utf-8").stdout
    paths = re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", dynamic)
    assert paths == ["$ORIGIN"]  # an empty entry would be the folder it is in


def test_the_program_calls_no_shell_and_makes_no_temporary_file():
    if not shutil.which("nm"):
        pytest.skip("nm is not installed")
    names = subprocess.run(["nm", "-D", "--undefined-only", runs.program()],
                           check=True, capture_output=True,
                           encoding="utf-8").stdout
    called = {line.split()[-1].split("@")[0] for line in names.splitlines()}
    assert "execve" in called  # the list is one
    for name in ("system", "popen", "execvp", "execlp", "execvpe",
                 "posix_spawnp", "wordexp", "tmpfile", "tmpnam", "tempnam",
                 "mktemp", "mkstemp", "mkostemp", "mkdtemp"):
        assert name not in called


def test_a_launcher_is_not_searched_for(tmp_path: Path):
    """Neither in the folder nor in PATH: a name alone is no path from /."""
    shutil.copy("/bin/true", tmp_path / "mine")
    path = tmp_path / "x.jsonl"
    runs.giveback("run", *MEMORY, "--launcher", "mine", "-o", path,
                  cwd=tmp_path, PATH=f"{tmp_path}:/usr/bin:/bin")
    cell, = runs.read(path).cells
    assert cell["outcome"] == "failed"
    assert "mine: No such file or directory" in cell["reason"]


# ---- a library by its path -------------------------------------------------

GOOD = Path(os.environ["GIVEBACK_BUILD"]) / "tests" / "villains" / \
    "changes_signals.so"  # whose cells are ok


@pytest.mark.parametrize("typed", ("./own.so", "sub/../own.so"))
def test_a_relative_path_begins_where_the_user_is(tmp_path: Path, typed: str):
    """The worker is in another folder."""
    shutil.copy(GOOD, tmp_path / "own.so")
    (tmp_path / "sub").mkdir()
    path = tmp_path / "x.jsonl"
    ended = runs.giveback("run", "-a", f"own={typed}", *TIMING[2:], "-o",
                          path, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    cell, = runs.read(path).cells
    assert cell["identity"]["library"] == f"{tmp_path}/own.so"


def test_without_a_folder_of_ones_own_a_relative_path_leads_nowhere(
        tmp_path: Path):
    path = tmp_path / "x.jsonl"
    inside = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    ended = subprocess.run(
        ["/bin/sh", "-c", inside, "sh", runs.program(), "run", "-a",
         "own=./own.so", *TIMING[2:], "-o", path], cwd=tmp_path,
        capture_output=True, text=True, env=runs.environment())
    assert ended.returncode == 2
    assert "'own=./own.so': this folder has no path" in ended.stderr
    assert not path.exists()


# ---- the result file -------------------------------------------------------

@pytest.mark.parametrize(("mask", "mode"), ((0o022, 0o644), (0o077, 0o600),
                                            (0o002, 0o664)))
def test_the_umask_decides_who_reads_results(tmp_path: Path, mask: int,
                                             mode: int):
    path = tmp_path / "x.jsonl"
    ended = subprocess.run([runs.program(), "run", *MEMORY, "-o", path],
                           umask=mask, capture_output=True,
                           env=runs.environment())
    assert ended.returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert [each.name for each in tmp_path.iterdir()] == ["x.jsonl"]


@pytest.mark.parametrize("exists", (True, False), ids=("whole", "dangling"))
def test_a_new_file_is_never_made_through_a_link(tmp_path: Path,
                                                 exists: bool):
    target = tmp_path / "target"
    link = tmp_path / "x.jsonl"
    if exists:
        target.write_text("precious")
    link.symlink_to(target)
    ended = runs.giveback("run", *MEMORY, "-o", link)
    assert ended.returncode == 2
    assert "exists: name another file" in ended.stderr
    assert target.exists() == exists
    assert not exists or target.read_text() == "precious"


def test_resuming_a_file_of_something_else_leaves_it_as_it_is(tmp_path: Path):
    target = tmp_path / "target"
    target.write_text("precious")
    link = tmp_path / "x.jsonl"
    link.symlink_to(target)
    for arguments in ((), MEMORY):
        ended = runs.giveback("run", *arguments, "--resume", "-o", link)
        assert ended.returncode == 2
        assert target.read_text() == "precious"

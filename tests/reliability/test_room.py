"""A disk that is full, or cannot be written, costs no finished cell. The run
ends with a message, and goes on once there is room."""

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import runs
import trial
from trial import Trial

CANNOT_WRITE = 1
WRONG_USAGE = 2  # nothing was begun
# Many lines of 2 KiB, quickly.
MANY = ("-w", "fill_drain+objects=100", "--kind", "timing", "-p", "40")


def limit_files(size: int) -> object:
    """For preexec_fn: no file may grow beyond `size` bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def check_full(disturbed: Trial, process: subprocess.Popen[str], why: str,
               already: int = 0) -> bytes:
    """The run ended because the file could not be written; what is kept.
    So many cells were there before."""
    _, err = process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == CANNOT_WRITE, err
    assert disturbed.workers() == []
    message = (f"giveback run: {disturbed.path}: cannot be written: {why}: "
               f"make room; {disturbed.hint()}\n")
    assert err.endswith(message), err
    disturbed.check_part()
    # Told as done is what is in the file, and nothing else.
    told = err.count("timing fill_drain+objects=100 ")
    assert told == len(disturbed.cells()) - already
    return disturbed.kept()


def test_a_limit_on_file_size_keeps_what_is_finished(tmp_path: Path):
    disturbed = Trial(tmp_path / "x.jsonl", MANY)
    # The report shared with a worker is a file for this limit, too: without
    # its units and snapshots it has 187,368 bytes.
    process = disturbed.start(preexec_fn=limit_files(200_000))
    before = check_full(disturbed, process, "No space left on device")
    assert len(before) > 190_000
    disturbed.check_resumes()
    assert disturbed.kept().startswith(before)


def begin_many(disturbed: Trial, count: int) -> bytes:
    """A run interrupted after so many cells, or some more; what is kept."""
    process = disturbed.start()
    disturbed.wait_for_cells(count)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=trial.LIMIT_S)
    return disturbed.kept()


def test_a_file_that_is_full_to_the_byte(tmp_path: Path):
    """There the kernel sends SIGXFSZ instead of a short count."""
    disturbed = Trial(tmp_path / "x.jsonl", MANY)
    before = begin_many(disturbed, 90)
    process = disturbed.begin("run", "--resume",
                              preexec_fn=limit_files(len(before)))
    _, err = process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == CANNOT_WRITE, err
    assert "cannot be written: File too large" in err
    assert disturbed.hint() in err
    assert disturbed.path.read_bytes() == before
    disturbed.check_resumes()


@pytest.mark.parametrize("size", (0, 100))
def test_no_room_for_the_first_line_leaves_no_file(tmp_path: Path, size: int):
    """A file without it could neither be gone on with nor begun anew."""
    disturbed = Trial(tmp_path / "x.jsonl")
    process = disturbed.start(preexec_fn=limit_files(size))
    _, err = process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == WRONG_USAGE, err
    assert f"{disturbed.path}: cannot be " in err
    assert list(tmp_path.iterdir()) == []
    again = disturbed.start()
    again.communicate(timeout=trial.LIMIT_S)
    disturbed.check_whole()


def test_a_device_is_no_result_file(tmp_path: Path):
    link = tmp_path / "x.jsonl"
    link.symlink_to("/dev/full")
    for path in (link, Path("/dev/full")):
        disturbed = Trial(path)
        process = disturbed.start()
        _, err = process.communicate(timeout=trial.LIMIT_S)
        assert process.returncode == WRONG_USAGE
        assert f"{path} exists: name another file" in err
        ended = disturbed.resume()
        assert ended.returncode == WRONG_USAGE
        assert "no result file to go on with" in ended.stderr


def test_a_file_in_place_of_the_folder(tmp_path: Path):
    (tmp_path / "folder").write_text("")
    disturbed = Trial(tmp_path / "folder" / "x.jsonl")
    process = disturbed.start()
    _, err = process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == WRONG_USAGE
    assert f"{disturbed.path}: cannot be created: Not a directory" in err


# ---- a small file system of our own ----------------------------------------

TMPFS_BYTES = 256 << 10
HOLDER = 'mount -t tmpfs -o size="$2" none "$1" && echo held && exec cat'


class SmallDisk:
    """A tmpfs in a mount namespace that a process holds open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asking = ["-m"] if os.geteuid() == 0 else ["-r", "-m"]
        self.holder = subprocess.Popen(
            ["unshare", *self.asking, "sh", "-c", HOLDER, "sh", folder,
             str(TMPFS_BYTES)], encoding="utf-8", stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self.holder.stdout and self.holder.stderr
        if self.holder.stdout.readline() != "held\n":
            why = self.holder.stderr.read().strip()
            self.close()
            pytest.skip(f"no small file system can be mounted: {why}")

    def outside(self, path: Path) -> Path:
        """The same file as seen from out here."""
        return Path(f"/proc/{self.holder.pid}/root{path}")

    def run(self, *words: str) -> tuple[int, str]:
        """A command inside; its exit status and standard error."""
        user = ["-U", "--preserve-credentials"] * ("-r" in self.asking)
        ended = subprocess.run(
            ["nsenter", "-t", str(self.holder.pid), *user, "-m", "--", *words],
            capture_output=True, encoding="utf-8", env=runs.environment(),
            timeout=trial.LIMIT_S, cwd="/")
        return ended.returncode, ended.stderr

    def giveback(self, *words: str) -> tuple[int, str]:
        return self.run(runs.program(), *words)

    def close(self) -> None:
        assert self.holder.stdin
        self.holder.stdin.close()
        self.holder.wait()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if not shutil.which("unshare") or not shutil.which("nsenter"):
        pytest.skip("unshare or nsenter is not installed")
    folder = tmp_path / "disk"
    folder.mkdir()
    found = SmallDisk(folder)
    yield found
    found.close()


def test_a_full_disk_keeps_what_is_finished(disk: SmallDisk):
    inside = Trial(disk.folder / "x.jsonl", MANY)
    seen = Trial(disk.outside(inside.path), MANY, mark=inside.mark)
    ballast = disk.outside(disk.folder / "ballast")
    ballast.write_bytes(bytes(TMPFS_BYTES - (64 << 10)))
    status, err = disk.giveback(*inside.command(), "-o", str(inside.path))
    assert status == CANNOT_WRITE, err
    assert (f"{inside.path}: cannot be written: No space left on device: "
            f"make room; {inside.hint()}\n") in err
    assert 10 < len(seen.cells()) < 40
    assert seen.path.read_bytes() == seen.kept()
    seen.check_part()
    before = seen.kept()
    # Still no room: nothing changes, and it is said again.
    resume = ("run", "--resume", "-o", str(inside.path))
    assert disk.giveback(*resume)[0] == CANNOT_WRITE
    assert seen.kept() == before
    ballast.unlink()
    ballast.write_bytes(b"")
    disk.run("mount", "-o", "remount,size=4M", str(disk.folder))
    status, err = disk.giveback(*resume)
    assert status == 0, err
    seen.check_whole(before)


def test_a_full_disk_at_the_start_leaves_no_file(disk: SmallDisk):
    path = disk.folder / "x.jsonl"
    fill = f"dd if=/dev/zero of={disk.folder}/ballast bs=4k; true"
    disk.run("sh", "-c", fill)
    status, err = disk.giveback(*Trial(path).command(), "-o", str(path))
    assert status == WRONG_USAGE
    assert f"{path}: cannot be " in err
    assert "No space left on device" in err
    assert not disk.outside(path).exists()


def test_a_read_only_disk(disk: SmallDisk):
    inside = Trial(disk.folder / "x.jsonl")
    seen = Trial(disk.outside(inside.path), mark=inside.mark)
    status, err = disk.giveback(*inside.command(), "-o", str(inside.path))
    assert status == 1, err  # null is found out, where blocks are checked
    before = seen.kept()
    remount = ("mount", "-o", "remount,ro", str(disk.folder))
    assert disk.run(*remount)[0] == 0
    other = disk.folder / "y.jsonl"
    status, err = disk.giveback(*inside.command(), "-o", str(other))
    assert status == WRONG_USAGE
    assert f"{other}: cannot be created: Read-only file system" in err
    status, err = disk.giveback("run", "--resume", "-o", str(inside.path))
    assert status == WRONG_USAGE
    assert "Read-only file system" in err
    assert seen.kept() == before


# ---- a file that cannot be written any more ---------------------------------


def set_immutable(path: Path, immutable: bool) -> None:
    """What root may not write either; skips where there is no such thing."""
    sign = "+" if immutable else "-"
    ended = subprocess.run(["chattr", f"{sign}i", path], capture_output=True,
                           encoding="utf-8")
    if ended.returncode != 0:
        pytest.skip(f"chattr {sign}i: {ended.stderr.strip()}")


def test_a_file_that_becomes_unwritable(tmp_path: Path):
    if not shutil.which("chattr"):
        pytest.skip("chattr is not installed")
    disturbed = Trial(tmp_path / "x.jsonl", MANY)
    process = disturbed.start()
    disturbed.wait_for_cells(5)
    set_immutable(disturbed.path, True)
    try:
        before = check_full(disturbed, process, "Operation not permitted")
        ended = disturbed.resume()
        assert ended.returncode == WRONG_USAGE
        assert "Operation not permitted" in ended.stderr
    finally:
        set_immutable(disturbed.path, False)
    assert disturbed.kept() == before
    disturbed.check_resumes()


# Answers of the kernel that a sound disk never gives, by way of strace.
FAILING_CALLS = (
    ("fdatasync:error=EIO:when=8", "Input/output error"),
    ("fdatasync:error=ENOSPC:when=8", "No space left on device"),
    ("write:error=EIO:when=8", "Input/output error"),
    ("write:error=EDQUOT:when=8", "Disk quota exceeded"),
)


def inject(disturbed: Trial, injection: str) -> subprocess.Popen[str]:
    """Goes on with a run with calls on its file that fail."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    if subprocess.run(["strace", "-o", os.devnull, "true"],
                      capture_output=True).returncode:
        pytest.skip("strace may not trace here")
    # The leak sanitizer cannot look at a process that is traced.
    options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return disturbed.begin(
        "run", "--resume", env=runs.environment(ASAN_OPTIONS=options),
        before=("strace", "-o", os.devnull, "-P", str(disturbed.path), "-e",
                f"inject={injection}"))


@pytest.mark.parametrize("injection, why", FAILING_CALLS)
def test_a_disk_that_fails(tmp_path: Path, injection: str, why: str):
    """What could not be brought to the disk does not count as finished."""
    disturbed = Trial(tmp_path / "x.jsonl", MANY)
    already = begin_many(disturbed, 2).count(b"\n") - 1
    check_full(disturbed, inject(disturbed, injection), why, already)
    # The seventh write or sync is well, the eighth is not.
    assert len(disturbed.cells()) == already + 7
    disturbed.check_resumes()


def test_a_call_that_was_interrupted_is_made_again(tmp_path: Path):
    disturbed = Trial(tmp_path / "x.jsonl", MANY)
    begin_many(disturbed, 2)
    process = inject(disturbed, "write:error=EINTR:when=5")
    _, err = process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == 0, err
    disturbed.check_whole()

"""A result file that vanishes takes no cell with it. Removed, replaced, moved
or gone with its folder while the run goes on; or in use by another run."""

import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import trial
from trial import SLOW, Trial

LOST = 1
WRONG_USAGE = 2


def end_of(process: subprocess.Popen[str]) -> str:
    """Ends with an error that was reported; what it said."""
    _, err = process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == LOST, err
    assert "results are in" not in err
    return err


def check_elsewhere(disturbed: Trial, err: str, before: bytes,
                    elsewhere: Path) -> None:
    """All that was measured is in another file, which can be gone on with; it
    is named as seen from the folder that the user is in."""
    disturbed.wait_until_alone()
    found = Trial(elsewhere, disturbed.arguments, mark=disturbed.mark)
    named = elsewhere if elsewhere == disturbed.path else elsewhere.name
    assert f": all of it is in {named}; go on with: giveback run --resume " \
        f"-o {named}\n" in err
    assert found.kept().startswith(before)
    found.check_resumes()


def test_removed(tmp_path: Path):
    """It is put back."""
    disturbed = Trial(tmp_path / "x.jsonl", SLOW)
    process = disturbed.start()
    disturbed.wait_for_cells(1)
    before = disturbed.kept()
    disturbed.path.unlink()
    err = end_of(process)
    assert f"{disturbed.path} was removed or replaced" in err
    check_elsewhere(disturbed, err, before, disturbed.path)


def test_replaced(tmp_path: Path):
    """What took its place is somebody's and stays as it is."""
    disturbed = Trial(tmp_path / "x.jsonl", SLOW)
    process = disturbed.start(cwd=tmp_path)
    disturbed.wait_for_cells(1)
    before = disturbed.kept()
    other = tmp_path / "other"
    other.write_text("somebody's\n")
    other.rename(disturbed.path)
    err = end_of(process)
    assert f"{disturbed.path} was removed or replaced" in err
    assert disturbed.path.read_text() == "somebody's\n"
    run_id = trial.rows_of(before)[0]["id"]
    check_elsewhere(disturbed, err, before,
                    tmp_path / f"giveback-{run_id}.jsonl")


def test_gone_with_its_folder(tmp_path: Path):
    """It is put into the folder that the user is in."""
    folder = tmp_path / "folder"
    folder.mkdir()
    disturbed = Trial(folder / "x.jsonl", SLOW)
    process = disturbed.start(cwd=tmp_path)
    disturbed.wait_for_cells(1)
    before = disturbed.kept()
    shutil.rmtree(folder)
    err = end_of(process)
    run_id = trial.rows_of(before)[0]["id"]
    check_elsewhere(disturbed, err, before,
                    tmp_path / f"giveback-{run_id}.jsonl")


def test_gone_with_no_place_left(tmp_path: Path):
    """Then it is said; nobody is told that results are somewhere."""
    folder = tmp_path / "folder"
    folder.mkdir()
    disturbed = Trial(folder / "x.jsonl", SLOW)
    process = disturbed.start(cwd=folder)
    disturbed.wait_for_cells(1)
    shutil.rmtree(folder)
    err = end_of(process)
    assert f"{disturbed.path} was removed or replaced" in err
    assert "cannot be kept elsewhere" in err
    disturbed.wait_until_alone()


def test_moved(tmp_path: Path):
    """Its cells are where it was moved to."""
    disturbed = Trial(tmp_path / "x.jsonl", SLOW)
    process = disturbed.start()
    disturbed.wait_for_cells(1)
    moved = disturbed.path.rename(tmp_path / "y.jsonl")
    before = moved.read_bytes()
    err = end_of(process)
    assert f"{disturbed.path} was moved away" in err
    found = Trial(moved, SLOW, mark=disturbed.mark)
    assert found.kept().startswith(before)
    found.check_resumes()


@pytest.mark.parametrize("stopped", (False, True))
def test_two_runs_on_one_file(tmp_path: Path, stopped: bool):
    """Both would measure the same cells: the second is refused, also while
    the first stands still and shows no sign of life."""
    disturbed = Trial(tmp_path / "x.jsonl", SLOW)
    process = disturbed.start()
    disturbed.wait_for_cells(1)
    if stopped:
        process.send_signal(signal.SIGSTOP)
    ended = disturbed.resume()
    process.send_signal(signal.SIGCONT)
    assert ended.returncode == WRONG_USAGE, ended.stderr
    assert f"{disturbed.path} is being written by another run" in ended.stderr
    process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == 0
    disturbed.check_whole()


def test_the_file_appears_with_its_first_line(tmp_path: Path):
    """Whoever looks never sees a file that cannot be gone on with."""
    disturbed = Trial(tmp_path / "x.jsonl")
    process = disturbed.start()
    seen: list[bytes] = []

    def appears() -> bool:
        if disturbed.path.exists():
            seen.append(disturbed.path.read_bytes())
        return bool(seen)

    trial.wait_until(appears, "the file", pause_s=0.0)
    assert seen[0].count(b"\n") >= 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]
    process.communicate(timeout=trial.LIMIT_S)

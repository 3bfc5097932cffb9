"""A file cut off anywhere goes on from its last whole line. Such is what a
kill, a full disk or a loss of power leaves behind."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trial
from trial import Trial

WRONG_USAGE = 2
QUICK = ("-w", "fill_drain+objects=100", "--kind", "timing", "-p", "2")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """A run that ended well; tests work on copies."""
    done = Trial(tmp_path_factory.mktemp("finished") / "x.jsonl", QUICK)
    assert done.start().wait(timeout=trial.LIMIT_S) == 0
    done.check_whole()
    return done


def last_line(whole: bytes) -> int:
    """Where the last line begins."""
    return whole.rindex(b"\n", 0, -1) + 1


# What is left of the last line.
TAILS: dict[str, Callable[[bytes], bytes]] = {
    "its first byte": lambda line: line[:1],
    "a key without its value": lambda line: line[:line.index(b":") + 1],
    "the middle of a text": lambda line: line[:12],
    "the middle of a number": lambda line: line[:line.index(b'"seed":') + 8],
    "all but the last brace": lambda line: line[:-2],
    "all but the newline": lambda line: line[:-1],
    "zeros, as after a loss of power": lambda line: bytes(len(line)),
    "its beginning and zeros": lambda line: line[:50] + bytes(300),
    "zeros and a newline": lambda line: bytes(40) + b"\n",
}


@pytest.mark.parametrize("what", TAILS)
def test_of_the_last_line_stays(finished: Trial, tmp_path: Path, what: str):
    whole = finished.kept()
    start = last_line(whole)
    disturbed = Trial(tmp_path / "x.jsonl", QUICK, mark=finished.mark)
    disturbed.path.write_bytes(whole[:start] + TAILS[what](whole[start:]))
    ended = disturbed.resume()
    assert ended.returncode == 0, ended.stderr
    disturbed.check_whole(whole[:start])


def test_every_length_of_a_file(finished: Trial, tmp_path: Path):
    """Cut at lengths spread over all its lines but the first."""
    whole = finished.kept()
    first = whole.index(b"\n") + 1
    step = (len(whole) - first) // 17
    for length in range(first, len(whole), step):
        disturbed = Trial(tmp_path / f"{length}.jsonl", QUICK,
                          mark=finished.mark)
        disturbed.path.write_bytes(whole[:length])
        before = disturbed.kept()
        assert disturbed.resume().returncode == 0
        disturbed.check_whole(before)


@pytest.mark.parametrize("length", (0, 1, 100, -1))
def test_a_torn_first_line_is_no_run(finished: Trial, tmp_path: Path,
                                     length: int):
    """The program does not leave such a file; it does not touch one."""
    whole = finished.kept()
    torn = whole[:whole.index(b"\n") + 1][:length]
    disturbed = Trial(tmp_path / "x.jsonl", QUICK, mark=finished.mark)
    disturbed.path.write_bytes(torn)
    ended = disturbed.resume()
    assert ended.returncode == WRONG_USAGE
    assert "no result file to go on with" in ended.stderr
    assert disturbed.path.read_bytes() == torn

"""The worker's own verb, which only the program itself is meant to type: a
wrong order is refused before anything is loaded, and says what it is."""

import os
import subprocess
from collections.abc import Sequence

import pytest
import runs

BY_HAND = "started by hand? giveback run starts it"
SMALL = ("allocator=null", "workload=fill_drain+objects=10")


def ordered(*words: str, report: bool = True) -> tuple[int, str]:
    """How a worker with these words ends, with a report to write or none."""
    def arrange() -> None:
        made = os.memfd_create("report")
        os.ftruncate(made, 1 << 24)  # as long as any report
        os.dup2(made, 3)

    ended = subprocess.run(
        [runs.program(), "cell", *words], capture_output=True, text=True,
        timeout=runs.TIMEOUT_S, stdin=subprocess.DEVNULL, close_fds=not report,
        preexec_fn=arrange if report else None)
    assert ended.stdout == ""
    return ended.returncode, ended.stderr


def test_without_a_report_it_was_started_by_hand():
    assert ordered(*SMALL, "kind=timing", report=False) == (
        2, f"giveback cell: {BY_HAND}")


WRONG = (
    (("allocator",), "write key=value"),
    (("allocators=null",), "unknown key"),
    (("=null",), "unknown key"),
    ((*SMALL, "kind=timing", "seed=x"), "not a number"),
    ((*SMALL, "kind=timing", "seed="), "not a number"),
    ((*SMALL, "kind=timing", "settle_ns=-1"), "not a number"),
    ((), "which allocator?"),
    (("allocator=", "kind=identify"), "which allocator?"),
    (("allocator=nobody", "kind=identify"), "nobody"),
    (("allocator=null+nothing=1", "kind=identify"), "nothing"),
    (("allocator=null",), "which workload, kind and regime?"),
    (("allocator=null", "kind=timing"), "which workload, kind and regime?"),
    ((*SMALL, "kind=weight"), "which workload, kind and regime?"),
    ((*SMALL, "kind=memory"), "which workload, kind and regime?"),
    ((*SMALL, "kind=memory", "after=noon"), "which workload, kind and regime?"),
    (("allocator=null", "workload=nothing", "kind=timing"), "nothing"),
    (("allocator=null", "workload=fill_drain+objects=many", "kind=timing"),
     "many"))


@pytest.mark.parametrize(("words", "said"), WRONG,
                         ids=[" ".join(words) or "nothing"
                              for words, _ in WRONG])
def test_a_wrong_order_is_refused_in_words(words: Sequence[str], said: str):
    status, err = ordered(*words)
    assert status == 2
    assert err.startswith("giveback cell: ") and said in err
    assert err.isprintable()


def test_what_is_right_is_done():
    """The control: a timing cell asks nobody for a turn."""
    assert ordered(*SMALL, "kind=timing", "seed=7") == (0, "")

"""The worker's own verb, which only the program itself is meant to type: a
wrong order is refused before anything is loaded, and says what it is."""

import os
import subprocess
from collections.abc import Sequence

import pytest
import runs
from elsewhere import launcher

BY_HAND = "giveback cell: started by hand? giveback run starts it"
SMALL = ("allocator=null", "workload=fill_drain+objects=10")


def ended(*words: str, **changes: object) -> tuple[int, str]:
    done = subprocess.run(words, capture_output=True, text=True,
                          timeout=runs.TIMEOUT_S, stdin=subprocess.DEVNULL,
                          **changes)
    assert done.stdout == ""
    return done.returncode, done.stderr


def ordered(*words: str) -> tuple[int, str]:
    """How a worker with these words and a report to write ends."""
    return ended(launcher("give_report"), runs.program(), "cell", *words)


def test_without_a_report_it_was_started_by_hand():
    assert ended(runs.program(), "cell", *SMALL, "kind=timing") == (
        2, BY_HAND)


@pytest.mark.parametrize("size_bytes", (0, 1, 4096, 1 << 30))
def test_a_file_of_another_size_is_no_report(size_bytes: int):
    """Whoever maps it would fault, or write where another's bytes are."""
    def arrange() -> None:
        made = os.memfd_create("no report")
        os.truncate(made, size_bytes)
        os.dup2(made, 3)

    assert ended(runs.program(), "cell", *SMALL, "kind=timing",
                 close_fds=False, preexec_fn=arrange) == (2, BY_HAND)


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

"""What breaks a contract, or is not there, becomes an outcome with a reason.
"""

import os
from pathlib import Path

import pytest
import runs


def only(path: Path, allocator: str, workload: str, kind: str) -> dict:
    """The one cell of a run; the file is checked against the schema."""
    results = runs.run(path, "-a", allocator, "-w", workload, "--kind", kind,
                       "--after", "silent", "--quick", "-r", 1)
    assert len(results.cells) == 1, results.err
    cell = results.cells[0]
    assert cell["reason"] and cell["reason"] in results.err
    assert cell["samples"] == [] and cell["peak_rss_bytes"] is None
    assert results.exit_status == (0 if cell["outcome"] == "unsupported"
                                   else 1)
    return cell


# A backend that breaks one rule, one that the check before every run does not
# look for; what finds it, and what is said of it.
LARGE = "fill_drain+objects=100+size=8192"
BREAKERS = (
    ("misaligns_large", "contract_blocks", "memory", "is not aligned to 16"),
    ("misaligns_large", LARGE, "account", "misaligned"),
    ("overlaps_large", "contract_blocks", "memory", "lost its contents"),
    ("overlaps_large", LARGE, "account", "overlaps"),
    ("forgets", "contract_resize", "memory", "when it was resized"),
    ("forgets", "contract_zeroed", "memory", "is not zero"),
    ("forgets", "contract_usable_size", "memory", "bytes usable of"),
)


@pytest.mark.parametrize("name, workload, kind, words", BREAKERS)
def test_a_broken_backend_is_found(tmp_path: Path, name: str, workload: str,
                                   kind: str, words: str):
    cell = only(tmp_path / "x.jsonl", runs.villain(name), workload, kind)
    assert cell["outcome"] == "failed"
    assert words in cell["reason"]


def test_blocks_of_old_pythons_are_aligned_to_8_only(tmp_path: Path):
    cell = only(tmp_path / "x.jsonl", "pymalloc:2.5",
                "contract_blocks+alignment=16", "memory")
    assert cell["outcome"] == "failed"
    assert "is not aligned to 16" in cell["reason"]


def test_a_workload_that_miscounts_is_found(tmp_path: Path):
    cell = only(tmp_path / "x.jsonl", "system", "liar_tally", "account")
    assert cell["outcome"] == "failed"
    assert ("phase drain: the workload says 0 blocks, 0 bytes live; the "
            "account says 1 blocks, 32 bytes") in cell["reason"]


@pytest.mark.parametrize("kind", ("account", "memory"))
def test_a_workload_without_a_drain_is_found(tmp_path: Path, kind: str):
    cell = only(tmp_path / "x.jsonl", "system", "liar_phase", kind)
    assert cell["outcome"] == "failed"
    assert "its last phase is 'emptied', not 'drain'" in cell["reason"]


@pytest.mark.parametrize("kind", ("account", "memory"))
def test_a_thread_that_dies_ends_the_cell_as_crashed(tmp_path: Path,
                                                     kind: str):
    cell = only(tmp_path / "x.jsonl", "system", "liar_exit", kind)
    assert (cell["outcome"], cell["signal"]) == ("crashed", "SIGABRT")
    assert "in drain" in cell["reason"]
    assert ("thread 2 of 4 ended before its work was done"
            in cell["reason"])


def test_threads_are_never_pinned(tmp_path: Path):
    """Nor may they inherit the one CPU that a parent keeps to."""
    results = runs.run(tmp_path / "x.jsonl", "-a", "system", "-w",
                       "fill_drain+objects=1000,idle_owner+objects=1000",
                       "--kind", "timing", "-p", 2)
    ours = sorted(os.sched_getaffinity(0))
    for cell in results.cells:
        assert cell["outcome"] == "ok", cell["reason"]
        assert (cell["affinity"] == ours) == \
            (cell["threaded"] or len(ours) == 1), cell["workload"]


def test_threads_need_a_backend_for_threads(tmp_path: Path):
    cell = only(tmp_path / "x.jsonl", "pymalloc:3.10", "idle_owner", "memory")
    assert cell["outcome"] == "unsupported"
    assert cell["reason"] == ("idle_owner needs threads, which pymalloc does "
                              "not offer")


def test_what_a_backend_does_not_offer_is_unsupported(tmp_path: Path):
    cell = only(tmp_path / "x.jsonl", "bump", "contract_resize", "memory")
    assert cell["outcome"] == "unsupported"
    assert cell["reason"] == ("contract_resize needs resize, which bump does "
                              "not offer")


def test_a_library_that_is_not_installed_names_its_package(tmp_path: Path):
    cell = only(tmp_path / "x.jsonl", "absent", "contract_blocks", "memory")
    assert cell["outcome"] == "unsupported"
    for word in ("libgiveback_absent.so.2", "libgiveback_absent.so.1",
                 "install the package libgiveback-absent2"):
        assert word in cell["reason"]


def test_a_path_without_a_file_is_unsupported(tmp_path: Path):
    path = tmp_path / "nothing.so"
    cell = only(tmp_path / "x.jsonl", f"gone={path}", "contract_blocks",
                "memory")
    assert cell["outcome"] == "unsupported"
    assert cell["reason"] == f"not found: {path}"


def test_a_file_that_is_no_library_failed(tmp_path: Path):
    path = tmp_path / "text.so"
    path.write_text("no library\n")
    cell = only(tmp_path / "x.jsonl", f"text={path}", "contract_blocks",
                "memory")
    assert cell["outcome"] == "failed"
    assert f"{path} is there but cannot be loaded" in cell["reason"]


def test_another_version_than_asked_for_is_unsupported(tmp_path: Path):
    cell = only(tmp_path / "x.jsonl", "system@1.0", "contract_blocks",
                "memory")
    assert cell["outcome"] == "unsupported"
    assert "version 1.0 is not installed: this is 2." in cell["reason"]

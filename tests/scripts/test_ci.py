"""`giveback ci` with a program that hands out prepared results;
tests/scripts/test_ci_files.py runs the real one."""

import errno
import json
import stat
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import rows_maker as make
from giveback.ci import builds, stages
from giveback.comparison.verdicts import Comparison, SelfDifference
from giveback.decode import decode
from giveback.formats import phrases
from giveback.results import ResultsError
from giveback.rows import AllocatorEntry
from test_compare import flat, memory, one_run, timing
from test_gate import verdict

# Notes its arguments; of the results that were prepared under the name of
# the output file, makes that file.
FAKE = """\
#!{python}
import shutil, sys
from pathlib import Path
here, output = Path(__file__).parent, Path(sys.argv[sys.argv.index("-o") + 1])
with (here / "calls").open("a") as calls:
    calls.write("\\t".join(sys.argv[1:]) + "\\n")
shutil.copy(here / output.name, output)
"""


@pytest.fixture
def fake(tmp_path, verb, write):
    """fake(first, fresh-memory=..., ...) runs `giveback ci` with those rows
    as results; gives what it did, the folder and the calls."""
    def run(*arguments: str, sha: tuple[str, str] = ("a", "b"), **rows):
        program = tmp_path / "program"
        program.write_text(FAKE.format(python=sys.executable))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        entries = [make.allocator(name, sha256=value, address=f"{name}=x")
                   for name, value in zip(("base", "head"), sha)]
        write([make.run_line(*entries)], "trial.jsonl")
        for name, part in rows.items():
            write(part, f"{name.replace('_', '-')}.jsonl")
        out = tmp_path / "out"
        done = verb("ci", "--base", "x", "--head", "y", "-o", out,
                        *arguments, GIVEBACK=str(program),
                        GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
        calls = [line.split("\t") for line
                 in (tmp_path / "calls").read_text().splitlines()]
        return done, out, calls
    return run


def first(kept: float, cost: float) -> list[dict]:
    return one_run(memory("base", 2), memory("head", kept),
                   flat("base", 1), flat("head", cost))


def again(*rows) -> list[dict]:
    return one_run(*rows)


SEEDS = (100001, 100002, 100003)


def test_builds_that_do_not_differ_pass_after_one_stage(fake):
    done, out, calls = fake(first=first(2, 1))
    assert done.returncode == 0, done.stderr
    assert len(calls) == 2  # the trial and the first stage
    assert "no regression: 6 same (exit 0)" in done.stdout
    assert (out / "comment.md").read_text().startswith("## giveback: y ")


def test_a_leak_is_measured_again_with_fresh_seeds_and_fails(fake, tmp_path):
    done, out, calls = fake(
        first=first(5, 1),
        fresh_memory=again(memory("base", 2, SEEDS), memory("head", 5, SEEDS)))
    assert done.returncode == 3
    assert len(calls) == 3
    fresh = calls[2]
    assert fresh[fresh.index("--kind") + 1] == "memory"
    assert fresh[fresh.index("--seed") + 1] == "100001"
    assert fresh[fresh.index("-w") + 1] \
        == "fill_drain+objects=1000+order=fifo+size=16+start=warm"
    assert "confirmed with 3 fresh seeds" in done.stdout
    suite, = ElementTree.parse(out / "junit.xml").getroot()
    assert suite.attrib["failures"] == "4"
    assert json.loads((out / "verdicts.json").read_text())["head"] == "y"
    assert (tmp_path / "summary.md").read_text() \
        == (out / "comment.md").read_text()


def test_memory_that_changed_with_the_first_seeds_alone_is_unclear(fake):
    done, *_ = fake(first=first(5, 1), fresh_memory=again(
        memory("base", 2, SEEDS), memory("head", 2, SEEDS)))
    assert done.returncode == 4
    assert "with 3 fresh seeds it is same" in done.stdout.replace("\n  ", " ")


def test_a_time_that_chance_made_is_forgotten(fake):
    """The first stage says 10 % more, the fresh pairs nothing."""
    done, _, calls = fake(
        first=one_run(memory("base", 2), memory("head", 2),
                      timing("base", 1, [0] * 12), timing("head", 1.1)),
        fresh_timing=again(flat("base", 1), flat("head", 1)))
    assert done.returncode == 0
    assert calls[2][calls[2].index("--pairs") + 1] == "20"
    assert calls[2][calls[2].index("--kind") + 1] == "timing"


def test_a_time_that_is_seen_twice_fails(fake):
    done, *_ = fake(
        first=one_run(timing("base", 1, [0] * 12), timing("head", 1.1)),
        fresh_timing=again(timing("base", 1, [0] * 12), timing("head", 1.1)))
    assert done.returncode == 3
    assert "confirmed with 12 fresh pairs" in done.stdout


def test_a_time_that_turned_round_is_unclear(fake):
    """The first stage says 10 % less, the fresh pairs 10 % more."""
    done, *_ = fake(
        first=one_run(timing("base", 1, [0] * 12), timing("head", 0.9)),
        fresh_timing=again(timing("base", 1, [0] * 12), timing("head", 1.1)))
    assert done.returncode == 4
    assert "with the first pairs it was the other way" in done.stdout


def test_equal_builds_are_skipped_or_banked(fake, tmp_path):
    done, out, calls = fake(sha=("a", "a"))
    assert (done.returncode, len(calls)) == (0, 1)
    assert "one build" in (out / "comment.md").read_text()


def test_equal_builds_become_samples_of_noise(fake, tmp_path):
    bank = tmp_path / "bank"
    done, _, calls = fake("--bank", str(bank), sha=("a", "a"),
                          first=first(2, 1))
    assert (done.returncode, len(calls)) == (0, 2)
    assert [path.name for path in bank.iterdir()] == ["0000.jsonl"]


def test_the_bank_is_copied_to_and_never_overwritten(fake, tmp_path,
                                                     monkeypatch):
    """0000 was taken out; renaming would fail, as between file systems."""
    bank = tmp_path / "bank"
    bank.mkdir()
    (bank / "0001.jsonl").write_text("mine\n")

    def rename(*_):
        raise OSError(errno.EXDEV, "Invalid cross-device link")
    monkeypatch.setattr(Path, "rename", rename)
    done, out, _ = fake("--bank", str(bank), sha=("a", "a"),
                        first=first(2, 1))
    assert (done.returncode, done.stderr) == (0, "")
    assert (bank / "0001.jsonl").read_text() == "mine\n"
    assert (bank / "0002.jsonl").read_bytes() \
        == (out / "first.jsonl").read_bytes()


def test_too_few_pairs_are_judged_and_told_by_their_option(fake):
    """Two workloads of six pairs: what is measured is not thrown away."""
    rows = [row for workload in ("v", "w")
            for part in (flat("base", 1, workload=workload),
                         timing("head", 1, workload=workload))
            for row in part[:6]]
    done, out, _ = fake("-p", "6", first=one_run(rows))
    assert done.returncode == 4, done.stderr
    assert "6 pairs can never reject among 2 cells: give --pairs 7" \
        in " ".join(done.stdout.split())
    assert (out / "junit.xml").exists()


def test_a_failed_cell_of_head_fails_whatever_else_is_fine(fake):
    rows = first(2, 1) + [make.failed_cell("head", "crashed", "SIGSEGV",
                                           workload="other")]
    done, out, _ = fake(first=rows)
    assert done.returncode == 1
    assert "SIGSEGV" in (out / "comment.md").read_text()


def test_results_that_are_there_are_kept(fake, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.jsonl").write_text("mine\n")
    (tmp_path / "calls").write_text("")
    done, out, calls = fake()
    assert (done.returncode, calls) == (2, [])
    assert "give another -o" in done.stderr


@pytest.mark.parametrize(("option", "value", "says"), [
    ("--pairs", "5", "at least 6"), ("--pairs", "x", "at least 1"),
    ("--kind", "latency", "no such kind"),
    ("--base", "b=jemalloc", "without an alias")])
def test_wrong_words_are_refused_before_anything_runs(verb, tmp_path,
                                                      option, value, says):
    done = verb("ci", "--base", "x", "--head", "y", "-o",
                    tmp_path / "out", option, value)
    assert done.returncode == 2
    assert says in done.stderr


# ---- builds ---------------------------------------------------------------

@pytest.mark.parametrize("address", [
    "jemalloc", "jemalloc:decay_0", "pymalloc:3.10+release=never",
    "./lib.so", "/a/lib.so:je_+x=1", "mimalloc@3.0"])
def test_an_address_may_hold_settings(address):
    assert builds.addresses(address, address) == [
        "-a", f"base={address}", "-a", f"head={address}"]


@pytest.mark.parametrize("address", ["", "x=jemalloc", "x=/a/lib.so"])
def test_an_alias_is_refused(address):
    with pytest.raises(ResultsError):
        builds.addresses(address, "y")


def entry(**changes) -> AllocatorEntry:
    return decode(AllocatorEntry, make.allocator(
        "base", **({"sha256": "1", "address": "base=/a/lib.so"} | changes)),
        "")


def test_builds_are_one_only_where_nothing_can_differ():
    assert builds.are_one(entry(), entry(address="head=/b/lib.so"))
    for change in ({"sha256": "2"}, {"options": {"a": "1"}},
                   {"environment": {"A": "1"}}, {"adapter": "x.so"},
                   {"address": "head=/a/lib.so:je_"}):
        assert not builds.are_one(entry(), entry(**change))
    unknown = entry(sha256=None)
    assert not builds.are_one(unknown, unknown)


def test_backends_of_the_programs_own_bytes_are_not_one():
    """They have its hash, whatever they do."""
    bump = entry(address="base=bump")
    assert not builds.are_one(bump, entry(address="head=null"))
    assert builds.are_one(bump, entry(address="head=bump:preset+x=1"))


def test_builds_beside_other_libraries_are_not_one(tmp_path):
    sides = []
    for name, inner in (("base", b"1"), ("head", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "libmine.so").write_bytes(b"the same")
        (tmp_path / name / "libinner.so.1").write_bytes(inner)
        path = str(tmp_path / name / "libmine.so")
        sides.append(entry(address=f"{name}={path}", library=path))
    assert not builds.are_one(*sides)
    (tmp_path / "head" / "libinner.so.1").write_bytes(b"1")
    assert builds.are_one(*sides)


# ---- stages ---------------------------------------------------------------

@pytest.mark.parametrize(("changes", "flagged"), [
    ({"word": "same"}, False), ({"word": "worse"}, True),
    ({"word": "better"}, True),
    ({"word": "unclear", "measure": "sampled"}, True),
    ({"word": "unclear", "unit": "CPU ns", "p": 0.2}, False),
    ({"word": "unclear", "unit": "CPU ns", "p": 0.04}, True),
    ({"word": "same", "unit": "CPU ns", "p": 0.001}, False)])
def test_what_is_flagged(changes, flagged):
    assert stages.is_flagged(verdict(**changes)) == flagged


@pytest.mark.parametrize(("unit", "change", "word"), [
    ("CPU ns", -0.1, "unclear"), ("CPU ns", 0.0, "worse"),
    ("bytes", -0.1, "worse"), ("bytes", 0.0, "worse")])
def test_only_a_time_that_turned_round_is_no_regression(unit, change, word):
    """Of first seeds most of which keep nothing the median is zero."""
    before = verdict("unclear", measure="sampled", unit=unit, change=change,
                     p=0.01)
    fresh = verdict("worse", measure="sampled", unit=unit, change=0.1,
                    pairs=20, note="seeds disagree")
    [settled] = stages.merged(Comparison("a", "b", (before,)),
                              [Comparison("a", "b", (fresh,))]).verdicts
    assert settled.word == word
    assert settled.note.startswith("seeds disagree; ")


def test_the_noise_of_fresh_blocks_replaces_that_of_the_first():
    one = SelfDifference("cost", "", "fill_drain", (("size", 16),), "base",
                         0.01, None, None, 12, False)
    other = replace(one, parameters=(("size", 32),))
    fresh = replace(one, change=-0.02, pairs=20)
    found = stages.merged(Comparison("a", "b", (), noise=(one, other)),
                          [Comparison("a", "b", (), noise=(fresh,))])
    assert found.noise == (fresh, other)
    assert phrases.noise(other).startswith(
        "noise: cost of fill_drain, size 32: base differs from itself")

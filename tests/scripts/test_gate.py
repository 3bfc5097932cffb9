"""`giveback check`, `baseline` and what they are made of."""

import json
import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest
import rows_maker as make
from conftest import ROOT
from giveback.comparison.verdicts import CellVerdict, Comparison, Failure
from giveback.formats import junit, markdown
from giveback.gate import outcome, self_test
from test_compare import memory, one_run, timing


def verdict(word: str = "same", **changes) -> CellVerdict:
    return CellVerdict(**({
        "metric": "kept", "point": "trim", "workload": "fill_drain",
        "parameters": {"objects": 10}, "base": "base", "head": "head",
        "measure": "exact", "unit": "bytes", "word": word,
        "base_figure": 0, "head_figure": 2**21, "change": 2**21,
        "margin": 2**20, "pairs": 3} | changes))


def failure(side: str) -> Failure:
    return Failure(side, "head", "fill_drain", {}, "memory", "silent",
                   "crashed", "SIGSEGV", 3)


@pytest.mark.parametrize(("words", "failures", "missing", "code"), [
    (["same", "better"], [], 0, 0),
    (["same", "unclear"], [], 0, 4),
    (["unclear", "worse"], [], 0, 3),
    (["worse"], [failure("head")], 0, 1),
    (["same"], [failure("base")], 0, 4),
    (["same"], [], 1, 4)])
def test_the_exit_code_says_the_worst(words, failures, missing, code):
    comparison = Comparison("a", "b", tuple(map(verdict, words)),
                            tuple(failures), (), missing)
    assert outcome.exit_code(comparison) == code
    assert f"(exit {code})" in outcome.sentence(comparison)


def test_what_does_not_gate_decides_nothing():
    comparison = Comparison("a", "b", (verdict("worse", gates=False),
                                       verdict("unclear", gates=False)))
    assert outcome.exit_code(comparison) == 0
    assert outcome.sentence(comparison) == (
        "no regression: 1 worse, 1 unclear, of which 2 advice only (exit 0)")


# ---- check and baseline ---------------------------------------------------

@pytest.fixture
def project(tmp_path, write):
    """A run of a good build, and one that keeps 3 MiB more."""
    good = write(one_run(memory("a", 2), timing("a", 1)), "good.jsonl")
    bad = write(one_run(memory("a", 5, run="r2"), timing("a", 9, run="r2"),
                        id="r2"), "bad.jsonl")
    same = write(one_run(memory("a", 2, run="r3"), id="r3"), "same.jsonl")
    return tmp_path / "baselines", good, bad, same


def test_a_baseline_catches_what_got_worse_and_passes_what_did_not(project,
                                                                   verb):
    folder, good, bad, same = project
    made = verb("baseline", "update", good, "--folder", folder)
    assert made.returncode == 0
    assert [path.name for path in folder.iterdir()] == ["5a.jsonl"]
    done = verb("check", "--baseline", folder, bad)
    assert done.returncode == 3
    assert "kept (silent) of fill_drain is worse" in done.stdout
    done = verb("check", "--baseline", folder, same)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_baseline_holds_memory_without_timelines(project, verb):
    folder, good, *_ = project
    verb("baseline", "update", good, "--folder", folder)
    rows = [json.loads(line) for line
            in (folder / "5a.jsonl").read_text().splitlines()]
    assert [row["type"] for row in rows] == ["run"] + 6 * ["cell"]
    assert {row.get("kind") for row in rows[1:]} == {"memory"}
    assert all(row["timeline"] is None for row in rows[1:])


def test_a_baseline_tells_no_folder(tmp_path, write, verb):
    path = "/opt/somebody/lib/libmine.so"
    rows = memory("a", 2)
    for row in rows:
        row["identity"] = None
    made = write([make.run_line(
        make.allocator("a", address=f"a={path}:je_+x=1", library=path),
        command=["./build/giveback", "run", "-a", f"a={path},b=system"]),
        *rows])
    done = verb("baseline", "update", made, "--folder", tmp_path / "b")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "b" / "5a.jsonl").read_text()
    run = json.loads(text.splitlines()[0])
    assert "somebody" not in text
    assert run["command"] == ["giveback", "run", "-a",
                              "a=libmine.so,b=system"]
    assert run["allocators"][0]["address"] == "a=libmine.so:je_+x=1"


def test_a_name_that_holds_a_folder_is_no_key_of_a_baseline(tmp_path, write,
                                                            verb):
    name = "cpython+library=/opt/somebody/libpython3.so"
    done = verb("baseline", "update", write(one_run(memory(name, 2))),
                "--folder", tmp_path / "b")
    assert done.returncode == 2
    assert f"measure again with a name for it, -a mine={name}" in done.stderr
    assert not (tmp_path / "b").exists()


def counted(run: str, per_pair: int, **changes) -> list[dict]:
    """A run of another machine each, and whatever else is said."""
    cells = [make.instructions_cell("a", per_pair, run=run, seed=1)]
    host = make.HOST | {"machine_id": run}
    return [make.run_line(make.allocator("a"), id=run, host=host,
                          **changes), *cells]


SAME = {"counting": "GNU 12.2.0, glibc 2.36"}


def test_instructions_of_a_baseline_cross_machines_that_count_alike(
        tmp_path, write, verb):
    folder = tmp_path / "baselines"
    verb("baseline", "update", "--any-machine", "--folder", folder,
         write(counted("m1", 40, **SAME), "base.jsonl"))
    alike = write(counted("m2", 40, **SAME), "alike.jsonl")
    assert verb("check", "--baseline", folder, alike).returncode == 0
    more = write(counted("m2", 41, **SAME), "more.jsonl")
    done = verb("check", "--baseline", folder, more)
    assert done.returncode == 3
    assert "instructions of fill_drain is worse" in done.stdout


@pytest.mark.parametrize(("ours", "says"), [
    ({"counting": "GNU 13.1.0, glibc 2.36"}, "under GNU 13.1.0"),
    ({}, "under unknown conditions")])
def test_instructions_that_were_counted_otherwise_are_said_and_left_out(
        tmp_path, write, verb, ours, says):
    folder = tmp_path / "baselines"
    both = [*counted("m1", 40, **SAME),
            *(row | {"run": "m1"} for row in memory("a", 2))]
    verb("baseline", "update", "--any-machine", "--folder", folder,
         write(both, "base.jsonl"))
    head = [*counted("m1b", 90, **ours),
            *(row | {"run": "m1b"} for row in memory("a", 2))]
    head[0]["host"] = both[0]["host"]
    done = verb("check", "--baseline", folder, write(head, "head.jsonl"))
    assert done.returncode == 0, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "instructions are not compared" in said and says in said
    assert "kept (silent)" in said


def test_a_renewed_baseline_shows_what_it_changes(project, verb):
    folder, good, bad, _ = project
    verb("baseline", "update", good, "--folder", folder)
    done = verb("baseline", "update", bad, "--folder", folder)
    assert done.returncode == 0
    assert "changed by +3,145,728 bytes" in done.stdout.replace("\n  ", " ")
    done = verb("check", "--baseline", folder, good)
    assert done.returncode == 0
    assert "kept (silent) of fill_drain is better" in done.stdout


def test_a_baseline_of_the_same_run_is_no_comparison(project, verb):
    folder, good, *_ = project
    verb("baseline", "update", good, "--folder", folder)
    done = verb("check", "--baseline", folder, good)
    assert done.returncode == 2
    assert "compared with itself" in done.stderr


def test_a_baseline_of_failures_is_refused_and_keeps_the_old(project, write,
                                                            verb):
    folder, good, *_ = project
    verb("baseline", "update", good, "--folder", folder)
    before = (folder / "5a.jsonl").read_bytes()
    failed = write(one_run([make.failed_cell("a", "crashed", "SIGSEGV")]))
    done = verb("baseline", "update", failed, "--folder", folder)
    assert done.returncode == 2
    assert "runs without failures" in done.stderr
    assert (folder / "5a.jsonl").read_bytes() == before


def test_an_unknown_machine_is_told_what_to_do(project, write, verb):
    folder, good, *_ = project
    verb("baseline", "update", good, "--folder", folder)
    host = {**make.HOST, "machine_id": "77"}
    other = write(one_run(memory("a", 2, run="r4"), id="r4", host=host))
    done = verb("check", "--baseline", folder, other)
    assert done.returncode == 2
    assert "machine 77" in done.stderr and "baseline update" in done.stderr
    nameless = write(one_run(memory("a", 2), host={
        **make.HOST, "machine_id": "../x"}), "nameless.jsonl")
    done = verb("baseline", "update", nameless, "--folder", folder)
    assert done.returncode == 2 and "--any-machine" in done.stderr


def test_a_workload_that_was_not_measured_is_not_green(project, write,
                                                       verb):
    folder, good, *_ = project
    both = write(one_run(memory("a", 2), memory("a", 2, workload="other")))
    verb("baseline", "update", both, "--folder", folder)
    half = write(one_run(memory("a", 2, run="r5"), id="r5"), "half.jsonl")
    done = verb("check", "--baseline", folder, half)
    assert done.returncode == 4
    assert "5 missing" in done.stdout
    assert "of other" in done.stdout.replace("\n  ", " ")


def test_an_allocator_that_is_gone_is_not_green(project, write, verb):
    folder, good, *_ = project
    verb("baseline", "update", good, "--folder", folder)
    gone = write(one_run([make.failed_cell("a", "unsupported", "no library",
                                           run="r5")], id="r5"))
    assert verb("check", "--baseline", folder, gone).returncode == 1


def test_tolerances_beside_the_baseline_hold(project, verb):
    folder, good, bad, _ = project
    verb("baseline", "update", good, "--folder", folder)
    (folder / "tolerances.toml").write_text("[kept]\nabsolute = 4194304\n")
    assert verb("check", "--baseline", folder, bad).returncode == 0


def test_a_reader_that_leaves_early_does_not_make_it_green(project, verb):
    """The pipe is closed before anything is written."""
    folder, good, bad, _ = project
    verb("baseline", "update", good, "--folder", folder)
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as pipe:
        done = subprocess.run(
            [sys.executable, "-B", ROOT / "scripts" / "giveback", "check",
             "--baseline", folder, bad], stdout=pipe, stderr=subprocess.PIPE,
            encoding="utf-8", timeout=60)
    assert (done.returncode, done.stderr) == (3, "")


def test_check_without_a_baseline_says_what_to_give(verb):
    done = verb("check")
    assert done.returncode == 2
    assert "--baseline FILE and HEAD" in done.stderr


# ---- formats --------------------------------------------------------------

def test_junit_is_read_by_a_parser_and_counts_what_it_holds():
    verdicts = [verdict("worse"), verdict("same"), verdict("unclear"),
                verdict("worse", gates=False, workload="<&\x00>")]
    root = ElementTree.fromstring(junit.text(
        verdicts, [failure("head")]).encode())
    suite, = root
    assert suite.attrib == {"name": "giveback", "tests": "5",
                            "failures": "1", "errors": "1", "skipped": "2"}
    assert len(suite) == 5
    counted = {tag: len(suite.findall(f"testcase/{tag}"))
               for tag in ("failure", "error", "skipped")}
    assert counted == {"failure": 1, "error": 1, "skipped": 2}


def test_junit_has_a_case_for_what_is_missing():
    suite, = ElementTree.fromstring(junit.text(
        [verdict("same")], missing=5).encode())
    assert (suite.attrib["tests"], suite.attrib["skipped"]) == ("2", "1")
    skipped, = suite.findall("testcase/skipped")
    assert skipped.attrib["message"].startswith("5 figures of base missing")


def test_markdown_shows_foreign_text_as_text():
    text = markdown.text([verdict("worse", workload="a|b<script>_x_\n#1")])
    rows = [line for line in text.splitlines() if line.startswith("| kept")]
    assert len(rows) == 1
    assert rows[0].count("|") == len(markdown.HEADING) + 1
    assert "<script>" not in text
    assert "\N{CROSS MARK} worse" in text


def test_what_is_the_same_is_folded_away():
    text = markdown.text([verdict("same"), verdict("worse")])
    assert text.index("worse") < text.index("<details>") \
        < text.index("| kept (trim)", text.index("<details>"))


# ---- the self-test --------------------------------------------------------

def cost(word: str, pairs_needed: int | None = 60) -> CellVerdict:
    return verdict(word, metric="cost", unit="CPU ns",
                   pairs_needed=pairs_needed)


def test_the_controls_hold_only_where_the_gate_sees():
    assert self_test.leak_is_caught([verdict("worse")])
    assert not self_test.leak_is_caught([verdict("same"), cost("worse")])
    assert self_test.work_is_seen([cost("unclear"), cost("worse")])
    assert not self_test.work_is_seen([cost("unclear", pairs_needed=None)])
    assert not self_test.work_is_seen([cost("same")])
    assert not self_test.work_is_seen([verdict("worse")])
    assert not self_test.nothing_is_worse([verdict("worse")])
    assert not self_test.nothing_is_worse([])


def test_the_alias_of_every_control_is_its_own():
    aliases = [control.alias for control in self_test.CONTROLS]
    assert len({*aliases, self_test.PLAIN}) == len(aliases) + 1

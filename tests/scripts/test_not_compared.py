"""What a comparison must not leave out or take for more than it is: seeds
that are missing, pairs without a ratio, threads, what neither side can do."""

import pytest
import rows_maker as make
from giveback.comparison import compare, sampled
from giveback.comparison.sides import Reading, Source
from giveback.gate import outcome
from test_compare import flat, memory, one_run, timing, verdicts

MIB = 2**20


def two_runs(write, old: list[dict], new: list[dict]) -> tuple[Source, Source]:
    """The rows of two runs; those of `new` are made run r2's."""
    later = [row | {"run": "r2"} for row in new]
    return (Source(write(one_run(old), "old.jsonl"), None),
            Source(write(one_run(later, id="r2"), "new.jsonl"), None))


# ---- seeds ----------------------------------------------------------------

def test_a_workload_without_a_shared_seed_is_unclear_and_not_left_out(write):
    found = compare.compare(*two_runs(
        write,
        memory("a", 2) + memory("a", 20, seeds=(1,), workload="survivors"),
        memory("a", 2) + memory("a", 150, seeds=(2,), workload="survivors")))
    assert outcome.exit_code(found) == outcome.UNCLEAR
    left = [verdict for verdict in found.verdicts
            if verdict.workload == "survivors"]
    assert {verdict.word for verdict in left} == {"unclear"}
    assert {verdict.note for verdict in left} \
        == {"no seed is on both sides: not compared"}
    assert {verdict.title for verdict in left} >= {"kept (trim)",
                                                   "peak_growth"}


def test_seeds_that_head_lacks_are_missing(write):
    found = compare.compare(*two_runs(write, memory("a", 2),
                                      memory("a", 2, seeds=(2,))))
    assert found.missing == len(found.verdicts) == 5
    assert {verdict.word for verdict in found.verdicts} == {"same"}
    assert "lacks seeds" in found.warnings[0]
    assert outcome.exit_code(found) == outcome.UNCLEAR


def test_seeds_that_base_lacks_are_no_loss(write):
    found = compare.compare(*two_runs(write, memory("a", 2, seeds=(2,)),
                                      memory("a", 2)))
    assert (found.missing, found.warnings) == (0, ())
    assert outcome.exit_code(found) == outcome.PASSED


def test_an_allocator_that_head_lacks_is_missing(write):
    old, new = two_runs(write, memory("a", 2) + memory("b", 2),
                        memory("a", 2))
    found = compare.compare(old, new)
    assert found.missing == len(found.verdicts) == 5
    assert "lacks 5 figures of b, which" in found.warnings[0]
    assert outcome.exit_code(found) == outcome.UNCLEAR
    # What base lacks is no loss, and who names one asks for no other.
    assert compare.compare(new, old).missing == 0
    assert compare.compare(Source(old.path, "a"), new).missing == 0


# ---- machines -------------------------------------------------------------

def on_machines(write, theirs: str | None, ours: str | None,
                head: list[dict] | None = None) -> tuple[Source, Source]:
    """A run of `theirs` and one of `ours`; None does not tell."""
    old, new = (one_run(rows, id=run,
                        host={**make.HOST, "machine_id": machine})
                for rows, run, machine in (
                    (memory("a", 2), "r1", theirs),
                    (head or memory("a", 2, run="r2"), "r2", ours)))
    return (Source(write(old, "old.jsonl"), None),
            Source(write(new, "new.jsonl"), None))


@pytest.mark.parametrize("machines", [("5a", None), (None, "5a")])
def test_a_machine_that_is_not_told_is_not_the_others(write, machines):
    two = on_machines(write, *machines)
    with pytest.raises(compare.ResultsError) as caught:
        compare.compare(*two)
    assert "(which tells none)" in str(caught.value)
    assert "two machines" in str(caught.value)
    found = compare.compare(*two, across_machines=True)
    assert outcome.exit_code(found) == outcome.PASSED


def test_runs_that_tell_no_machine_are_compared_with_a_warning(write):
    found = compare.compare(*on_machines(write, None, None))
    assert any("no run tells its machine" in said for said in found.warnings)
    one = write(one_run(memory("old", 2), memory("new", 2),
                        host={**make.HOST, "machine_id": None}))
    assert compare.compare(Source(one, "old"), Source(one, "new")) \
        .warnings == ()


@pytest.mark.parametrize(("field", "value", "says"), [
    ("kernel", "6.9", "kernel: 6.1.0 for"),
    ("libc", None, "unknown for"),
    ("page_bytes", 16384, "page size: 4096 for"),
    ("thp", "always", "huge pages: madvise for")])
def test_another_kernel_or_libc_on_one_machine_is_told(write, field, value,
                                                       says):
    def of(head: list[dict], **host) -> compare.Comparison:
        new = one_run(head, id="r2", host={**make.HOST, **host})
        return compare.compare(
            Source(write(one_run(memory("a", 2)), "old.jsonl"), None),
            Source(write(new, "new.jsonl"), None))
    rows = memory("a", 2, run="r2")
    assert of(rows).warnings == ()
    assert any(says in said for said in of(rows, **{field: value}).warnings)


def test_cells_that_crashed_on_another_machine_are_told_as_that(write, verb):
    crashed = [row for row in memory("a", 2, run="r2")
               if row["after"] == "silent"]
    crashed.append(make.failed_cell("a", "crashed", "SIGSEGV", after="tick",
                                    run="r2"))
    old, new = on_machines(write, "5a", "other", crashed)
    done = verb("check", "--baseline", old, new)
    assert (done.returncode, done.stderr) == (1, "")
    said = " ".join(done.stdout.split())
    assert "crashed: SIGSEGV" in said and "two machines" in said


# ---- what has no ratio ----------------------------------------------------

def scanned(name: str, steps: list[int]) -> list[dict]:
    rows = memory(name, 2)
    for row in rows:
        row["samples"][1]["arenas"] = {
            "arena_bytes": MIB, "pool_bytes": 4096, "allocated_bytes": 0,
            "available_bytes": 0, "unused_pools_bytes": MIB,
            "pool_headers_bytes": 0, "quantization_bytes": 0,
            "arena_alignment_bytes": 0, "pools_purged": 0, "map": [],
            "scan_steps": steps[row["repetition"]]}
    return rows


def test_counts_that_may_be_zero_are_compared_as_differences(write):
    path = write(one_run(scanned("old", [0, 500, 0]),
                         scanned("new", [900, 0, 800])))
    found = verdicts(path)["scan_steps (drain)", "fill_drain"]
    assert (found.word, found.measure, found.pairs) == ("unclear", "sampled",
                                                        3)
    assert (found.scale, found.change, found.unit) == ("difference", 800,
                                                       "steps")


def test_pairs_without_a_difference_are_told(write):
    """A cell that never held a byte has no max L to divide by."""
    rows = [memory(name, 2, threaded=True) for name in ("old", "new")]
    for row in (row for part in rows for row in part if row["seed"] == 3):
        for sample in row["samples"]:
            sample["live_bytes"] = 0
    peak = verdicts(write(one_run(*rows)))["peak_growth", "fill_drain"]
    assert peak.pairs == 2
    assert peak.note.endswith("1 pair without such a difference left out")


def test_memory_without_any_difference_is_unclear(write):
    rows = [memory(name, kept, threaded=True, live=0)
            for name, kept in (("old", 2), ("new", 200))]
    peak = verdicts(write(one_run(*rows)))["peak_growth", "fill_drain"]
    assert (peak.word, peak.gates, peak.change) == ("unclear", True, None)
    assert "not compared" in peak.note


# ---- threads --------------------------------------------------------------

def test_memory_of_threads_is_a_sample_of_pairs(write):
    """Two MiB more with each seed: of one thread that is worse, of several
    what three pairs cannot tell from chance."""
    rows = [memory(name, kept, threaded=True)
            for name, kept in (("old", 20), ("new", 22))]
    found = verdicts(write(one_run(*rows)))
    kept = found["kept (silent)", "fill_drain"]
    assert (kept.word, kept.measure, kept.scale) == ("unclear", "sampled",
                                                     "of max L")
    assert (kept.pairs, kept.paired, kept.gates) == (3, True, True)
    assert kept.change == pytest.approx(2 / 160)
    assert "threads" in kept.note
    # A seed's regimes are two processes and one pair.
    assert found["peak_growth", "fill_drain"].pairs == 3


def test_memory_of_threads_in_two_runs_decides_nothing(write):
    seeds = tuple(range(1, 13))
    found = compare.compare(*two_runs(
        write, memory("a", 20, seeds, threaded=True),
        memory("a", 60, seeds, threaded=True)))
    kept = next(verdict for verdict in found.verdicts
                if verdict.title == "kept (tick)")
    assert (kept.word, kept.paired, kept.gates) == ("worse", False, False)
    assert kept.pairs == 12
    assert outcome.exit_code(found) == outcome.PASSED
    assert "memory of threads" in found.warnings[-1]


def test_counts_of_threads_do_not_cross_machines(write):
    host = {**make.HOST, "machine_id": "other"}
    rows = scanned("a", [1, 1, 1])
    old = write(one_run([row | {"threaded": True} for row in rows]),
                "old.jsonl")
    new = write(one_run([row | {"run": "r2", "threaded": True}
                         for row in rows], id="r2", host=host), "new.jsonl")
    with pytest.raises(compare.ResultsError) as caught:
        compare.compare(Source(old, None), Source(new, None))
    assert "two machines" in str(caught.value)


# ---- cells without figures ------------------------------------------------

def unsupported(name: str, **changes) -> dict:
    return make.failed_cell(name, "unsupported", "it has no lock", **changes)


def test_what_neither_side_supports_is_no_failure(write):
    path = write(one_run(
        memory("old", 2), memory("new", 2),
        [unsupported(name, after="tick_other") for name in ("old", "new")]))
    found = compare.compare(Source(path, "old"), Source(path, "new"))
    assert found.failures == ()
    assert outcome.exit_code(found) == outcome.PASSED


def test_what_base_alone_supports_is_a_failure(write):
    path = write(one_run(
        memory("old", 2),
        [row for row in memory("new", 2) if row["after"] == "silent"],
        [unsupported("new", after="tick")]))
    found = compare.compare(Source(path, "old"), Source(path, "new"))
    failed, = found.failures
    assert (failed.side, failed.after) == ("head", "tick")
    assert outcome.exit_code(found) == outcome.FAILED


def test_crashes_are_named_and_not_called_too_few_pairs(write, verb):
    crashed = [make.failed_cell("new", "crashed", "SIGSEGV", kind="timing",
                                after=None, repetition=block, block=block)
               for block in range(4, 12)]
    path = write(one_run(timing("old", 1), timing("new", 1)[:4], crashed))
    done = verb("check", "--baseline", f"{path}:old", f"{path}:new")
    assert (done.returncode, done.stderr) == (1, "")
    assert "SIGSEGV" in done.stdout
    assert "8 timing cells" in done.stdout


# ---- correction and scale -------------------------------------------------

def test_the_points_of_a_metric_are_corrected_together(write):
    path = write(one_run(timing("old", 1), timing("new", 1.05)))
    found = verdicts(path, metrics=("phase_cost",))
    for verdict in found.values():
        assert verdict.adjusted_p == pytest.approx(2 * verdict.p)
    assert {point for _, point in
            ((verdict.title, verdict.point) for verdict in found.values())} \
        == {"fill", "drain"}


def test_sampled_memory_is_said_to_be_of_max_l(write, verb):
    rows = [memory(name, kept, threaded=True)
            for name, kept in (("old", 20), ("new", 22))]
    path = write(one_run(*rows))
    done = verb("compare", f"{path}:old", f"{path}:new")
    said = " ".join(done.stdout.split())
    assert "20.0 MiB -> 22.0 MiB, +1.2 % of max L" in said
    assert "% of max L" in next(line for line in done.stdout.splitlines()
                                if line.startswith("workload"))
    markdown = verb("compare", f"{path}:old", f"{path}:new", "--format",
                    "markdown").stdout
    assert "| +1.2 % of max L |" in markdown


def test_an_unpaired_interval_that_is_none_is_not_upside_down():
    """Two runs against sixty: not even all differences cover 95 %."""
    def side(run: str, count: int) -> list[Reading]:
        return [Reading(run, block, block, 1 + block / 100, 100)
                for block in range(count)]
    assert sampled.of_groups(side("a", 1), side("b", 70),
                             "ratio").interval is None


# ---- other work -----------------------------------------------------------

def test_other_requests_are_refused(write):
    """The same live bytes at the peak, asked for in another order."""
    def account(request_hash: str, **changes) -> dict:
        return make.cell("a", [], kind="account", after=None, base=None,
                         request_hash=request_hash, **changes)
    old, new = two_runs(write, memory("a", 2) + [account("01")],
                        memory("a", 2) + [account("02")])
    with pytest.raises(compare.ResultsError) as caught:
        compare.compare(old, new)
    assert "the hashes of their requests differ" in str(caught.value)
    old, new = two_runs(write,
                        memory("a", 2) + [account("01", threaded=True)],
                        memory("a", 2) + [account("02", threaded=True)])
    assert compare.compare(old, new).failures == ()


# ---- instructions ---------------------------------------------------------

@pytest.mark.parametrize(("head", "word"), [
    (1_000_000, "same"), (1_000_010, "same"), (1_000_020, "worse"),
    (999_000, "better")])
def test_instructions_are_exact_to_ten_millionths(write, head, word):
    path = write(one_run([make.instructions_cell("old", 1_000_000)],
                         [make.instructions_cell("new", head)]))
    found = verdicts(path)["instructions", "fill_drain"]
    assert (found.word, found.measure) == (word, "exact")


def test_instructions_of_two_machines_are_not_compared(write):
    host = {**make.HOST, "machine_id": "other"}
    old = write(one_run([make.instructions_cell("a", 40)]), "old.jsonl")
    new = write(one_run([make.instructions_cell("a", 80, run="r2")],
                        id="r2", host=host), "new.jsonl")
    with pytest.raises(compare.ResultsError) as caught:
        compare.compare(Source(old, None), Source(new, None),
                        across_machines=True)
    assert "two machines" in str(caught.value)


# ---- what the host did not tell -------------------------------------------

def forked(hidden: bool) -> list[dict]:
    rows = [make.forked_cell("a", seed=1)]
    for sample in rows[0]["samples"]:
        if hidden:
            sample["processes"] |= {"pss_bytes": None, "private_bytes": None}
    return rows


@pytest.mark.parametrize("base", [True, False])
@pytest.mark.parametrize("rest", [[], memory("a", 2)])
def test_what_forks_and_has_no_pss_is_told_and_not_green(write, base, rest):
    found = compare.compare(*two_runs(write, forked(base) + rest,
                                      forked(True) + rest))
    assert not any(verdict.metric == "pss_growth"
                   for verdict in found.verdicts)
    assert found.missing == 4
    assert any("new.jsonl: a: prefork forks, and PSS of all its processes "
               "could not be read on this host" in said
               for said in found.warnings)
    assert outcome.exit_code(found) == outcome.UNCLEAR


def test_cells_that_crashed_are_told_before_how_others_were_counted(write):
    rows = [[make.instructions_cell(name, 40, seed=1) for name in "ab"]
            for _ in range(2)]
    rows[1][1] = make.failed_cell("b", "crashed", "SIGSEGV", seed=1,
                                  kind="instructions", after=None)
    old, new = two_runs(write, *rows)
    text = new.path.read_text()
    new.path.write_text(text.replace('"counting": null',
                                     '"counting": "GNU 13"'))
    assert text != new.path.read_text()
    found = compare.compare(old, new)
    assert outcome.exit_code(found) == outcome.FAILED
    assert any("instructions are not compared" in said
               for said in found.warnings)

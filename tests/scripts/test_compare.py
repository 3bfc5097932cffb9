"""`giveback compare` as users run it, and what it is made of."""

import json
import math
import random

import pytest
import rows_maker as make
from giveback.comparison import compare, exact, figures, pairing, sampled
from giveback.comparison import sides
from giveback.comparison.judge import minimum_runs
from giveback.comparison.sides import Place, Reading, Source
from giveback.comparison.tolerances import Tolerance, Tolerances
from giveback.comparison.tolerances import read as read_tolerances
from giveback.results import ResultsError
from scipy import stats

MIB = 2**20
BYTES = Tolerance(absolute=MIB, share=0.01, margin=0.01)

# Twelve disturbances that are no trend: the sign changes, sizes differ.
SCATTER = (0.02, -0.05, 0.0, 0.04, -0.01, -0.04, 0.05, -0.02, 0.01, -0.03,
           0.0, 0.03)
# What both allocators of a block suffer alike.
SHARED = (1.3, 0.8, 1.1, 1.6, 0.7, 1.2, 0.9, 1.5, 1.0, 1.4, 0.75, 1.05)


def memory(name: str, kept: float, seeds=(1, 2, 3), **changes) -> list[dict]:
    """A regime of each, in which `kept` MiB stay of a peak of 160."""
    return [make.memory_cell(name, after, 160, [kept] * 5,
                             **({"seed": seed, "repetition": index} | changes))
            for index, seed in enumerate(seeds)
            for after in ("silent", "tick")]


def timing(name: str, cost: float, scatter=SCATTER, **changes) -> list[dict]:
    return [make.timing_cell(name, 1000 * cost * shared * (1 + spread), block,
                             **changes)
            for block, (shared, spread) in enumerate(zip(SHARED, scatter))]


def flat(name: str, cost: float, **changes) -> list[dict]:
    return timing(name, cost, [0] * len(SHARED), **changes)


def one_run(*rows: list[dict], **changes) -> list[dict]:
    names = dict.fromkeys(row["allocator"] for part in rows for row in part)
    return [make.run_line(*map(make.allocator, names), **changes),
            *(row for part in rows for row in part)]


def verdicts(path, base: str = "old", head: str = "new", **options) -> dict:
    found = compare.compare(Source(path, base), Source(path, head), **options)
    return {(verdict.title, verdict.workload): verdict
            for verdict in found.verdicts}


# ---- exact ----------------------------------------------------------------

def reading(seed: int, value: float, live: int | None = 100) -> Reading:
    return Reading("r1", 0, seed, value, live)


def change(base: list, head: list, tolerance: Tolerance = BYTES):
    return exact.compare([reading(seed, value) for seed, value in base],
                         [reading(seed, value) for seed, value in head],
                         tolerance)


def test_equal_figures_are_the_same_and_unchanged():
    found = change([(1, 5), (2, 7)], [(1, 5), (2, 7)])
    assert (found.word, found.change, found.seeds) == ("same", 0, 2)


def test_the_greatest_change_of_equal_seeds_is_told():
    # By rank the medians would differ by 3 MiB; by seed nothing does.
    found = change([(1, 9 * MIB), (2, 6 * MIB)], [(2, 6 * MIB), (1, 9 * MIB)])
    assert found.change == 0
    found = change([(1, 9 * MIB), (2, 6 * MIB)],
                   [(2, 8 * MIB), (1, 12 * MIB)])
    assert (found.word, found.change) == ("worse", 3 * MIB)


@pytest.mark.parametrize(("grown", "word"), [(MIB, "same"), (MIB + 1, "worse"),
                                            (-MIB, "same"),
                                            (-MIB - 1, "better")])
def test_what_is_allowed_is_allowed_and_no_byte_more(grown, word):
    assert change([(1, 50 * MIB)], [(1, 50 * MIB + grown)]).word == word


def test_above_100_mib_the_share_is_allowed():
    assert change([(1, 200 * MIB)], [(1, 202 * MIB)]).word == "same"
    assert change([(1, 200 * MIB)], [(1, 202 * MIB + 1)]).word == "worse"


def test_seeds_that_disagree_make_a_sample():
    found = change([(1, 0), (2, 0)], [(1, 5 * MIB), (2, -5 * MIB)])
    assert (found.word, found.note) == (None, "seeds disagree")
    assert change([(1, 0), (2, 0)], [(1, 5 * MIB), (2, 0)]).word is None


def test_runs_of_one_seed_that_differ_make_a_sample():
    found = change([(1, 0), (1, 2 * MIB)], [(1, 9 * MIB), (1, 9 * MIB)])
    assert found.word is None
    assert found.note == "runs of equal seed differ by 2,097,152"


def test_a_count_that_changed_with_one_seed_changed():
    found = change([(1, 5), (2, 5)], [(1, 5), (2, 6)], Tolerance())
    assert (found.word, found.change) == ("worse", 1)
    assert change([(1, 5), (2, 5)], [(1, 4), (2, 6)], Tolerance()).word is None


def test_without_an_equal_seed_there_is_nothing_exact():
    assert change([(1, 5)], [(2, 5)]) is None


# ---- sampled --------------------------------------------------------------

def readings(run: str, values: list[float]) -> list[Reading]:
    return [Reading(run, block, block, value, 1000)
            for block, value in enumerate(values)]


def test_the_unpaired_test_and_interval_agree_with_their_definitions():
    stream = random.Random(5)
    base = [math.exp(stream.gauss(0, 0.3)) for _ in range(8)]
    head = [math.exp(stream.gauss(0.2, 0.3)) for _ in range(7)]
    found = sampled.of_groups(readings("a", base), readings("b", head),
                              "ratio")
    assert found.p == pytest.approx(stats.mannwhitneyu(
        head, base, method="exact").pvalue)
    assert (found.count, found.paired) == (7, False)
    # A shift at either end of the interval is just rejected, inside not.
    low, high = found.interval.low, found.interval.high

    def p_at(shift: float) -> float:
        moved = [value / math.exp(shift) for value in head]
        return stats.mannwhitneyu(moved, base, method="exact").pvalue
    assert p_at(low - 1e-9) <= 0.05 < p_at(low + 1e-9)
    assert p_at(high + 1e-9) <= 0.05 < p_at(high - 1e-9)


def test_few_runs_have_no_unpaired_interval():
    assert sampled.of_groups(readings("a", [1, 2, 3]),
                             readings("b", [4, 5, 6]), "ratio").interval is None


def test_many_runs_are_approximated_and_agree_with_the_exact_count(
        monkeypatch):
    stream = random.Random(5)
    base, head = (readings(name, [math.exp(stream.gauss(0, 1))
                                  for _ in range(30)]) for name in "ab")
    counted = sampled.of_groups(base, head, "ratio").interval
    monkeypatch.setattr(sampled, "EXACT_RUNS", 10)
    near = sampled.of_groups(base, head, "ratio").interval
    assert near.low == pytest.approx(counted.low, abs=0.02)
    assert near.high == pytest.approx(counted.high, abs=0.02)


def test_any_number_of_runs_is_compared_in_a_moment():
    many = readings("a", [1 + index % 7 for index in range(20000)])
    more = readings("a", [1.1 * (1 + index % 7) for index in range(20000)])
    paired = sampled.of_pairs(pairing.by_block(many, more), "ratio")
    assert (paired.count, paired.p < 1e-9) == (1000, True)
    assert sampled.of_groups(many, more, "ratio").count == 100


@pytest.mark.parametrize(("paired", "cells", "least"), [
    (True, 1, 6), (True, 10, 9), (True, 30, 11), (True, 100, 12),
    (False, 1, 4), (False, 10, 6)])
def test_the_least_runs_that_holm_can_reject(paired, cells, least):
    assert minimum_runs(cells, paired) == least


def test_sizes_compare_as_differences_over_what_was_needed():
    nothing = [reading(seed, 0) for seed in range(8)]
    below = [reading(seed, -5) for seed in range(8)]
    found = sampled.of_pairs(pairing.first_of_seeds(nothing, below),
                             "of max L")
    assert (found.middle, found.head_below) == (-0.05, 1)


# ---- the whole ------------------------------------------------------------

def test_a_leak_is_worse_where_it_shows_and_the_rest_is_the_same(write):
    path = write(one_run(memory("old", 2), memory("new", 5),
                         flat("old", 1), flat("new", 1.01)))
    found = verdicts(path)
    assert {title: verdict.word for (title, _), verdict in found.items()} == {
        "peak_growth": "same", "kept (drain)": "worse",
        "kept (silent)": "worse", "kept (trim)": "worse",
        "kept (tick)": "worse", "cost": "same"}
    kept = found["kept (silent)", "fill_drain"]
    assert (kept.change, kept.margin, kept.pairs) == (3 * MIB, MIB, 3)
    assert kept.measure == "exact"


def test_pairs_see_through_noise_that_both_share(write):
    """Blocks differ by a factor of two; head costs 10 % more in each."""
    path = write(one_run(timing("old", 1, [0] * 12), timing("new", 1.1)))
    cost = verdicts(path)["cost", "fill_drain"]
    assert (cost.word, cost.pairs, cost.paired) == ("worse", 12, True)
    # The third smallest and the third greatest: 1.1 * (1 -+ 0.03).
    assert cost.low == pytest.approx(1.1 * 0.97 - 1, abs=1e-3)
    assert cost.high == pytest.approx(1.1 * 1.03 - 1, abs=1e-3)
    assert cost.head_below == 0


def test_two_runs_do_not_pair_and_decide_nothing(write):
    old = write(one_run(timing("new", 1), timing("x", 1)), "old.jsonl")
    new = write(one_run(timing("new", 3, run="r2"), id="r2"), "new.jsonl")
    found = compare.compare(Source(old, "new"), Source(new, "new"))
    cost, = found.verdicts
    assert (cost.word, cost.paired, cost.gates) == ("worse", False, False)
    warning, = found.warnings
    assert "do not pair" in warning
    # All noise but SCATTER's is shared within blocks.
    assert "pairs of one run would need" in warning


def test_an_unclear_time_says_how_many_pairs_it_needs(write):
    path = write(one_run(timing("old", 1, [0] * 12), timing("new", 1.02)))
    cost = verdicts(path)["cost", "fill_drain"]
    assert cost.word == "unclear"
    assert cost.pairs_needed > 12


def test_holm_counts_the_cells_of_one_metric(write):
    """p of one pair in twelve against the trend: alone enough, of six
    cells not."""
    scatter = [-0.02] + [0.04 + index / 1000 for index in range(11)]
    alone = one_run(timing("old", 1, [0] * 12), timing("new", 1, scatter))
    path = write(alone)
    single = verdicts(path)["cost", "fill_drain"]
    assert single.p == single.adjusted_p
    more = [row for number in range(20)
            for row in flat("old", 1, workload=f"w{number}")
            + flat("new", 1, workload=f"w{number}")]
    several = verdicts(write(alone + more, "more.jsonl"))["cost",
                                                          "fill_drain"]
    assert several.adjusted_p == pytest.approx(21 * several.p)


def test_too_few_pairs_are_refused_with_the_number_that_would_do(write,
                                                                verb):
    rows = [row for number in range(2) for name in ("old", "new")
            for row in timing(name, 1, workload=f"w{number}")[:6]]
    path = write(one_run(rows))
    done = verb("compare", f"{path}:old", f"{path}:new")
    assert done.returncode == 2
    assert "6 pairs can never reject among 2 cells" in done.stderr
    assert "--pairs 7" in done.stderr


def test_memory_whose_seeds_disagree_is_judged_as_a_sample(write):
    rows = [memory("old", 2), memory("new", 9, seeds=(1, 2)),
            [make.memory_cell("new", after, 160, [0.5] * 5, seed=3,
                              repetition=2) for after in ("silent", "tick")]]
    kept = verdicts(write(one_run(*rows)))["kept (silent)", "fill_drain"]
    assert (kept.word, kept.measure, kept.pairs) == ("unclear", "sampled", 3)
    assert kept.pairs_needed >= 6
    assert "seeds disagree" in kept.note


# ---- what cannot be compared ----------------------------------------------

def complaint(base: Source, head: Source) -> str:
    with pytest.raises(ResultsError) as caught:
        compare.compare(base, head)
    return str(caught.value)


def test_two_machines_compare_counts_alone_and_say_where(write):
    old = write(one_run(memory("a", 2)), "old.jsonl")
    host = {**make.HOST, "machine_id": "other"}
    new = write(one_run(memory("a", 9, run="r2"), id="r2", host=host),
                "new.jsonl")
    said = complaint(Source(old, None), Source(new, None))
    assert "two machines" in said and "--across-machines" in said
    assert f"{old}:1" in said and f"{new}:1" in said
    found = compare.compare(Source(old, None), Source(new, None),
                            across_machines=True)
    assert {verdict.word for verdict in found.verdicts} == {"same", "worse"}
    assert "two machines" in found.warnings[0]


def test_other_seeds_other_cells_other_times_and_itself_are_refused(write):
    old = write(one_run(memory("a", 2)), "old.jsonl")

    def new(*rows, name="new.jsonl", **changes):
        return write(one_run(*rows, id="r2", **changes), name)
    assert "same --seed" in complaint(Source(old, None), Source(new(
        memory("a", 2, seeds=(7, 8, 9), run="r2")), None))
    assert "no cell is in both" in complaint(Source(old, None), Source(new(
        memory("a", 2, run="r2", workload="other")), None))
    assert "same --settle" in complaint(Source(old, None), Source(new(
        memory("a", 2, run="r2"), settle_ns=10**9), None))
    assert "did different work" in complaint(Source(old, None), Source(new(
        memory("a", 2, run="r2", live=80)), None))
    assert "the same file twice" in complaint(Source(old, None),
                                              Source(old, None))
    copy = write(one_run(memory("a", 2)), "copy.jsonl")
    assert "is in both files" in complaint(Source(old, None),
                                           Source(copy, None))
    assert "did you mean a?" in complaint(Source(old, "b"), Source(old, "a"))


@pytest.mark.parametrize(("text", "says"), [
    ("", "holds no run line"),
    ("hello\n", "1: the line is not valid JSON"),
    ('{"type":"run"', "holds no run line"),
    ('{"type": "run", "schema": 99}\n', "1: schema 99"),
    ('{"type": "cell", "schema": 1}\n', "1: the first line is no run line")])
def test_bad_input_is_an_error_that_names_file_and_line(tmp_path, write,
                                                       verb, text, says):
    good = write(one_run(memory("a", 2)))
    bad = tmp_path / "bad.jsonl"
    bad.write_text(text)
    for pair in ((good, bad), (bad, good)):
        done = verb("compare", *pair)
        assert done.returncode == 2
        assert says in done.stderr and str(bad) in done.stderr
        assert "Traceback" not in done.stderr


def test_duplicate_rows_and_missing_files_are_named(write, verb):
    rows = one_run(memory("a", 2))
    good = write(one_run(memory("a", 2, run="r2"), id="r2"), "good.jsonl")
    twice = write(rows + rows[1:2], "twice.jsonl")
    done = verb("compare", good, twice)
    assert done.returncode == 2
    assert f"{twice}:8: the same cell stands at {twice}:2" in done.stderr
    done = verb("compare", good, "nowhere.jsonl")
    assert done.returncode == 2 and "nowhere.jsonl" in done.stderr


def test_a_torn_last_line_is_a_warning(tmp_path, write):
    good = write(one_run(memory("a", 2, run="r2"), id="r2"), "good.jsonl")
    torn = write(one_run(memory("a", 2)))
    with torn.open("a") as file:
        file.write('{"type":"cell"')
    found = compare.compare(Source(good, None), Source(torn, None))
    assert f"{torn}:8: the last line is torn" in found.warnings[0]


# ---- the command line -----------------------------------------------------

def test_the_three_ways_to_say_what_is_compared_agree(write, verb):
    path = write(one_run(memory("old", 2), memory("new", 5)))
    single = write(one_run(memory("new", 5, run="r2"), id="r2"), "two.jsonl")
    said = [json.loads(verb("compare", *words, "--format", "json").stdout)
            for words in ((f"{path}:old", f"{path}:new"),
                          (path, "--base", "old", "--head", "new"),
                          (path, single, "--base", "old", "--head", "new"))]
    assert said[0]["verdicts"] == said[1]["verdicts"]
    assert [row["word"] for row in said[0]["verdicts"]] \
        == [row["word"] for row in said[2]["verdicts"]]
    assert {row["head"] for row in said[2]["verdicts"]} == {"new"}


def test_a_name_with_colons_is_found_behind_the_file(write):
    path = write(one_run(memory("jemalloc:decay_0", 2)))
    source = sides.parse_source(f"{path}:jemalloc:decay_0")
    assert source == Source(path, "jemalloc:decay_0")


def test_unknown_words_are_answered_with_the_nearest(write, verb):
    path = write(one_run(memory("old", 2), memory("new", 5)))
    for option, word, nearest in (("--metric", "kep", "kept"),
                                  ("--kind", "memry", "memory")):
        done = verb("compare", path, path, option, word)
        assert done.returncode == 2
        assert f"did you mean {nearest}?" in done.stderr


def test_the_table_fits_80_columns_and_names_what_is_worse(write, verb):
    path = write(one_run(memory("old", 2), memory("new", 5),
                         timing("old", 1), timing("new", 1.5)))
    done = verb("compare", f"{path}:old", f"{path}:new")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines()[2:])) <= 80
    assert "changed by +3,145,728 bytes" in done.stdout.replace("\n  ", " ")
    assert done.stdout.endswith("5 worse, 1 same\n")


# ---- tolerances -----------------------------------------------------------

def tolerances(tmp_path, text: str) -> Tolerances:
    path = tmp_path / "tolerances.toml"
    path.write_text(text)
    return read_tolerances(path)


def test_a_file_overrides_a_metric_or_one_point_of_it(tmp_path):
    table = tolerances(tmp_path, "[kept]\nabsolute = 5\nshare = 0\n"
                       "[kept.trim]\nabsolute = 7\n[cost]\nmargin = 0.1\n")
    assert table.of("kept", "silent").allowed(10**9) == 5
    assert table.of("kept", "trim").allowed(10**9) == 7
    assert table.of("kept", "tick+rate=10").allowed(10**9) == 5
    assert table.of("cost", "").margin == 0.1
    assert table.of("peak_growth", "").absolute == MIB


@pytest.mark.parametrize(("text", "says"), [
    ("[kep]\n", "did you mean kept?"),
    ("[kept]\nshar = 1\n", "did you mean share?"),
    ("[kept.silnet]\nshare = 1\n", "did you mean silent?"),
    ('[kept."tick+rate=100"]\nshare = 1\n', "did you mean tick?"),
    ("[cost.fill]\nmargin = 1\n", "has no points: write [cost]"),
    ("[kept]\nshare = -1\n", "is no number of 0 or more"),
    ("[kept]\nshare = nan\n", "is no number of 0 or more"),
    ("kept = 1\n", "is no table"),
    ("[kept\n", "is no TOML")])
def test_a_wrong_file_of_tolerances_is_named(tmp_path, text, says):
    with pytest.raises(ResultsError) as caught:
        tolerances(tmp_path, text)
    assert says in str(caught.value)
    assert "tolerances.toml" in str(caught.value)


def test_every_point_of_the_presets_may_be_overridden(tmp_path):
    for name in ("kept.silent", "kept.tick", "kept.tick_other", "kept.drain",
                 "kept.trim", "scan_steps.drain", "phase_cost.fill"):
        metric, _, point = name.partition(".")
        table = tolerances(tmp_path, f"[{name}]\nabsolute = 7\n")
        assert table.of(metric, point).absolute == 7


def test_no_margin_makes_unclear_and_no_traceback(write, tmp_path):
    """Twelve pairs whose median is no change: none inside no margin."""
    path = write(one_run(flat("old", 1), timing("new", 1)))
    table = tolerances(tmp_path, "[cost]\nmargin = 0\n")
    cost = verdicts(path, tolerances=table)["cost", "fill_drain"]
    assert (cost.word, cost.change, cost.pairs_needed) \
        == ("unclear", pytest.approx(0), None)


def test_what_pairing_leaves_of_the_noise(write):
    path = write(one_run(timing("old", 1, [0] * 12), timing("new", 1)))
    side = sides.read(Source(path, None), figures.chosen(("cost",)))
    share = pairing.share_left_by_pairing(side)
    # SCATTER's variance against SHARED's, twice.
    assert 0 < share < 0.02
    assert all(isinstance(place, Place) for place in side.readings["old"])

"""`giveback doctor`: findings of hosts made up for the test, the smallest
effect of noise that is known, the grade, and what is printed."""

import json
import math
import random
from collections.abc import Callable

import pytest
import rows_maker as make
from giveback import results, statistics
from giveback.doctor import command, findings, grade, noise, power
from giveback.doctor.findings import Finding
from giveback.doctor.sight import Sight, steal_share
from giveback.look import Look

HOST = make.HOST | {"thp": "madvise", "load": [0.1, 0.1, 0.1],
                    "khugepaged": {"defrag": 0, "max_ptes_none": 511}}
MEMORY = {"base": make.base() | {"charged_bytes": 4096}}


@pytest.fixture
def sight(write) -> Callable[..., Sight]:
    """sight(cells, host, **changes): a good host, but for these."""
    def made(memory: dict | None = None, host: dict | None = None,
             cells: tuple[dict, ...] = (), **changes) -> Sight:
        rows = [make.run_line(make.allocator("system"),
                              host=HOST | (host or {})),
                make.memory_cell("system", "silent", 1, [0] * 5)
                | MEMORY | (memory or {}),
                make.timing_cell("system", 30, 0), *cells]
        found = results.read([write(rows)])
        return Sight(**({
            "run": next(iter(found.runs.values())),
            "cells": {cell.kind: cell for cell in found.cells},
            "seccomp_actions": "kill_process trap allow\n",
            "swap_areas": 0, "steal_share": 0.0} | changes))
    return made


def found(sight: Sight, name: str) -> Finding:
    return next(one for one in findings.of_sight(sight) if one.id == name)


def test_a_good_host_is_found_good(sight):
    counted = (make.instructions_cell("system", 40),
               make.instructions_cell(
                   "system", 40, kind="hardware_instructions",
                   instructions_source="perf", hardware_reason=None),
               make.traffic_cell("system"), make.stalls_cell("system"))
    assert {one.state for one in findings.of_sight(sight(cells=counted))} \
        == {"good"}


@pytest.mark.parametrize(("name", "state", "words", "changes"), [
    ("same_addresses", "limit", "random", {"memory": {"aslr": True}}),
    ("growth", "limit", "lazily", {"memory": {"memory_source": "status"}}),
    ("growth", "note", "slower", {"memory": {"memory_source": "smaps"}}),
    ("growth", "limit", "no /proc here", {"memory": {
        "outcome": "unsupported", "reason": "no /proc here", "base": None,
        "peak_rss_bytes": None, "samples": []}}),
    ("page_truth", "note", "no pagemap", {"memory": {
        "base": make.base() | {"pages": None}}}),
    ("page_truth", "note", "4,096", {"host": {"page_bytes": 65536},
                                     "memory": {"base": make.base()
                                                | {"pages": None}}}),
    ("huge_pages", "limit", "always", {"host": {"thp": "always"}}),
    ("khugepaged", "note", "refill", {"host": {
        "khugepaged": {"defrag": 1, "max_ptes_none": 511}}}),
    ("swap", "limit", "in use", {"host": {"swap_bytes": 2**21}}),
    ("swap", "note", "not in use", {"swap_areas": 1}),
    ("memory_limit", "note", "512.0 MiB of 1024.0 MiB", {"host": {
        "cgroup_memory_limit_bytes": 2**30,
        "cgroup_memory_used_bytes": 2**29}}),
    ("charged", "note", "cgroup", {"memory": {"base": make.base()}}),
    ("cpus", "limit", "one CPU", {"host": {"cores": 1}}),
    ("cpu_quota", "note", "0.50 CPUs", {"host": {
        "cgroup_cpu_quota_us": 50000, "cgroup_cpu_period_us": 100000}}),
    ("load", "note", "2.00", {"host": {"load": [2, 1, 1]}}),
    ("steal", "note", "5.0 %", {"steal_share": 0.05}),
    ("steal", "note", "does not tell", {"steal_share": None}),
    ("governor", "note", "powersave", {"host": {"governor": "powersave"}}),
    ("callgrind", "note", "not run", {}),
    ("hardware_counter", "note", "not run", {}),
    ("seccomp", "note", "cannot trap", {"seccomp_actions": "kill_thread"}),
    ("seccomp", "note", "refused here", {"cells": (make.failed_cell(
        "system", "unsupported", "refused here", kind="traffic",
        after=None),)}),
    ("single_calls", "note", "no clock here", {"cells": (make.failed_cell(
        "system", "unsupported", "no clock here", kind="stalls",
        after=None),)}),
    ("same_addresses", "limit", "no /proc here", {"memory": {
        "outcome": "unsupported", "reason": "no /proc here", "base": None,
        "peak_rss_bytes": None, "samples": []}})])
def test_what_is_wrong_is_found_with_a_remedy(sight, name, state, words,
                                              changes):
    one = found(sight(**changes), name)
    assert (one.state, words in one.seen) == (state, True), one
    assert one.remedy or one.id == "steal"


def test_the_reason_of_the_program_is_told(sight):
    lacking = make.failed_cell("system", "unsupported", "no valgrind here",
                               kind="instructions", after=None)
    assert "no valgrind here" in found(sight(cells=(lacking,)),
                                       "callgrind").seen


def test_steal_is_a_share_of_all_time():
    assert steal_share("cpu  50 0 20 20 0 0 0 10 5 0\ncpu0 1\n") == 0.1
    for text in (None, "", "cpu 1 2 3\n", "cpu 0 0 0 0 0 0 0 0 0 0\n",
                 "intr 1 2 3 4 5 6 7 8\n"):
        assert steal_share(text) is None


# ---- noise and power ------------------------------------------------------

def test_pairs_are_made_within_blocks(write):
    cells = [make.timing_cell(name, cost, block) for name, cost, block in
             (("a", 20, 0), ("b", 40, 0), ("b", 30, 1), ("a", 30, 1),
              ("a", 50, 2))]
    rows = [make.run_line(make.allocator("a"), make.allocator("b")), *cells]
    ratios = noise.log_ratios(results.read([write(rows)]).cells)
    assert ratios == pytest.approx([math.log(2), 0])


@pytest.mark.parametrize("pairs", (6, 12, 20, 40))
def test_the_critical_sum_is_where_the_exact_test_turns(pairs):
    """Against statistics.wilcoxon_p: the smallest ranks are negative."""
    limit = power.critical_sum(pairs)
    for total, significant in ((limit, True), (limit + 1, False)):
        signs, left = [1] * pairs, total
        for rank in range(pairs, 0, -1):
            if rank <= left:
                signs[rank - 1], left = -1, left - rank
        assert left == 0
        p = statistics.wilcoxon_p([sign * (index + 1) for index, sign
                                   in enumerate(signs)])
        assert (p <= statistics.ALPHA) == significant


def test_five_pairs_find_nothing():
    assert power.critical_sum(5) is None
    assert power.smallest_effect([0.01] * 5, 5) is None


def normal(spread: float, count: int = 400) -> list[float]:
    source = random.Random(1)
    return [source.gauss(0, spread) for _ in range(count)]


def test_normal_noise_has_the_power_of_the_normal_formula():
    """The test's efficiency against the t test is 3/pi for normal noise
    (Lehmann, Nonparametrics, section 4.3): the effect is about
    (1.960 + 0.842) spread / sqrt(n 3/pi)."""
    spread, pairs = 0.05, 40
    expected = 2.802 * spread / math.sqrt(pairs * 3 / math.pi)
    effect = power.smallest_effect(normal(spread), pairs)
    assert math.log1p(effect) == pytest.approx(expected, rel=0.15)


def test_more_pairs_and_less_noise_find_smaller_effects():
    quiet, loud = normal(0.02), normal(0.2)
    effects = [power.smallest_effect(loud, pairs) for pairs in (12, 20, 40)]
    assert effects == sorted(effects, reverse=True)
    assert power.smallest_effect(quiet, 20) < effects[1] / 5


def test_equal_noise_gives_equal_answers_and_none_where_none_is_found():
    ratios = normal(0.1, 40)
    assert power.smallest_effect(ratios, 12) == \
        power.smallest_effect(ratios, 12)
    assert power.smallest_effect([-50.0, 50.0], 12) is None


# ---- the grade, and what is printed ---------------------------------------

GOOD = Finding("growth", "memory", "good", "resident memory", None)
LIMIT = Finding("swap", "memory", "limit", "swap is in use", "swapoff -a")
BUSY = Finding("cpus", "time", "limit", "one CPU", "give it two")


@pytest.mark.parametrize(("effect", "found_here", "letter"), [
    (0.05, [GOOD], "A"), (0.051, [GOOD], "B"), (0.1, [GOOD], "B"),
    (0.2, [GOOD], "C"), (0.21, [GOOD], "D"), (None, [GOOD], "D"),
    (0.01, [LIMIT], "C"), (0.5, [LIMIT], "D"), (0.01, [BUSY], "A")])
def test_the_grade_follows_its_rule(effect, found_here, letter):
    assert grade.of_host(found_here, effect) == letter


def test_the_text_holds_findings_remedies_effects_and_grade():
    diagnosis = command.diagnose([GOOD, LIMIT, BUSY], normal(0.02, 40))
    said = " ".join("\n".join(command.as_text(diagnosis, Look())).split())
    assert "limit swap is in use. to do: swapoff -a" in said
    assert "good resident memory." in said
    assert "in 40 pairs of" in said and "with 12 pairs" in said
    assert "grade C" in said and "A, B, C: 20 pairs" in said


def test_without_noise_there_is_no_grade():
    diagnosis = command.diagnose([GOOD], None)
    assert diagnosis.grade is None
    assert "no grade" in command.as_text(diagnosis, Look())[-1]


def test_json_says_the_same():
    diagnosis = command.diagnose([LIMIT], [-50.0, 50.0] * 20)
    row = json.loads(json.dumps(command.as_json(diagnosis),
                                allow_nan=False))
    assert row["findings"] == [{"id": "swap", "concerns": "memory",
                                "state": "limit", "seen": "swap is in use",
                                "remedy": "swapoff -a"}]
    assert row["noise"]["smallest_effect"] == {"12": None, "20": None,
                                               "40": None}
    assert row["grade"] == "D"


def test_lines_fit_the_width():
    diagnosis = command.diagnose([GOOD, LIMIT, BUSY], normal(0.02, 40))
    for line in command.as_text(diagnosis, Look()):
        assert len(line) <= 80


def test_by_hand_it_says_how_to_start_it(giveback):
    done = giveback("doctor", "--no-noise", GIVEBACK="./nothing-here")
    assert done.returncode == 2
    assert "no program to measure with" in done.stderr
    assert "Traceback" not in done.stderr

"""Every formula against figures worked out by hand from fixtures/seed.jsonl,
and its behaviour at the edges: unknown, zero, negative, censored, scaled.

The silent cell of seed.jsonl (pages of 4096 bytes):
  base    anonymous 1 MiB, shmem 4096; 131,072 bytes in dead pages
  fill    anonymous 13 MiB                     R = 12 MiB = 12,582,912
          L = 10,000,000, the greatest
  drain   anonymous 17 MiB, 3 MiB of it lazily freed
                                               R = 13 MiB = 13,631,488
          L = 10,000: 3 pages, F = 12,288
  silent  at 10.000123 ms R = 12 MiB, 100.0002 ms 6 MiB, 1.0000003 s 2 MiB,
          10.000213117 s 1 MiB = 1,048,576
"""

import dataclasses
from array import array

import pytest
import rows_maker as make
from giveback import metrics, phases, results
from giveback.decode import decode
from giveback.metric_list import METRICS
from giveback.metrics import Interval
from giveback.rows import Cell, Timeline

S = 10**9
PAGE = 4096


@pytest.fixture
def cells(seed_file) -> list[Cell]:
    return results.read([seed_file]).cells


@pytest.fixture
def silent(cells) -> Cell:
    return cells[0]


@pytest.fixture
def tick(cells) -> Cell:
    return cells[1]


@pytest.fixture
def timing(cells) -> Cell:
    return cells[2]


def cell_of(row: dict) -> Cell:
    return decode(Cell, row, "")


def with_sample(cell: Cell, phase: str, **changes) -> Cell:
    """The cell with some fields of a phase's sample replaced."""
    return dataclasses.replace(cell, samples=tuple(
        dataclasses.replace(s, **changes) if s.phase == phase else s
        for s in cell.samples))


# ---- worked out by hand ---------------------------------------------------

def test_growth_subtracts_base_and_lazily_freed_pages(silent):
    growths = [metrics.growth_bytes(silent, s) for s in silent.samples]
    mib = 2**20
    assert growths == [12 * mib, 13 * mib, 12 * mib, 6 * mib, 2 * mib, mib,
                       mib, mib, 0]


def test_growth_counts_shared_and_huge_memory(silent):
    sample = dataclasses.replace(silent.samples[0], shmem_bytes=4096 + 70,
                                 hugetlb_bytes=500)
    assert metrics.growth_bytes(silent, sample) == 12 * 2**20 + 570


def test_the_floor_is_live_bytes_in_whole_pages(silent):
    floors = [metrics.floor_bytes(dataclasses.replace(
        silent.samples[0], live_bytes=live), PAGE)
        for live in (0, 1, 4096, 4097, 10_000)]
    assert floors == [0, 4096, 4096, 8192, 12_288]


def test_peaks(silent):
    assert metrics.max_live_bytes(silent) == 10_000_000
    assert metrics.peak_growth_bytes(silent) == 13_631_488
    # VmHWM 18 MiB, RSS at base 3 MiB
    assert metrics.high_water_bytes(silent) == 15 * 2**20
    assert metrics.blow_up(silent) == pytest.approx(1.3631488)
    # the peak is at the drain, where 10,000 bytes live: 13,631,488 / 10,000
    assert metrics.realized_fragmentation_percent(silent) \
        == pytest.approx(136_214.88)


def test_kept(silent):
    # 1,048,576 - 12,288, over 10,000,000
    assert metrics.kept_bytes(silent, 10 * S, PAGE) == 1_036_288
    assert metrics.kept_percent(silent, 10 * S, PAGE) \
        == pytest.approx(10.36288)
    # at the drain: 13,631,488 - 12,288
    assert metrics.kept_bytes(silent, 0, PAGE) == 13_619_200


def test_returned(silent):
    # (13,631,488 - 1,048,576) / (13,631,488 - 12,288)
    assert metrics.returned_percent(silent, 10 * S, PAGE) \
        == pytest.approx(100 * 12_582_912 / 13_619_200)


def test_release_times(silent, tick):
    # returned: 0, 7.7, 53.9, 84.7, 92.4 %
    assert metrics.release_time(silent, 0.5, PAGE) \
        == Interval(10_000_123, 100_000_200)
    assert metrics.release_time(silent, 0.9, PAGE) \
        == Interval(1_000_000_300, 10_000_213_117)
    assert metrics.release_time(silent, 0.95, PAGE) \
        == Interval(10_000_213_117, None)
    # tick: 1 MiB at 10 ms is 92.4 %
    assert metrics.release_time(tick, 0.9, PAGE) == Interval(0, 10_000_123)


def test_excess(silent):
    # 5 s of 14,000,000 - 12,288 and 5 s of 2,000,000 - 12,288: the mean is
    # 7,987,712, over 10,000,000
    assert metrics.excess_percent(silent, 10 * S, PAGE) \
        == pytest.approx(79.87712)
    # the first 5 s alone
    assert metrics.excess_percent(silent, 5 * S, PAGE) \
        == pytest.approx(139.87712)


def test_page_truth(silent):
    drain = phases.phase(silent, "drain")
    # dead at the drain 12 MiB, after the trim 1 MiB, base subtracted
    assert metrics.dead_bytes(silent, drain) == 12 * 2**20
    assert metrics.stranded_bytes(silent) == 2**20
    assert metrics.held_bytes(silent, drain) == 11 * 2**20
    # 10 pages hold 10,000 live bytes
    assert metrics.live_page_waste_bytes(silent, drain) == 40_960 - 10_000
    # 524,288 at the drain, 262,144 at base
    assert metrics.what_if_bytes(silent, drain, 65_536) == 262_144


def test_growth_is_live_bytes_and_page_truth_together(silent):
    """R = L + waste + stranded + held, at the last sample of the regime."""
    sample = phases.sample_after(silent, 10 * S)
    parts = (sample.live_bytes, metrics.live_page_waste_bytes(silent, sample),
             metrics.stranded_bytes(silent),
             metrics.held_bytes(silent, sample))
    assert sum(parts) == 2**20 + 40_960


def test_cost_charges_poke_and_trim(timing):
    # 60,000 + 20,000 + 15,000 + 5,000 ns over 2,000 / 2 calls
    assert metrics.cost_ns(timing) == 100
    assert metrics.phase_cost_ns(timing.samples[0]) == 60


def test_refill(tick):
    # 29,970 ns / 999 calls against 50,000 / 1,000
    assert metrics.refill_cpu_ratio(tick) == pytest.approx(0.6)
    # 120 faults for 9,990,000 bytes
    assert metrics.refill_faults_per_mib(tick) \
        == pytest.approx(120 * 1_048_576 / 9_990_000)


# ---- unknown stays unknown ------------------------------------------------

MEMORY_METRICS = (
    metrics.peak_growth_bytes, metrics.blow_up,
    metrics.realized_fragmentation_percent,
    lambda c: metrics.kept_bytes(c, 10 * S, PAGE),
    lambda c: metrics.kept_percent(c, 10 * S, PAGE),
    lambda c: metrics.returned_percent(c, 10 * S, PAGE),
    lambda c: metrics.release_time(c, 0.5, PAGE))


@pytest.mark.parametrize("field", ["anon_bytes", "shmem_bytes",
                                   "hugetlb_bytes", "lazy_free_bytes"])
@pytest.mark.parametrize("metric", MEMORY_METRICS)
def test_an_unknown_part_at_base_makes_growth_unknown(silent, metric, field):
    base = dataclasses.replace(silent.base, **{field: None})
    assert metric(dataclasses.replace(silent, base=base)) is None


@pytest.mark.parametrize("metric", MEMORY_METRICS)
def test_no_base_no_figure(silent, metric):
    assert metric(dataclasses.replace(silent, base=None)) is None


@pytest.mark.parametrize("metric", MEMORY_METRICS)
def test_no_samples_no_figure(silent, metric):
    assert metric(dataclasses.replace(silent, samples=())) is None


def test_an_unknown_phase_hides_the_peak(silent):
    cell = with_sample(silent, "fill", anon_bytes=None)
    assert metrics.peak_growth_bytes(cell) is None
    assert metrics.kept_bytes(cell, 10 * S, PAGE) == 1_036_288


def test_unknown_live_bytes(silent):
    cell = with_sample(silent, "silent", live_bytes=None)
    assert metrics.kept_bytes(cell, 10 * S, PAGE) is None
    assert metrics.peak_growth_bytes(cell) == 13_631_488


def test_unknown_pages(silent):
    cell = with_sample(silent, "trim", pages=None)
    drain = phases.phase(cell, "drain")
    assert metrics.stranded_bytes(cell) is None
    assert metrics.held_bytes(cell, drain) is None
    assert metrics.dead_bytes(cell, drain) == 12 * 2**20


def test_without_a_trim_call_held_and_stranded_are_one(silent):
    cell = with_sample(silent, "trim", operations=0)
    drain = phases.phase(cell, "drain")
    assert metrics.stranded_bytes(cell) is None
    assert metrics.held_bytes(cell, drain) is None
    assert metrics.dead_bytes(cell, drain) == 12 * 2**20


@pytest.mark.parametrize("phase", ["fill", "drain", "poke", "trim"])
def test_unknown_cpu_time_hides_the_cost(timing, phase):
    assert metrics.cost_ns(with_sample(timing, phase, cpu_ns=None)) is None


@pytest.mark.parametrize("phase", ["drain", "poke", "trim"])
def test_a_missing_phase_hides_the_cost(timing, phase):
    cell = dataclasses.replace(timing, samples=tuple(
        s for s in timing.samples if s.phase != phase))
    assert metrics.cost_ns(cell) is None


def test_memory_cells_have_no_cost(silent):
    assert metrics.cost_ns(silent) is None


def test_the_regime_must_have_reached_the_delay(silent):
    assert metrics.kept_bytes(silent, 9 * S, PAGE) == 1_036_288
    assert metrics.kept_bytes(silent, 30 * S, PAGE) is None
    assert metrics.kept_bytes(silent, 3 * S, PAGE) is None


def test_tail_samples_are_not_the_regime(silent):
    """`poke` is nearer to 10.3 s than any sample of the regime."""
    cell = with_sample(silent, "poke", since_drain_ns=12 * S, anon_bytes=0)
    assert metrics.kept_bytes(cell, 12 * S, PAGE) == 1_036_288


# ---- zero, negative, scaled -----------------------------------------------

def test_nothing_live_means_no_ratio():
    cell = cell_of(make.memory_cell("a", "silent", 5, [5] * 5, live=0))
    assert metrics.peak_growth_bytes(cell) == 5 * 2**20
    assert metrics.blow_up(cell) is None
    assert metrics.kept_percent(cell, 10 * S, PAGE) is None


def test_growth_may_be_negative_and_is_not_clamped():
    cell = cell_of(make.memory_cell("a", "silent", 100, [0, 0, 0, 0, -0.5],
                                    live=100))
    assert metrics.kept_bytes(cell, 10 * S, PAGE) == -2**19
    assert metrics.kept_percent(cell, 10 * S, PAGE) == -0.5
    assert metrics.returned_percent(cell, 10 * S, PAGE) \
        == pytest.approx(100.5)


def test_kept_may_exceed_the_peak_of_live_bytes():
    cell = cell_of(make.memory_cell("a", "silent", 320, [320] * 5, live=160))
    assert metrics.kept_percent(cell, 10 * S, PAGE) == 200


@pytest.mark.parametrize("scale", [2, 7, 64])
def test_ratios_do_not_change_with_the_scale(scale):
    kept = [100, 80, 40, 20, 8]
    one = cell_of(make.memory_cell("a", "silent", 120, kept, live=100))
    many = cell_of(make.memory_cell(
        "a", "silent", 120 * scale, [k * scale for k in kept],
        live=100 * scale))
    assert metrics.blow_up(one) == pytest.approx(metrics.blow_up(many))
    for metric in (metrics.kept_percent, metrics.returned_percent):
        assert metric(one, 10 * S, PAGE) \
            == pytest.approx(metric(many, 10 * S, PAGE))
    assert metrics.kept_bytes(many, 10 * S, PAGE) \
        == scale * metrics.kept_bytes(one, 10 * S, PAGE)
    assert metrics.release_time(one, 0.9, PAGE) \
        == metrics.release_time(many, 0.9, PAGE)


def test_twice_the_time_is_twice_the_cost():
    one = cell_of(make.timing_cell("a", 30, 0))
    two = cell_of(make.timing_cell("a", 60, 0))
    assert metrics.cost_ns(one) == 30
    assert metrics.cost_ns(two) == 60


def test_a_clock_that_stood_still_measured_nothing():
    assert metrics.cost_ns(cell_of(make.timing_cell("a", 0, 0))) is None


# ---- what the kernel bills ------------------------------------------------

def charged_cell(growths: dict[str, float], billed: dict[str, float],
                 peak: float = 160) -> Cell:
    """By phase, MiB of growth and what is billed above the base's 3 MiB."""
    row = make.memory_cell("a", "silent", peak, [peak] * 5)
    row["base"]["charged_bytes"] = 3 * metrics.MIB
    for sample in row["samples"]:
        phase = sample["phase"]
        growth = growths.get(phase, peak)
        sample["anon_bytes"] = int((1 + growth) * metrics.MIB)
        sample["charged_bytes"] = int(
            (3 + billed.get(phase, growth)) * metrics.MIB)
    return cell_of(row)


def test_charged_growth_is_counted_from_the_base():
    cell = charged_cell({}, {"drain": 170})
    assert metrics.charged_growth_bytes(cell, phases.phase(cell, "drain")) \
        == 170 * metrics.MIB
    assert metrics.charged_growth_bytes(
        cell, dataclasses.replace(cell.samples[0], charged_bytes=None)) is None
    assert metrics.charged_growth_bytes(
        dataclasses.replace(cell, base=None), cell.samples[0]) is None


@pytest.mark.parametrize(("billed", "apart"), [
    (160, False), (168, False), (168.1, True), (151.9, True), (152, False)])
def test_figures_apart_by_more_than_5_percent_of_the_peak(billed, apart):
    """Of 160 MiB: 8."""
    cell = charged_cell({}, {"drain": billed})
    assert (metrics.charged_apart(cell) is not None) is apart


def test_the_sample_with_the_greatest_difference_is_the_one():
    cell = charged_cell({"silent": 2}, {"drain": 170, "silent": 1026})
    assert metrics.charged_apart(cell).phase == "silent"


def test_the_tail_is_not_looked_at():
    assert metrics.charged_apart(charged_cell({}, {"trim": 1026})) is None


def test_what_the_kernel_books_ahead_is_no_difference():
    assert metrics.charged_apart(
        charged_cell({}, {"drain": 3}, peak=2)) is None
    assert metrics.charged_apart(
        charged_cell({}, {"drain": 3.1}, peak=2)) is not None


def test_unknown_charges_are_not_apart(silent):
    assert metrics.charged_apart(silent) is None


# ---- censored times -------------------------------------------------------

def release(kept: list[float], share: float = 0.5) -> Interval | None:
    return metrics.release_time(
        cell_of(make.memory_cell("a", "silent", 100, kept, live=100)),
        share, PAGE)


def test_back_at_the_drain_is_at_once():
    assert release([0] * 5) == Interval(0, 0)
    assert release([50] * 5) == Interval(0, 0), "half of it is t50"


def test_never_back_is_later_than_the_regime():
    assert release([100] * 5) == Interval(10 * S, None)
    assert release([100] * 4) == Interval(S, None)


def test_memory_taken_again_counts_as_not_returned():
    assert release([100, 0, 0, 90, 0]) == Interval(S, 10 * S)
    assert release([0, 0, 0, 0, 90]) == Interval(10 * S, None)


def test_without_a_rise_there_is_nothing_to_return():
    cell = cell_of(make.memory_cell("a", "silent", 4, [4, 4, 4, 4, 0],
                                    live=100))
    assert metrics.release_time(cell, 0.5, PAGE) is None
    assert metrics.returned_percent(cell, 10 * S, PAGE) is None


# ---- the timeline ---------------------------------------------------------

def excess(times: list[int], resident: list[int]) -> float | None:
    cell = cell_of(make.memory_cell("a", "silent", 1, [1] * 5, live=1))
    timeline = Timeline(array("q", times), array("q", resident),
                        array("q", [0] * len(times)))
    return metrics.excess_percent(
        dataclasses.replace(cell, timeline=timeline), 10 * S, PAGE)


def test_a_constant_timeline_has_its_value_as_mean():
    assert excess([-S, 20 * S], [2**20, 0]) == 100


def test_what_lies_before_the_release_does_not_count():
    assert excess([-S, -S // 2, 0, 10 * S], [2**30, 2**30, 0, 0]) == 0


def test_a_timeline_that_ends_early_or_starts_late_says_nothing():
    assert excess([0, 7 * S], [1, 1]) is None
    assert excess([S, 10 * S], [1, 1]) is None
    assert excess([], []) is None


def test_metric_ids_are_unique():
    ids = [metric.id for metric in METRICS]
    assert len(ids) == len(set(ids))

"""The survivor law and the release granule, against figures worked out by
hand.

The cell of `one`: 1,000 objects of 16 bytes that take 32 KiB at the peak, so
the stride is 32.768 bytes; 100 survive, so s = 0.1. After the trim 16 KiB
are left, R' = 0.5, one page live and three dead; units of 16 KiB and more
explain them all. Page truth's figures stand over a base of 8 KiB dead pages.
"""

import dataclasses
import math

import pytest
import rows_maker as make
from giveback import survivors
from giveback.decode import decode
from giveback.rows import Cell
from giveback.survivors import Granule

KIB = 1024
MIB = 2**20
PARAMETERS = {"objects": 1000, "size": 16, "keep": 10,
              "pattern": "scattered", "run": 5, "order": "fifo",
              "start": "warm"}


def page_truth(live: int, dead: int, explained: dict[int, int]) -> dict:
    """Absolute: the base has 8 KiB of dead pages that no unit explains."""
    granules = {granule: explained.get(int(granule), live + dead)
                for granule in make.GRANULES}
    return {"live_bytes": live, "dead_bytes": dead + 8 * KIB,
            "granules": granules}


def cell(peak: int, left: int, truth: dict, count: int = 1000,
         alive: int = 100, **changes) -> Cell:
    parameters = PARAMETERS | changes.pop("parameters", {})
    def sample(phase: str, growth: int, blocks: int, **more) -> dict:
        return make.sample(phase, growth / MIB, blocks * 16 / MIB,
                           live_blocks=blocks, **more)
    base = make.base() | {"pages": page_truth(0, 0, dict.fromkeys(
        map(int, make.GRANULES), 0))}
    row = make.cell("a", [
        sample("fill", peak, count), sample("drain", left, alive, since=0),
        sample("poke", left, alive, since=1),
        sample("trim", left, alive, since=2, operations=1, pages=truth),
        sample("rest", 0, 0, since=3)], workload="survivors",
        parameters=parameters, base=base, **changes)
    return decode(Cell, row, "")


def with_tables(tables: int = 0) -> Cell:
    """16 KiB around the live page, and an allocator's own tables."""
    return cell(32 * KIB, 16 * KIB + tables,
                page_truth(4 * KIB, 12 * KIB + tables,
                           {granule: (16 if granule >= 16 * KIB else 4) * KIB
                            for granule in map(int, make.GRANULES)}))


@pytest.fixture
def one() -> Cell:
    return with_tables()


# ---- the law --------------------------------------------------------------

def test_share_stride_and_what_is_kept(one):
    assert survivors.object_count(one) == 1000
    assert survivors.survivor_share(one) == 0.1
    assert survivors.stride_bytes(one) == 32.768
    assert survivors.kept_share(one) == 0.5


def test_scattered_survivors_keep_what_any_of_n_would(one):
    # 98.304 bytes are three objects: 1 - 0.9^3
    assert survivors.law_share(one, 98.304) == pytest.approx(0.271)
    assert survivors.law_share(one, 1e9) == 1


def with_pattern(one: Cell, **parameters) -> Cell:
    return dataclasses.replace(one, parameters=one.parameters | parameters)


def test_regular_survivors_keep_n_times_their_share(one):
    regular = with_pattern(one, pattern="regular")
    assert survivors.law_share(regular, 98.304) == pytest.approx(0.3)
    assert survivors.law_share(regular, 1e9) == 1


def test_runs_keep_less_the_longer_they_are(one):
    # runs of 5: 1 - (1 - 0.1 / 5)^(3 + 5 - 1)
    runs = with_pattern(one, pattern="runs", run=5)
    assert survivors.law_share(runs, 98.304) \
        == pytest.approx(1 - 0.98**7)
    # runs of one are scattered survivors
    single = with_pattern(one, pattern="runs", run=1)
    assert survivors.law_share(single, 98.304) == pytest.approx(0.271)
    assert survivors.law_share(with_pattern(one, pattern="runs", run=0),
                               98.304) is None


@pytest.mark.parametrize("pattern", ["first", "last", "later", 5])
def test_the_law_has_nothing_to_say_of_other_patterns(one, pattern):
    assert survivors.law_share(with_pattern(one, pattern=pattern), 99) is None
    assert survivors.fitted_granule_bytes(
        with_pattern(one, pattern=pattern)) is None


# ---- the fit --------------------------------------------------------------

def test_the_fit_by_hand(one):
    # 32.768 * ln 0.5 / ln 0.9 = 32.768 * 6.5788 = 215.57
    assert survivors.fitted_granule_bytes(one) == pytest.approx(215.574,
                                                                abs=0.001)


@pytest.mark.parametrize("granule", [300, 1000, 4096])
def test_the_fit_finds_the_granule_that_the_law_kept(granule):
    share = 1 - 0.999 ** (granule / 32)
    made = cell(32 * 10**9, round(share * 32 * 10**9), page_truth(0, 0, {}),
                count=10**9, alive=10**6)
    if not 0.1 < share < 0.95:
        assert survivors.fitted_granule_bytes(made) is None
    else:
        assert survivors.fitted_granule_bytes(made) \
            == pytest.approx(granule, rel=1e-6)


@pytest.mark.parametrize(("left", "known"), [
    (3276, False), (3278, True), (31129, True), (31130, False), (0, False),
    (32768, False), (-4096, False), (40000, False)])
def test_the_fit_keeps_to_the_middle_of_the_curve(left, known):
    """Of 32,768 bytes: 0.1 is 3,276.8 and 0.95 is 31,129.6."""
    made = cell(32 * KIB, left, page_truth(0, 0, {}))
    assert (survivors.fitted_granule_bytes(made) is not None) is known


@pytest.mark.parametrize("alive", [0, 1000])
def test_none_or_all_survive_and_nothing_can_be_fitted(alive):
    made = cell(32 * KIB, 16 * KIB, page_truth(0, 0, {}), alive=alive)
    assert survivors.fitted_granule_bytes(made) is None
    assert survivors.law_share(made, 4096) in (0, 1)


# ---- page truth -----------------------------------------------------------

def test_stray_pages_are_those_that_no_unit_explains(one):
    assert survivors.stray_bytes(one, 4096) == 12 * KIB
    assert survivors.stray_bytes(one, 16384) == 0
    assert survivors.tables_bytes([one]) == 0


def test_the_granule_is_the_least_unit_that_explains_all(one):
    assert survivors.release_granule([one]) == Granule(8192, 16384)


def test_an_allocators_own_tables_are_nobodys_granule():
    """They are as large in every cell, and no unit explains them."""
    made = with_tables(8 * KIB)
    assert survivors.tables_bytes([made]) == 8 * KIB
    assert survivors.release_granule([made]) == Granule(8192, 16384)


def dense() -> Cell:
    """Every page holds a survivor: a unit of a page explains all."""
    return cell(32 * KIB, 32 * KIB, page_truth(32 * KIB, 0, {}), alive=500)


def sparse() -> Cell:
    """Far more stays than even the greatest unit explains."""
    return cell(32 * MIB, 16 * MIB, page_truth(
        4 * KIB, 16 * MIB - 4 * KIB,
        {int(granule): 2 * MIB for granule in make.GRANULES}))


def test_dense_survivors_give_a_lower_bound(one):
    assert survivors.cell_granule(dense(), 0) == Granule(0, 4096)
    assert survivors.release_granule([dense(), one]) == Granule(8192, 16384)


def test_a_granule_above_every_recorded_unit_is_censored(one):
    assert survivors.release_granule([dense(), sparse(), one]) \
        == Granule(2 * MIB, None)


def test_the_scale_of_bytes_does_not_matter(one):
    for factor in (2, 16):
        grown = cell(32 * KIB * factor, 16 * KIB * factor,
                     page_truth(4 * KIB, 12 * KIB, {}))
        assert survivors.kept_share(grown) == survivors.kept_share(one)
        assert survivors.stride_bytes(grown) \
            == factor * survivors.stride_bytes(one)
        assert survivors.fitted_granule_bytes(grown) \
            == pytest.approx(factor * survivors.fitted_granule_bytes(one))


# ---- unknown stays unknown ------------------------------------------------

METRICS = (survivors.kept_share, survivors.stride_bytes,
           survivors.fitted_granule_bytes,
           lambda made: survivors.law_share(made, 4096),
           lambda made: survivors.release_granule([made]))


@pytest.mark.parametrize("metric", METRICS)
def test_without_a_peak_there_is_no_figure(one, metric):
    unknown = dataclasses.replace(one.samples[0], anon_bytes=None)
    assert metric(dataclasses.replace(
        one, samples=(unknown, *one.samples[1:]))) is None


@pytest.mark.parametrize("metric", METRICS[:1] + METRICS[2:3] + METRICS[4:])
def test_without_a_trim_there_is_nothing_to_explain(one, metric):
    left = tuple(s for s in one.samples if s.phase != "trim")
    assert metric(dataclasses.replace(one, samples=left)) is None


def test_without_page_truth_the_fit_remains(one):
    blind = dataclasses.replace(one, samples=tuple(
        dataclasses.replace(s, pages=None) for s in one.samples))
    assert survivors.release_granule([blind]) is None
    assert survivors.recorded_granules(blind) == ()
    assert not math.isnan(survivors.fitted_granule_bytes(blind))


def test_no_cells_have_no_granule():
    assert survivors.release_granule([]) is None
    assert survivors.tables_bytes([]) is None

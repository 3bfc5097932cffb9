"""The formulas of a snapshot of arenas."""

import pytest
import rows_maker as make
from giveback import arenas, decode
from giveback.rows import Sample

FIGURES = {"arena_bytes": 65536, "pool_bytes": 16384, "allocated_bytes": 1000,
           "available_bytes": 300, "unused_pools_bytes": 500,
           "pool_headers_bytes": 96, "quantization_bytes": 4,
           "arena_alignment_bytes": 100, "scan_steps": 7, "pools_purged": 0}


def sample(*rows: str, live_bytes: int = 900, known_bytes: int | None = 1000,
           **changes: int) -> Sample:
    snapshot = FIGURES | changes | {"map": list(rows)}
    account = {"allocated_bytes": known_bytes, "arena_bytes": None,
               "arenas_mapped": None, "arenas_unmapped": None}
    row = make.sample("drain", 1, arenas=snapshot) | \
        {"live_bytes": live_bytes, "self": account}
    return decode.decode(Sample, row, "")


def test_a_row_is_runs_of_pools():
    one, = arenas.rows(sample("3:61F2a-"))
    assert (one.first, one.count) == (3, 1)
    assert one.runs == (("F", 61), ("a", 2), ("-", 1))
    assert (one.pools, one.used_pools) == (64, 63)


def test_equal_arenas_share_a_row():
    found = sample("0:4F*160", "160:F2-.", "170:4-")
    assert arenas.pool_counts(found) == {"F": 641, "-": 6, ".": 1}
    assert arenas.pinned_arenas(found) == 161


def test_the_histogram_counts_arenas_by_tenths_of_their_pools():
    found = sample("0:4-", "1:3-a", "2:2-2F", "3:F3.*2", "5:4j")
    assert arenas.occupancy_histogram(found) == \
        (1, 0, 0, 3, 0, 1, 0, 0, 0, 0, 1)


def test_fragmentation():
    found = sample("0:F3-")
    assert arenas.external_fragmentation_percent(found) == \
        pytest.approx(100 * 800 / 2000)
    assert arenas.internal_fragmentation_percent(found) == \
        pytest.approx(10)


def test_what_is_unknown_stays_unknown():
    none = decode.decode(Sample, make.sample("drain", 1), "")
    for formula in (arenas.rows, arenas.pool_counts, arenas.pinned_arenas,
                    arenas.occupancy_histogram,
                    arenas.external_fragmentation_percent,
                    arenas.internal_fragmentation_percent):
        assert formula(none) is None
    # Some of what is live is another allocator's.
    assert arenas.internal_fragmentation_percent(
        sample("0:F3-", known_bytes=None)) is None
    empty = sample(**dict.fromkeys(FIGURES, 0))
    assert arenas.external_fragmentation_percent(empty) is None
    assert arenas.internal_fragmentation_percent(empty) is None
    assert arenas.pinned_arenas(empty) == 0


@pytest.mark.parametrize("text", ["", "F", "0:F3", "0:k", "0:F*", "0:F*-1",
                                  "0:12345678901F", "-1:F", "0:F "])
def test_a_malformed_map_is_no_map(text: str):
    assert arenas.rows(sample(text)) is None
    assert arenas.pinned_arenas(sample(text)) is None


def test_numbers_in_a_map_cost_nothing():
    found = sample("9999999999:9999999999F9999999999-*9999999999")
    assert arenas.pinned_arenas(found) == 9999999999
    assert arenas.pool_counts(found)["F"] == 9999999999 ** 2

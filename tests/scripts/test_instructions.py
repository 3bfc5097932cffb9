"""Counted instructions: the metric, worked out by hand, and what the table
says beside it."""

import dataclasses

import pytest
import rows_maker as make
from giveback import metrics, phases
from giveback.decode import decode
from giveback.rows import Cell


def cell_of(row: dict) -> Cell:
    return decode(Cell, row, "")


@pytest.fixture
def counted() -> Cell:
    """100 pairs of 40: 4,000 instructions, 200 each in drain, poke, trim."""
    return cell_of(make.instructions_cell("a", 40))


def test_a_pair_is_charged_with_poke_and_trim(counted: Cell):
    assert [s.instructions for s in counted.samples] == [3400, 200, 200, 200]
    assert metrics.instructions_per_pair(counted) == 40
    assert metrics.instructions_per_call(phases.build(counted)) == 34


@pytest.mark.parametrize("phase", ("drain", "poke", "trim"))
def test_a_missing_phase_hides_the_metric(counted: Cell, phase: str):
    assert metrics.instructions_per_pair(dataclasses.replace(
        counted, samples=tuple(s for s in counted.samples
                               if s.phase != phase))) is None


def test_hardware_counts_are_of_the_same_formula():
    row = make.instructions_cell("a", 40, kind="hardware_instructions",
                                 instructions_source="perf",
                                 hardware_reason=None)
    assert metrics.instructions_per_pair(cell_of(row)) == 40


@pytest.mark.parametrize("phase", ("fill", "drain", "poke", "trim"))
def test_an_unknown_phase_hides_the_metric(counted: Cell, phase: str):
    torn = dataclasses.replace(counted, samples=tuple(
        dataclasses.replace(s, instructions=None) if s.phase == phase else s
        for s in counted.samples))
    assert metrics.instructions_per_pair(torn) is None


def test_other_cells_have_none_and_these_have_no_cost(counted: Cell):
    assert metrics.instructions_per_pair(
        cell_of(make.timing_cell("a", 30, 0))) is None
    assert metrics.cost_ns(counted) is None


# ---- the table ------------------------------------------------------------

@pytest.fixture
def table(write, giveback):
    """table(*cells) is what `show` prints, its sentences on one line."""
    def shown(*cells: dict, arguments=()) -> str:
        names = dict.fromkeys(["b", "system", "gone"])
        path = write([make.run_line(*map(make.allocator, names),
                                    repetitions=2), *cells])
        ended = giveback("show", path, *arguments)
        assert ended.returncode == 0, ended.stderr
        return " ".join(ended.stdout.split())
    return shown


def repeated(name: str, *per_pair: int) -> list[dict]:
    return [make.instructions_cell(name, count, repetition=i, seed=1 + i)
            for i, count in enumerate(per_pair)]


def test_every_allocator_stands_beside_system(table):
    gone = make.failed_cell("gone", "unsupported", "under valgrind: no",
                            kind="instructions", after=None)
    said = table(*repeated("b", 20, 20), *repeated("system", 40, 40), gone)
    # alloc + release, ratio; 34 and 2 per call; poke, trim; range
    assert "system 40.00 1.00 34.00 2.00 200 200 0.0 " in said
    assert "b 20.00 0.50 17.00 1.00 100 100 0.0 " in said
    assert said.index("system 40.00") < said.index("b 20.00")
    assert "gone unsupported: under valgrind: no" in said
    assert "The processor has no counter: none is offered." in said


def test_another_reference_and_repetitions_that_differ(table):
    said = table(*repeated("b", 20, 60), *repeated("system", 40),
                 arguments=("--reference", "b"))
    # the median of 20 and 60 is 40, their range as much
    assert "b 40.00 1.00 34.00 2.00 200 200 1000000.0 " in said
    assert "system 40.00 1.00 34.00 2.00 200 200 - " in said


def test_a_repetition_that_failed_is_told(table):
    cells = repeated("system", 40, 40)
    cells[1] = make.failed_cell("system", "timed_out", "60 s were over",
                                kind="instructions", after=None, repetition=1)
    said = table(*cells)
    assert "* system: 1 of 2 cells timed out: 60 s were over" in said
    assert "b not run: the run ended before" in said


def test_callgrind_and_the_processor_are_not_mixed(table):
    other = make.instructions_cell(
        "system", 60, kind="hardware_instructions",
        instructions_source="perf", hardware_reason=None)
    said = table(*repeated("system", 40), other)
    by_callgrind, by_processor = said.split("instructions by the processor")
    assert "system 40.00 1.00" in by_callgrind
    assert "system 60.00 1.00" in by_processor

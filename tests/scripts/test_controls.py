"""The second reference of a run: who says what of it, and who leaves it out.
"""

import json

import pytest
import rows_maker as make
from giveback import caveats, results, summary, tax
from giveback.comparison import compare, figures, pairing, sides
from giveback.comparison.sides import Source
from test_compare import SHARED, flat, memory, timing

# Of twelve pairs; the median and the interval of the second reference.
APART = (0.05, 0.06, 0.04, 0.05, 0.07, 0.05, 0.06, 0.04, 0.05, 0.05, 0.03,
         0.08)


def twice(second: list[dict], *others: list[dict], **changes) -> list[dict]:
    """A run whose reference is `a`, with a second one of these cells."""
    rows = [row for part in (flat("a", 1), second, *others) for row in part]
    names = dict.fromkeys(row["allocator"] for row in rows)
    entries = [make.allocator(name, address=name.removesuffix("#2"),
                              second_of="a" if name == "a#2" else None)
               for name in names]
    return [make.run_line(*entries, **changes), *rows]


def test_show_says_how_far_the_reference_differs_from_itself(write, verb):
    done = verb("show", write(twice(flat("a#2", 1.02), flat("b", 2))))
    assert done.returncode == 0
    assert "a differs from itself by +2.0 % (+2.0 to +2.0 %)" in done.stdout
    assert "a#2" not in done.stdout


def test_a_reference_that_differs_by_more_than_chance_is_a_warning(write,
                                                                   verb):
    apart = twice(timing("a#2", 1, APART), flat("b", 2))
    assert "differ by more than chance" in " ".join(
        verb("show", write(apart)).stdout.split())
    alike = twice(timing("a#2", 1), flat("b", 2))
    assert "more than chance" not in " ".join(
        verb("show", write(alike)).stdout.split())


def test_a_control_is_no_comparison_that_holm_would_count(write):
    found = results.read([write(twice(flat("a#2", 1), flat("b", 2)))])
    [run] = found.runs.values()
    [section] = summary.sections(run, found.cells_of(run))
    assert section.comparisons == 1
    assert [row.allocator for row in section.rows] == ["a", "b"]
    assert section.control_of == "a"
    assert section.control.pairs == len(SHARED)


def test_a_workload_without_pairs_of_it_says_nothing(write):
    found = results.read([write(twice([], memory("b", 2)))])
    [run] = found.runs.values()
    assert [section.control for section
            in summary.sections(run, found.cells_of(run))] == [None]


def test_compare_tells_the_noise_in_every_form(write, verb):
    path = write(twice(timing("a#2", 1, APART), flat("b", 1)))
    said = ("noise: cost of fill_drain, 1,000 x 16 B, order fifo, start warm: "
            "a differs from itself by +5.0 % "
            "(+4.0 to +6.0 %), 12 pairs, more than chance")
    words = ("compare", path, "--base", "a", "--head", "b")
    assert said in " ".join(verb(*words).stdout.split())
    assert "differs from itself by +5.0 %" in verb(
        *words, "--format", "markdown").stdout
    [noise] = json.loads(verb(*words, "--format", "json").stdout)["noise"]
    assert (noise["allocator"], noise["pairs"]) == ("a", 12)
    assert noise["change"] == pytest.approx(0.05, abs=0.002)
    assert noise["beyond_chance"]


def test_a_second_reference_is_compared_only_where_it_is_named(write, verb):
    base = write(twice(flat("a#2", 1), memory("a", 2)), "base.jsonl")
    rows = [row | {"run": "r2"} for row in
            twice(flat("a#2", 1), memory("a", 2))[1:]]
    head = write([twice(flat("a#2", 1), id="r2")[0], *rows], "head.jsonl")
    found = compare.compare(Source(base, None), Source(head, None))
    assert {(verdict.base, verdict.head) for verdict in found.verdicts} \
        == {("a", "a")}
    assert [said.allocator for said in found.noise] == ["a"]
    named = compare.compare(Source(base, "a"), Source(base, "a#2"),
                            kinds=("timing",))
    assert [verdict.word for verdict in named.verdicts] == ["same"]


def test_the_return_tax_of_a_pair_is_told_once(write):
    rows = twice(flat("a#2", 1), flat("off", 1))
    for entry, address in zip(rows[0]["allocators"], (
            "pymalloc:3.10", "pymalloc:3.10", "pymalloc:3.10+release=never")):
        entry["address"] = address
    [run] = results.read([write(rows)]).runs.values()
    assert [(on.allocator, off.allocator) for on, off in tax.pairs(run)] \
        == [("a", "off")]


@pytest.mark.parametrize("second", [
    flat("a#2", 1.005), timing("a#2", 1, [spread / 10 for spread in APART])])
def test_a_difference_inside_the_margin_may_be_more_than_chance(write, verb,
                                                                second):
    """All twelve pairs say so, though no allocator would be called worse."""
    path = write(twice(second, flat("b", 1)))
    assert "differ by more than chance" in " ".join(
        verb("show", path).stdout.split())
    assert ", more than chance" in " ".join(verb(
        "compare", path, "--base", "a", "--head", "b").stdout.split())


def test_a_control_of_an_allocator_that_is_not_there_says_nothing(write):
    rows = twice(flat("a#2", 1), flat("b", 1), flat("c", 1))
    kept = [row for row in rows[1:] if row["allocator"] != "a"]
    del rows[0]["allocators"][0]
    path = write([rows[0], *kept])
    found = compare.compare(Source(path, "b"), Source(path, "c"))
    assert found.noise == ()
    assert [verdict.word for verdict in found.verdicts] == ["same"]


def test_a_control_is_none_of_the_allocators_that_share_noise(write):
    """Beside it `a` shares noise only with itself."""
    path = write(twice(flat("a#2", 1), memory("b", 2)))
    side = sides.read(Source(path, None), figures.chosen(None))
    assert side.names == ["a", "b"]
    assert pairing.share_left_by_pairing(side) is None


def test_names_of_times_and_controls_are_no_matter_of_a_baseline(write, verb,
                                                                 tmp_path):
    rows = twice(flat("a#2", 1), memory("b", 2))
    for row in (*rows[0]["allocators"], *rows[1:]):
        row["allocator"] = row["allocator"].replace("a", "/opt/a.so")
        if row.get("second_of"):
            row["second_of"] = "/opt/a.so"
    words = ("baseline", "update", "--folder", tmp_path / "b")
    assert verb(*words, write(rows)).returncode == 0
    more = memory("/opt/z.so", 2) + memory("/opt/a.so", 2)
    rows[0]["allocators"].append(make.allocator("/opt/z.so"))
    done = verb(*words, write(rows + more, "more.jsonl"))
    assert done.returncode == 2
    assert "the allocator is called /opt/z.so:" in done.stderr


def test_another_libc_is_told_once(write):
    rows = twice(flat("a#2", 1), flat("b", 2))
    for entry in rows[0]["allocators"][:2]:
        entry["libc"] = "glibc 2.31"
        entry["fetched"] = {"suite": "bullseye", "package": "libc6",
                            "version": "2.31", "loader": "/x/ld.so"}
    [run] = results.read([write(rows)]).runs.values()
    assert [line for line in caveats.of_run(run, [])
            if "another libc" in line] \
        == ["In processes with another libc than the host's: a (glibc 2.31)."]

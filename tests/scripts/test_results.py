"""Reading: what is accepted, what is dropped, what is refused and where."""

import json

import pytest
import rows_maker as make
from giveback import results
from giveback.results import ResultsError


def rows() -> list[dict]:
    return [make.run_line(make.allocator("system")),
            make.memory_cell("system", "silent", 320, [320] * 5),
            make.timing_cell("system", 30, 0)]


def text(lines: list[dict]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


def refusal(path) -> str:
    with pytest.raises(ResultsError) as caught:
        results.read([path])
    complaint = str(caught.value)
    assert "\n" not in complaint
    assert complaint.startswith(f"{path}")
    assert complaint.count(": ") >= 2, "what went wrong and what to do"
    return complaint.removeprefix(f"{path}")


def refusal_of(tmp_path, content: str | bytes) -> str:
    path = tmp_path / "results.jsonl"
    path.write_bytes(content if isinstance(content, bytes)
                     else content.encode())
    return refusal(path)


def test_a_file_is_read_whole(write):
    found = results.read([write(rows())])
    assert list(found.runs) == ["r1"]
    assert [cell.kind for cell in found.cells] == ["memory", "timing"]
    assert found.cells[0].samples[0].anon_bytes == 321 * 2**20
    assert found.warnings == []


def test_fields_that_are_not_known_are_ignored(write):
    lines = rows()
    lines[0]["host"]["temperature"] = 40
    lines[1]["new"] = lines[1]["samples"][0]["newer"] = {"a": [1]}
    assert len(results.read([write(lines)]).cells) == 2


def test_a_missing_field_is_null_where_null_is_allowed(write):
    lines = rows()
    del lines[1]["samples"][0]["cpu_ns"]
    assert results.read([write(lines)]).cells[0].samples[0].cpu_ns is None


def test_a_missing_field_that_may_not_be_null_is_named(write):
    lines = rows()
    del lines[1]["samples"][0]["phase"]
    assert refusal(write(lines)).startswith(
        ':2: field "samples[0].phase" is missing: ')


def test_a_torn_last_line_is_dropped_with_a_warning(tmp_path):
    whole = text(rows())
    path = tmp_path / "torn.jsonl"
    last = len(whole.splitlines(keepends=True)[-1])
    for cut in (1, 2, 10, last // 2, last - 1):
        path.write_text(whole[:-cut])
        found = results.read([path])
        assert len(found.cells) == 1, cut
        assert len(found.warnings) == 1, cut
        assert found.warnings[0].startswith(f"{path}:3: ")


def test_a_last_line_that_ends_early_before_its_newline_is_torn(tmp_path):
    path = tmp_path / "torn.jsonl"
    path.write_text(text(rows()) + '{"type":"cell","sche\n')
    assert len(results.read([path]).cells) == 2


def test_a_line_torn_elsewhere_is_an_error(tmp_path):
    lines = text(rows()).splitlines(keepends=True)
    lines[1] = lines[1][:100] + "\n"
    assert refusal_of(tmp_path, "".join(lines)).startswith(":2: ")


def test_a_file_with_only_a_torn_run_line_holds_nothing(tmp_path):
    assert "holds no run line" in refusal_of(tmp_path, '{"type":"run","sc')


@pytest.mark.parametrize("content", [
    b"", b"\n", b"hello", b"hello\n", b"[]\n", b"null\n", b"17\n", b"{}\n",
    b'{"benchmarks":[]}\n', b"\xff\xfe\x00\n", b"\x00" * 64, b"\x7fELF\x02\n",
    b'"' + b"a" * 100_000, b"[" * 100_000 + b"\n", b"9" * 10_000 + b"\n"])
def test_a_foreign_file_is_refused(tmp_path, content):
    complaint = refusal_of(tmp_path, content)
    assert complaint.endswith("give a file that `giveback run` wrote")


def test_another_schema_is_refused(write):
    lines = rows()
    lines[2]["schema"] = 2
    assert refusal(write(lines)).startswith(":3: schema 2, ")


def test_a_file_that_starts_with_a_cell_is_refused(write):
    assert "the first line is no run line" in refusal(write(rows()[1:]))


def test_a_cell_of_an_unknown_run_is_refused(write):
    lines = rows()
    lines[2]["run"] = "r2"
    assert refusal(write(lines)).startswith(":3: no run line 'r2' ")


def test_the_same_cell_twice_is_refused(write):
    lines = rows()
    path = write([*lines, lines[1]])
    assert refusal(path).startswith(f":4: the same cell stands at {path}:2: ")


def test_the_same_file_twice_is_refused(write):
    path = write(rows())
    with pytest.raises(ResultsError, match="the same cell stands at"):
        results.read([path, path])


def test_parameters_in_another_order_are_the_same_cell(write):
    lines = rows()
    again = lines[1] | {"parameters": dict(reversed(
        lines[1]["parameters"].items()))}
    assert "the same cell" in refusal(write([*lines, again]))


def test_an_allocator_twice_in_a_block_of_pairs_is_refused(write):
    lines = [*rows(), make.timing_cell("system", 30, 0, repetition=1)]
    assert refusal(write(lines)).startswith(":4: the same cell stands at ")


def test_cells_that_differ_in_one_dimension_are_different(write):
    other = [make.memory_cell("system", "tick", 320, [320] * 5),
             make.memory_cell("system", "silent", 320, [320] * 5,
                              repetition=1),
             make.memory_cell("system", "silent", 320, [320] * 5,
                              parameters={"start": "cold"}),
             make.memory_cell("system", "silent", 320, [320] * 5,
                              workload="survivors"),
             make.memory_cell("jemalloc", "silent", 320, [320] * 5)]
    assert len(results.read([write([*rows(), *other])]).cells) == 7


def test_a_run_line_again_must_mean_the_same(write):
    first = rows()[0]
    assert len(results.read([write([first, first | {"jobs": 1}])]).runs) == 1
    assert "was seen before" in refusal(write([first, first | {"seed": 9}]))


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(tmp_path, token):
    lines = text(rows()).replace('"cpu_ns": 1000', f'"cpu_ns": {token}', 1)
    assert refusal_of(tmp_path, lines).startswith(
        f":2: the line is not valid JSON ({token} is no JSON number)")


@pytest.mark.parametrize("value", [
    1.0, 1e999, -1, 2**64, True, "1", [], {}])
def test_a_count_that_is_no_count_is_refused(write, value):
    lines = rows()
    lines[1]["samples"][0]["anon_bytes"] = value
    content = refusal(write(lines))
    assert content.startswith(":2: ")
    assert "anon_bytes" in content or "Infinity" in content


def test_a_key_twice_in_an_object_is_refused(tmp_path):
    lines = text(rows()).replace('"block": 0', '"block": 0, "block": 1', 1)
    assert "a key stands twice" in refusal_of(tmp_path, lines)


def test_an_unknown_outcome_is_refused(write):
    lines = rows()
    lines[2]["outcome"] = "fine"
    assert '"outcome" is \'fine\', not one of ok, ' in refusal(write(lines))


def test_a_failed_cell_may_not_carry_figures(write):
    lines = rows()
    lines[2] |= {"outcome": "failed", "reason": "x"}
    assert refusal(write(lines)).startswith(":3: a cell that failed has ")
    lines[2] |= {"samples": [], "reason": None}
    assert refusal(write(lines)).startswith(":3: a cell that failed has ")
    lines[2] |= {"reason": "no memory"}
    assert results.read([write(lines)]).cells[1].reason == "no memory"


def test_a_timeline_must_be_whole_and_run_forwards(write):
    lines = rows()
    lines[1]["timeline"] = {"t_ns": [-1, 5], "resident_bytes": [-7, 1],
                            "live_bytes": [0, 0]}
    found = results.read([write(lines)]).cells[0].timeline
    assert list(found.resident_bytes) == [-7, 1]
    lines[1]["timeline"]["t_ns"] = [5, -1]
    assert "the timeline runs backwards" in refusal(write(lines))
    lines[1]["timeline"]["t_ns"] = [5]
    assert "differ in length" in refusal(write(lines))
    lines[1]["timeline"]["t_ns"] = [5, 2**63]
    assert "beyond 64 bits" in refusal(write(lines))


@pytest.mark.parametrize(("changes", "words"), (
    ({"bucket_calls": [1, 2]}, "differ in length"),
    ({"calls": 8}, "holds other calls than were made")))
def test_a_histogram_must_be_whole(write, changes, words):
    path = write([make.run_line(make.allocator("system")),
                  make.stalls_cell("system", make.timed_calls({20: 7})
                                   | changes)])
    assert words in refusal(path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    assert "No such file" in refusal(tmp_path / "nowhere")
    assert "Is a directory" in refusal(tmp_path)

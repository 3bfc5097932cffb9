"""Verdicts in every form: as reviewed, as the schema says, without a NaN."""

import json
import os
from xml.etree import ElementTree

import jsonschema
import pytest
import rows_maker as make
from conftest import GOLDEN, ROOT
from giveback.comparison.verdicts import CellVerdict, Failure, SelfDifference
from giveback.formats import verdict_json
from test_compare import flat, memory, one_run, timing
from test_controls import APART, twice

ENDINGS = {"text": "txt", "markdown": "md", "json": "json", "junit": "xml"}


def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(
        (ROOT / "results" / "verdicts.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def no_constant(word: str) -> None:
    raise AssertionError(f"{word} in JSON")


def rows() -> list[dict]:
    """Something of each: same, worse, unclear, failed, and noise."""
    head = timing("head", 1.01) + memory("head", 5)
    crashed = [make.failed_cell("head", "crashed", "SIGSEGV", kind="memory",
                                workload="survivors", after="silent")]
    return twice(timing("a#2", 1, APART), memory("a", 2), head, crashed)


@pytest.fixture
def said(write, verb, tmp_path, monkeypatch):
    """What `check` says of them, in a form."""
    monkeypatch.chdir(tmp_path)

    def run(form: str, lines: list[dict], base: str, head: str) -> str:
        write(lines, "two.jsonl")
        return verb("check", "--baseline", f"two.jsonl:{base}",
                    f"two.jsonl:{head}", "--format", form).stdout
    return run


@pytest.mark.parametrize("form", ENDINGS)
def test_verdicts_are_as_reviewed(form, said):
    text = said(form, rows(), "a", "head")
    golden = GOLDEN / f"verdicts_{form}.{ENDINGS[form]}"
    if os.environ.get("GIVEBACK_WRITE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


def test_json_is_as_its_schema_says(said):
    found = json.loads(said("json", rows(), "a", "head"))
    assert not [error.message for error in validator().iter_errors(found)]
    assert found["schema"] == verdict_json.SCHEMA
    assert {verdict["word"] for verdict in found["verdicts"]} \
        == {"same", "worse", "unclear"}
    assert found["failures"] and found["noise"]


@pytest.mark.parametrize(("kind", "name"), [
    (CellVerdict, "verdict"), (Failure, "failure"),
    (SelfDifference, "noise")])
def test_the_schema_has_the_fields_of_the_data_classes(kind, name):
    schema = validator().schema["$defs"][name]
    assert list(schema["properties"]) == list(kind.__dataclass_fields__)
    assert schema["required"] == list(schema["properties"])


def test_the_schema_notices_what_breaks_it():
    whole = {"schema": 1, "base": "a", "head": "b", "verdicts": [],
             "failures": [], "warnings": [], "missing": 0, "noise": []}
    assert validator().is_valid(whole)
    assert not validator().is_valid(whole | {"missing": -1})
    assert not validator().is_valid(whole | {"verdicts": [{}]})
    assert not validator().is_valid(
        {key: value for key, value in whole.items() if key != "noise"})


# Cells that hold nothing, or as much as a line can say, on either side.
NOTHING, MOST = 0, 2**53


def extreme(name: str, cost: int, kept: int, **changes) -> list[dict]:
    cells = flat(name, 1) + memory(name, 1)
    for cell in cells:
        for sample in cell["samples"]:
            if cell["kind"] == "timing":
                sample["cpu_ns"] = cost
            else:
                sample["anon_bytes"] = kept
                sample["live_bytes"] = 0
    return [cell | changes for cell in cells]


@pytest.mark.parametrize("form", ENDINGS)
@pytest.mark.parametrize(("base", "head"), [
    (NOTHING, NOTHING), (NOTHING, MOST), (MOST, NOTHING), (MOST, MOST)])
def test_no_form_holds_what_is_no_number(form, base, head, said):
    text = said(form, one_run(extreme("a", base, base),
                              extreme("b", head, head)), "a", "b")
    assert text
    assert "nan" not in text.lower()
    assert "inf" not in text.lower()
    if form == "json":
        found = json.loads(text, parse_constant=no_constant)
        assert not [error.message
                    for error in validator().iter_errors(found)]
        assert found["verdicts"]
    if form == "junit":
        ElementTree.fromstring(text)

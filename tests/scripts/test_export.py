"""Exports: each format against a golden file and, where one can be run here,
against the program that reads it.

To look at a change on purpose, write the golden files anew with:
GIVEBACK_WRITE_GOLDEN=1 python3 -m pytest tests/scripts/test_export.py
"""

import csv
import io
import json
import math
import os
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import rows_maker as make
from conftest import GOLDEN
from giveback import cli, export, figures, results
from giveback.metric_list import METRICS

COMPARE = Path("/usr/share/benchmark/compare.py")

ENDINGS = {"jsonl": "jsonl", "csv": "csv", "markdown": "md",
           "google-benchmark": "json", "bencher": "json",
           "github-action-benchmark": "json", "openmetrics": "txt",
           "junit": "xml"}


@pytest.fixture
def exported(capfdbinary):
    """exported("csv", FILE, ...) is what the verb writes, as text."""
    def run(form: str, *arguments: object) -> str:
        capfdbinary.readouterr()
        assert cli.main(["export", "--format", form,
                         *map(str, arguments)]) == 0
        return capfdbinary.readouterr().out.decode("utf-8")
    return run


@pytest.fixture
def refused(capfdbinary):
    """refused("csv", FILE, ...) is the complaint."""
    def run(form: str, *arguments: object) -> str:
        capfdbinary.readouterr()
        assert cli.main(["export", "--format", form,
                         *map(str, arguments)]) == 2
        ended = capfdbinary.readouterr()
        assert ended.out == b""
        assert ended.err.startswith(b"giveback export: ")
        return ended.err.decode()
    return run


def rows() -> list[dict]:
    """Two allocators in three repetitions and six pairs; one that crashed,
    and one that was not there."""
    missing = make.allocator("mimalloc", outcome="unsupported",
                             reason="libmimalloc.so is not installed")
    lines = [make.run_line(make.allocator("system", "glibc 2.36"),
                           make.allocator("b"), missing, repetitions=3)]
    for index in range(3):
        lines += [make.memory_cell("system", "silent", 320,
                                   [320, 320, 300 + index] + [300 + index] * 2,
                                   trim=2, repetition=index),
                  make.memory_cell("b", "silent", 160, [8, 4, 2, 1, 0.5],
                                   tail_operations=0, repetition=index)]
    lines += [make.timing_cell(name, cost + block, block)
              for block in range(9) for name, cost in (("system", 30),
                                                       ("b", 60))]
    return [*lines, make.failed_cell("b", "crashed", "SIGSEGV in fill",
                                     repetition=3)]


# ---- golden files, and every format at once -------------------------------

def test_every_format_has_a_golden_file():
    assert set(ENDINGS) == set(export.FORMATS)


@pytest.mark.parametrize("form", ENDINGS)
def test_an_export_is_as_reviewed(form, exported, seed_file):
    text = exported(form, seed_file)
    golden = GOLDEN / f"export_{form}.{ENDINGS[form]}"
    if os.environ.get("GIVEBACK_WRITE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("form", ENDINGS)
def test_no_export_holds_what_is_no_number(form, exported, write):
    lines = rows()
    for line in lines[1:]:
        line["base"] = None if line["kind"] != "memory" else line["base"]
        for sample in line["samples"]:
            sample |= {"pages": None, "swap_bytes": None}
            if sample["phase"] == "drain" and line["kind"] == "memory":
                sample["lazy_free_bytes"] = None
    text = exported(form, write(lines))
    assert not re.search(r"\b(nan|inf|infinity|none)\b", text, re.I), text


@pytest.mark.parametrize("form", ENDINGS)
def test_text_of_a_file_cannot_break_a_format(form, exported, write):
    """Signs of every format in a name; a reader of each still takes it."""
    evil = 'a"b,c|d<e>&\n\x1b[31m\\\ud800{}='
    lines = [make.run_line(make.allocator(evil)),
             make.memory_cell(evil, "silent", 320, [320] * 5),
             make.timing_cell(evil, 30, 0)]
    text = exported(form, write(lines))
    CHECKS.get(form, str)(text)  # markdown and jsonl have no strict reader
    assert "\x1b" not in text and "\ud800" not in text


def test_output_goes_to_a_new_file(exported, refused, seed_file, tmp_path):
    path = tmp_path / "out.csv"
    assert exported("csv", seed_file, "-o", path) == ""
    assert path.read_text() == exported("csv", seed_file)
    assert path.stat().st_mode & 0o044, "as any file that the user makes"
    before = path.read_bytes()
    assert "exists: name another file" in refused("csv", seed_file, "-o", path)
    assert path.read_bytes() == before


def test_a_failed_export_leaves_no_file(refused, write, tmp_path):
    path = write([*rows(), make.run_line(id="r1", seed=2)])
    refused("csv", path, "-o", tmp_path / "out.csv")
    assert os.listdir(tmp_path) == [path.name]


def test_a_folder_that_is_not_there_is_named(refused, seed_file, tmp_path):
    path = tmp_path / "none" / "out.csv"
    assert f"{path}: cannot be written" in refused("csv", seed_file, "-o",
                                                   path)


def test_formats_without_a_place_for_runs_want_one(exported, refused, write):
    path = write([*rows(), *(row | {"id" if row["type"] == "run" else "run":
                                    "r2"} for row in rows())])
    for form in ("bencher", "github-action-benchmark", "google-benchmark"):
        assert "--run r1" in refused(form, path)
        assert exported(form, path, "--run", "r2")
    assert "did you mean r2?" in refused("bencher", path, "--run", "r22")
    assert exported("csv", path).count("\n") == \
        2 * exported("csv", path, "--run", "r1").count("\n") - 1


# ---- which figures --------------------------------------------------------

def test_every_metric_of_a_cell_can_be_exported():
    exportable = {measure.metric_id for measure in figures.MEASURES}
    assert exportable | figures.OVER_CELLS == {m.id for m in METRICS}
    names = [measure.name for measure in figures.MEASURES]
    assert len(set(names)) == len(names)


def test_metrics_are_chosen_by_name(exported, refused, seed_file):
    text = exported("csv", seed_file, "--metric", "cost,peak_growth",
                    "--metric", "t50")
    found = {row["metric"] for row in csv.DictReader(io.StringIO(text))}
    assert found == {"cost", "peak_growth", "t50", ""}
    assert "did you mean peak_growth?" in refused("csv", seed_file,
                                                  "--metric", "peak_grwth")
    assert "giveback show" in refused("csv", seed_file, "--metric",
                                      "return_tax")
    assert "leave it out" in refused("junit", seed_file, "--metric", "cost")
    assert "less of it is not better" in refused(
        "github-action-benchmark", seed_file, "--metric", "returned")


def test_a_figure_that_no_cell_has_is_refused(refused, write):
    lines = rows()[:1] + [make.failed_cell("b", "crashed", "SIGSEGV")]
    for form in ("bencher", "github-action-benchmark", "google-benchmark"):
        assert "choose " in refused(form, write(lines))


# ---- each format ----------------------------------------------------------

def test_csv_has_a_row_for_each_figure(exported, write):
    table = list(csv.DictReader(io.StringIO(exported("csv", write(rows())))))
    kept = [row for row in table if row["metric"] == "kept_bytes"
            and row["allocator"] == "system" and row["detail"] == "10 s"]
    assert [row["value"] for row in kept] == \
        [str((300 + index) * make.MIB) for index in range(3)]
    assert {row["unit"] for row in kept} == {"bytes"}
    assert kept[0]["parameters"] == \
        "+objects=1000+order=fifo+size=16+start=warm"
    crashed, = [row for row in table if row["outcome"] == "crashed"]
    assert (crashed["reason"], crashed["metric"], crashed["value"]) == \
        ("SIGSEGV in fill", "", "")
    unknown = [row for row in table if row["metric"] == "charged"]
    assert unknown and {row["value"] for row in unknown} == {""}


def test_bencher_follows_its_schema(exported, write):
    """The schema that the reference of the format prints."""
    metric = {"type": "object", "required": ["value"],
              "additionalProperties": False,
              "properties": {name: {"type": "number"} for name in
                             ("value", "lower_value", "upper_value")}}
    schema = {"type": "object", "additionalProperties":
              {"type": "object", "additionalProperties": metric}}
    found = json.loads(exported("bencher", write(rows())))
    jsonschema.validate(found, schema)
    title = "system/fill_drain+objects=1000+order=fifo+size=16+start=warm"
    assert found[f"{title}/memory/silent"]["kept_bytes 10 s"] == {
        "value": 301 * make.MIB, "lower_value": 300 * make.MIB,
        "upper_value": 302 * make.MIB}
    assert found[f"{title}/timing"]["cost"]["value"] == 34


def test_github_action_benchmark_gets_entries(exported, write):
    found = json.loads(exported("github-action-benchmark", write(rows())))
    assert all(set(entry) <= {"name", "unit", "value", "range", "extra"}
               and isinstance(entry["value"], (int, float))
               and isinstance(entry["range"], str) for entry in found)
    cost, = [entry for entry in found
             if entry["name"].startswith("b/") and "cost" in entry["name"]]
    assert (cost["value"], cost["unit"], cost["range"]) == \
        (64, "nanoseconds", "\u00b1 4")


def test_numbers_alone_warn_of_what_failed(giveback, write):
    for form in ("bencher", "github-action-benchmark", "google-benchmark"):
        ended = giveback("export", "--format", form, write(rows()))
        assert ended.returncode == 0
        assert "1 cell" in ended.stderr and "junit" in ended.stderr


def compare(*arguments: object) -> str:
    if not COMPARE.exists():
        pytest.skip("libbenchmark-tools is not installed")
    ended = subprocess.run(
        ["/usr/bin/python3", "-B", COMPARE, "--no-color",
         *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return ended.stdout


def test_compare_py_reads_times(exported, write, tmp_path):
    """Twice the time, in nine pairs, with a crashed cell beside."""
    path = tmp_path / "times.json"
    exported("google-benchmark", write(rows()), "-o", path)
    said = compare("filters", path, "^system/", "^b/")
    changes = re.findall(r"timing +\+([0-9.]+) +\+([0-9.]+) ", said)
    assert len(changes) == 9
    for block, (_, cpu) in enumerate(changes):
        assert math.isclose(float(cpu), 30 / (30 + block), abs_tol=1e-4)
    assert "U Test, Repetitions: 9 vs 9" in said


def test_compare_py_reads_a_metric_as_time(exported, write, tmp_path):
    path = tmp_path / "kept.json"
    exported("google-benchmark", write(rows()), "--metric-as-time",
             "kept_bytes", "-o", path)
    said = compare("benchmarks", path, path)
    assert re.search(rf"kept_bytes 10 s .* {300 * make.MIB} ", said)
    assert "U Test, Repetitions: 3 vs 3" in said
    assert "timing" not in said


def test_a_metric_as_time_is_for_one_format(refused, seed_file):
    assert "google-benchmark" in refused("csv", seed_file,
                                         "--metric-as-time", "cost")
    assert "did you mean" in refused("google-benchmark", seed_file,
                                     "--metric-as-time", "csot")


def parse_openmetrics(text: str) -> list:
    parser = pytest.importorskip(
        "prometheus_client.openmetrics.parser",
        reason="python3-prometheus-client is not installed")
    return list(parser.text_string_to_metric_families(text))


def test_prometheus_reads_openmetrics(exported, write):
    families = {family.name: family for family in
                parse_openmetrics(exported("openmetrics", write(rows())))}
    kept = {(sample.labels["allocator"], sample.labels["detail"]):
            sample.value for sample in
            families["giveback_kept_bytes"].samples}
    assert kept == {("system", "10 s"): 301 * make.MIB,
                    ("system", "trim"): 2 * make.MIB,
                    ("b", "10 s"): make.MIB / 2}
    assert families["giveback_kept_bytes"].unit == "bytes"
    outcomes = [(sample.labels["allocator"], sample.labels["outcome"])
                for sample in families["giveback_cells"].samples]
    assert ("b", "crashed") in outcomes
    assert "giveback_charged_bytes" not in families, "unknown, so left out"


def parse_junit(text: str) -> ElementTree.Element:
    root = ElementTree.fromstring(text)
    for suite in root:
        cases = suite.findall("testcase")
        for attribute, element in (("skipped", "skipped"),
                                   ("failures", "failure"),
                                   ("errors", "error")):
            assert int(suite.get(attribute)) == \
                sum(case.find(element) is not None for case in cases)
        assert int(suite.get("tests")) == len(cases)
    return root


def test_junit_tells_how_cells_ended(exported, write):
    suite, = parse_junit(exported("junit", write(rows())))
    assert (suite.get("tests"), suite.get("errors"),
            suite.get("skipped")) == ("26", "1", "1")
    error = suite.find("testcase/error")
    assert (error.get("type"), error.get("message")) == \
        ("crashed", "SIGSEGV in fill")
    skipped = suite.find("testcase/skipped/..")
    assert (skipped.get("classname"), skipped.get("name")) == \
        ("allocators", "mimalloc")


def test_junitparser_reads_junit(exported, write, tmp_path):
    junitparser = pytest.importorskip(
        "junitparser", reason="python3-junitparser is not installed")
    path = tmp_path / "cells.xml"
    exported("junit", write(rows()), "-o", path)
    suite, = junitparser.JUnitXml.fromfile(str(path))
    assert (suite.tests, suite.errors, suite.skipped) == (26, 1, 1)


def test_markdown_shows_the_table_of_show(exported, write, giveback):
    path = write(rows())
    table = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
             for line in exported("markdown", path).splitlines()
             if line.startswith("|")]
    assert len({len(row) for row in table}) == 1
    by_name = {row[0]: row for row in table[2:]}
    assert by_name["system glibc 2.36"][1:4] == ["320.0", "301.0", "-"]
    assert by_name["mimalloc"][1].startswith("unsupported: ")
    shown = giveback("show", path).stdout
    for row in table[2:]:
        for figure in row[1:]:
            assert figure.replace("\\", "") in shown


def test_native_lines_are_as_they_stand(exported, write, tmp_path):
    path = write(rows())
    assert exported("jsonl", path) == path.read_text()
    torn = tmp_path / "torn.jsonl"
    torn.write_text(path.read_text()[:-20])
    again = tmp_path / "again.jsonl"
    exported("jsonl", torn, "-o", again)
    assert len(results.read([again]).cells) == len(rows()) - 2


def parse_csv(text: str) -> None:
    lengths = {len(row) for row in csv.reader(io.StringIO(text))}
    assert len(lengths) == 1


CHECKS = {"csv": parse_csv,
          "google-benchmark": json.loads, "bencher": json.loads,
          "github-action-benchmark": json.loads, "junit": parse_junit,
          "openmetrics": parse_openmetrics}


@pytest.mark.parametrize("form", ENDINGS)
def test_a_second_reference_is_no_allocator_of_an_export(form, exported,
                                                         write):
    lines = rows()
    lines[0]["allocators"].insert(1, make.allocator("system#2",
                                                    second_of="system"))
    lines += [make.timing_cell("system#2", 31 + block, block)
              for block in range(9)]
    text = exported(form, write(lines))
    assert ("system#2" in text) == (form == "jsonl")
    assert ("The two system of each block" in text) == (form == "markdown")

"""The pictures of `giveback report --format svg`: one for each chart, whole
without any other file, and with the marks that its data has."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import page_rows
import pytest
from giveback import cli
from giveback.report import pictures

SVG = "{http://www.w3.org/2000/svg}"


def can_draw() -> bool:
    return shutil.which("node") is not None and subprocess.run(
        ["node", "-e", "require('jsdom')"], capture_output=True,
        env={"NODE_PATH": pictures.MODULES}).returncode == 0


needs_node = pytest.mark.skipif(
    not can_draw(), reason=f"no jsdom to draw on: {pictures.REMEDY}")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> dict[str, str]:
    """The pictures of a run of memory and time, with a hostile name."""
    return pictures_of(page_rows.full(page_rows.EVIL),
                       tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def of_parts(tmp_path_factory) -> dict[str, str]:
    """The pictures of a run with every other chart."""
    return pictures_of(page_rows.every_part(),
                       tmp_path_factory.mktemp("pictures"))


def pictures_of(rows: list[dict], folder: Path) -> dict[str, str]:
    results = folder / "results.jsonl"
    results.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli.main(["report", str(results), "--format", "svg", "-o",
                     str(folder / "drawn")]) == 0
    return {path.stem: path.read_text(encoding="utf-8")
            for path in sorted((folder / "drawn").iterdir())}


def classes(text: str, tag: str, name: str) -> int:
    return sum(name in element.get("class", "").split()
               for element in ET.fromstring(text).iter(SVG + tag))


@needs_node
def test_each_chart_is_a_picture_with_the_marks_of_its_data(drawn):
    assert sorted(drawn) == [
        "heat", "ladder-1-fill_drain", "pages-1-fill_drain",
        "time-1-fill_drain-silent", "time-1-fill_drain-tick",
        "trade-1-fill_drain-silent", "trade-1-fill_drain-tick"]
    line = drawn["time-1-fill_drain-silent"]
    assert classes(line, "path", "line") == 2
    assert classes(drawn["heat"], "rect", "field") == 4 * 3
    bars = drawn["pages-1-fill_drain"]
    assert classes(bars, "g", "bar") == 2 and classes(
        bars, "rect", "swatch") == 5
    assert classes(drawn["trade-1-fill_drain-tick"], "circle", "ring") == 2


@needs_node
def test_every_chart_of_every_part_is_drawn(of_parts):
    assert {re.split("[-_]", name)[0] for name in of_parts} == {
        "addresses", "arenas", "heat", "ladder", "pages", "stalls", "survivors",
        "traffic", "wake", "whatif"}


def keys(text: str) -> dict[str, ET.Element]:
    """What stands before the words of each key."""
    return {key.find(SVG + "text").text: key[0]
            for key in ET.fromstring(text).iter(SVG + "g")
            if key.get("class") == "picture-key"}


@needs_node
def test_keys_of_a_picture_look_like_what_they_explain(of_parts):
    stalls, = (keys(text) for name, text in of_parts.items()
               if name.startswith("stalls"))
    dots = [stalls[f"above {limit}"] for limit in ("1 us", "10 us",
                                                   "100 us")]
    assert [(dot.tag, dot.get("r"), dot.get("class")) for dot in dots] == [
        (SVG + "circle", str(4 + index), f"limit limit-{index}")
        for index in range(3)]
    arenas = keys(next(text for name, text in of_parts.items()
                       if name.startswith("arenas")))
    assert arenas["free pool"].get("style") == "fill: #7db4e6;"
    assert arenas["full"].get("style") == "fill: rgb(156, 63, 0);"
    assert arenas["arena not there"].get("class") == "swatch absent"
    ladder = keys(of_parts["ladder-1-survivors"])
    fields = {field.get("style") for field in ladder.values()
              if field.tag == SVG + "rect"}
    assert None not in fields and len(fields) == len(
        [key for key in ladder if "unit" in key or key == "live bytes"])
    absent = re.search(r"\.swatch\.absent \{([^}]*)\}", next(
        text for name, text in of_parts.items() if name.startswith("arenas")))
    assert "fill: none" in absent[1]


@needs_node
def test_axes_and_marks_of_parts(of_parts):
    found = {name.split("-")[0]: text for name, text in of_parts.items()}
    assert ">after trim</text>" in found["whatif"]
    assert ">as it is</text>" in found["whatif"]
    assert "00m</text>" not in found["traffic"]
    limits = re.findall(r"<circle class=\"limit limit-(\d)", found["stalls"])
    assert limits[:3] == ["2", "1", "0"]


@needs_node
def test_a_picture_says_which_phase_it_shows_and_nothing_of_a_table(of_parts):
    said = {name: " ".join(element.text or "" for element
                           in ET.fromstring(text).iter(SVG + "text"))
            for name, text in of_parts.items()}
    assert "Shown: drain." in said["ladder-1-survivors"]
    arenas, = (text for name, text in said.items()
               if name.startswith("arenas"))
    assert "Shown: drain: live blocks in 1 of 2 arenas; pools: 1 full" \
        in arenas
    assert not any("The table" in text for text in said.values())


@needs_node
def test_a_picture_needs_nothing_else_and_waits_for_nobody(drawn, of_parts):
    for text in [*drawn.values(), *of_parts.values()]:
        root = ET.fromstring(text)
        style = root.find(SVG + "style").text
        assert "var(" not in style + "".join(
            element.get("style", "") for element in root.iter())
        assert "@" not in style and style.count("{") == style.count("}") > 3
        assert not re.search(r'url\((?!"?#)|href|<script|<image|tabindex',
                             text)
        assert root.find(SVG + "rect").get("fill") == "#fff"
        assert float(root.get("height")) > 150


@needs_node
def test_title_caption_and_versions_are_part_of_a_picture(drawn):
    for name, text in drawn.items():
        root = ET.fromstring(text)
        said = " ".join(element.text or "" for element in root.iter())
        assert "run r1, giveback 0.1.0; system glibc 2.36" in said, name
        assert root.find(SVG + "title").text.startswith(
            "Kept and cost" if name == "heat" else "fill_drain")
    assert "No mark for bad: crashed: SIGSEGV" in \
        drawn["time-1-fill_drain-tick"]
    assert "</script><script>" in "".join(
        ET.fromstring(drawn["heat"]).itertext())


def fake_node(folder: Path, body: str) -> str:
    node = folder / "node"
    node.write_text(f"#!/bin/sh\ncat >/dev/null\n{body}\n")
    node.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


@pytest.mark.parametrize("body, said", [
    ("echo \"Error: Cannot find module 'jsdom'\" >&2; exit 1",
     "apt install nodejs node-jsdom"),
    ("echo 'TypeError: no' >&2; exit 1", "TypeError: no")])
def test_what_node_lacks_is_told_and_nothing_is_left(body, said, verb, write,
                                                     tmp_path):
    done = verb("report", write(page_rows.one_cell()), "--format", "svg",
                "-o", tmp_path / "drawn", PATH=fake_node(tmp_path, body))
    assert done.returncode == 2 and said in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "node", "results.jsonl"]


def test_without_node_the_packages_are_named(verb, write, tmp_path):
    done = verb("report", write(page_rows.one_cell()), "--format", "svg",
                "-o", tmp_path / "drawn", PATH=str(tmp_path))
    assert done.returncode == 2
    assert "apt install nodejs node-jsdom" in done.stderr


def test_no_chart_no_folder(verb, write, tmp_path):
    done = verb("report", write(page_rows.nothing()), "--format", "svg",
                "-o", tmp_path / "drawn")
    assert done.returncode == 2 and "no chart to draw" in done.stderr
    assert not (tmp_path / "drawn").exists()


def test_a_folder_is_never_written_into(verb, write, tmp_path):
    (tmp_path / "drawn").mkdir()
    done = verb("report", write(page_rows.one_cell()), "--format", "svg",
                "-o", tmp_path / "drawn", PATH=fake_node(
                    tmp_path, "echo '[\"<svg/>\", \"<svg/>\"]'"))
    assert done.returncode == 2
    assert "exists: name another folder" in done.stderr
    assert not list((tmp_path / "drawn").iterdir())

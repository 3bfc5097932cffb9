"""The parts of the page that are made of sweeps, arenas, single calls and
system calls: every figure is of the rows, worked out by hand."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import page_rows
import pytest
import rows_maker as make
from giveback import arenas, cli
from giveback.report import arena_map, curve, ladder
from giveback.report import page as pages
from test_report import Page

MIB = make.MIB


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Page:
    """The page of page_rows.every_part."""
    return written(page_rows.every_part(), tmp_path_factory.mktemp("page"))


def written(rows: list[dict], folder) -> Page:
    lines, path = folder / "rows.jsonl", folder / "page.html"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli.main(["report", str(lines), "-o", str(path)]) == 0
    return Page(path.read_text(encoding="utf-8"))


def points(series: dict) -> list[tuple]:
    return [(point["x"], point["y"], point["ends"])
            for point in series["points"]]


def of_part(found: Page, name: str) -> list[dict]:
    charts = json.loads(found.embedded("charts"))
    return [chart for anchor, chart in charts.items()
            if anchor.startswith(name)]


def test_survivors_stand_against_one_in_n_with_n_and_ends(found):
    chart, = of_part(found, "survivors")
    whole, system, other = chart["panels"]
    assert [each["name"] for each in whole["series"]] == [
        "system glibc 2.36", "b 1.0"]
    assert points(system["series"][0]) == [(16, 100, None), (1024, 25, None)]
    assert points(other["series"][0]) == [(16, 100, None),
                                          (1024, 62.5, [50, 75])]
    assert other["series"][0]["points"][1]["text"] == \
        "1 in 1,024 survives: 62.5 % of the peak stays (50.0 to 75.0), n 2"
    assert chart["ticks"] == [[16, "16"], [1024, "1,024"]]


def test_the_law_is_that_of_the_stride_and_its_own_unit_is_marked(found):
    chart, = of_part(found, "survivors")
    _, system, _ = chart["panels"]
    assert [law["label"] for law in system["laws"]] == [
        "4 KiB", "16 KiB", "64 KiB", "256 KiB", "1 MiB"]
    assert [law["label"] for law in system["laws"] if law["own"]] == ["4 KiB"]
    assert system["note"] == "unit by page truth: 4 KiB"
    (first, full), (last, rare) = (system["laws"][0]["points"][place]
                                   for place in (0, -1))
    # 256 objects of 16 bytes in 4 KiB.
    assert (first, last) == (16, 1024)
    assert full == pytest.approx(100 * (1 - (15 / 16)**256), abs=0.001)
    assert rare == pytest.approx(100 * (1 - (1023 / 1024)**256), abs=0.001)


def test_what_if_has_every_unit_and_what_is_really_there(found):
    dense, rare = of_part(found, "whatif")
    assert dense["after"] == rare["after"] == ["after trim", "as it is"]
    system, other = rare["panels"][0]["series"]
    assert points(system) == [
        *((int(unit), 40 if int(unit) < 2**21 else 160, None)
          for unit in make.GRANULES),
        ("after trim", 40, None), ("as it is", 160, None)]
    assert points(other)[0] == (4096, 100, [80, 120])


def test_without_survivors_there_is_no_what_if(tmp_path):
    found = written(page_rows.full(), tmp_path)
    assert not of_part(found, "whatif")
    assert "has live bytes after its drain" in found.text


def test_the_wake_rate_stands_against_the_rate_with_0_beside_it(found):
    chart, = of_part(found, "wake")
    system, other = chart["panels"][0]["series"]
    assert points(system) == [("0", 200, None), (10, 200, None),
                              (1000, 5, None)]
    assert points(other) == [(10, 0.625, None), (1000, 0.625, None)]
    assert (chart["before"], chart["line"]) == (["0"], 10)
    assert chart["ticks"] == [[10, "10"], [1000, "1,000"]]


def test_rates_measured_unequally_often_say_so(tmp_path):
    rows = [row for row in page_rows.every_part()
            if row.get("after") != "tick+rate=0"]
    rows.append(make.memory_cell("b", "tick+rate=10", 320,
                                 [320] * 4 + [1], repetition=1))
    found = written(rows, tmp_path)
    figure = found.text.split('<figure id="wake')[1].split("</figure>")[0]
    assert "Medians over at most 2 cells of each" in figure
    assert ">1 to 2</td>" in figure
    chart, = of_part(found, "wake")
    assert chart["x_title"] == "requests a second (log scale)"


def test_answers_of_one_workload_name_say_what_differs(found, tmp_path):
    same = written(page_rows.of_the_same_workload_name(), tmp_path)
    assert "<dt>fill_drain, 5 objects" not in same.text
    terms = re.findall("<dt>(fill_drain.*?)</dt>", same.text)
    assert len(terms) > 1 and len(set(terms)) == 2
    assert "objects 5" in "".join(terms)
    assert "<dt>survivors, keep 16</dt>" in found.text


def test_page_truth_below_zero_does_not_raise_the_whole():
    assert ladder._parts([2048, 1024, 4096]) == [2, 0, 3]


def test_regimes_of_two_names_are_two_curves(tmp_path):
    rows = page_rows.every_part()
    rows += [make.memory_cell("system", f"tick_other+rate={rate}", 320,
                              [320] * 5) for rate in (10, 1000)]
    first, second = of_part(written(rows, tmp_path), "wake")
    assert points(first["panels"][0]["series"][0])[-1] == (1000, 5, None)
    assert points(second["panels"][0]["series"][0]) == [
        (10, 200, None), (1000, 200, None)]


def test_the_map_keeps_each_arena_at_its_place(found):
    chart, = of_part(found, "arenas")
    assert (chart["slots"], chart["pools"]) == ([0, 1, 2], 4)
    assert chart["maps"] == [
        [[0, 3, "4F"]], [[0, 1, "F2-a"], [2, 1, "4-"]], [[0, 1, "F2-a"]]]
    assert [frame["map"] for frame in chart["frames"]] == [
        0, 1, 1, 1, 1, 1, 2]
    start = chart["frames"][chart["start"]]
    assert (start["text"], start["state"]) == (
        "drain", "live blocks in 1 of 2 arenas; pools: 1 full, 1 partly "
        "used, 6 free, 0 never used or purged")


def test_a_map_of_a_hostile_size_is_cut_and_says_so(tmp_path):
    row = page_rows.with_arenas(make.memory_cell("b", "silent", 1, [1] * 5))
    for sample in row["samples"]:
        if sample["arenas"] is not None:
            sample["arenas"] = page_rows.ARENAS | {
                "map": ["7:9999999999F*9999999999"]}
    found = written([make.run_line(make.allocator("b")), row], tmp_path)
    chart, = of_part(found, "arenas")
    assert len(chart["slots"]) == arena_map.MOST_ARENAS
    assert chart["maps"] == [[[0, 1000, f"{arena_map.MOST_POOLS}F"]]]
    assert "Drawn are the first 1,000 of up to 9,999,999,999" in found.text


    assert "Drawn are the first 1,024 of up to 9,999,999,999 pools" \
        in found.text


def test_arenas_of_phases_are_counted_together():
    rows = [arenas.ArenaRow(first, count, (("F", 1),)) for first, count in (
        (0, 600), (500, 300), (900, 400))]
    assert arena_map._union(rows) == 1200


def test_a_crash_in_one_regime_is_said_where_another_is_known(tmp_path):
    rows = [row for row in page_rows.full()
            if (row.get("allocator"), row.get("after")) != ("bad", "tick")]
    rows.append(make.memory_cell("bad", "tick", 320, [320] * 5))
    for anchor in ("time-1-fill_drain-silent", "pages-1-fill_drain"):
        figure = written(rows, tmp_path).text.split(f'id="{anchor}')[1]
        assert "No mark for bad: crashed: SIGSEGV in fill." in \
            figure.split("</figure>")[0]
        (tmp_path / "page.html").unlink()


def test_tables_of_phases_leave_out_what_did_not_change(found):
    table = found.text.split('<figure id="ladder-2')[1].split("<table>")[1]
    rows = table.split("</table>")[0].split("<tr>")[2:]
    assert [row.split("</td>")[1].split(">")[1] for row in rows] == [
        "drain", "silent, 10 ms after the last release", "trim"] * 2


def test_where_only_rates_were_swept_there_is_page_truth_too(tmp_path):
    rows = [make.run_line(make.allocator("system")), *(
        make.memory_cell("system", f"tick+rate={rate}", 320, [320] * 5)
        for rate in (10, 100))]
    chart, = of_part(written(rows, tmp_path), "ladder")
    assert sum(chart["bars"][0]["frames"][chart["start"]]) == 320 * 1024


def test_page_truth_is_a_ladder_that_adds_up(found):
    rare = of_part(found, "ladder")[1]
    assert rare["frames"][rare["start"]] == "drain"
    system = rare["bars"][0]
    live = 16 * (10485760 // 1024)
    drain = dict(zip(rare["frames"], system["frames"]))["drain"]
    assert drain[0] == pytest.approx(live / 1024, abs=0.001)
    assert drain[1] == pytest.approx(40 * 1024 - live / 1024, abs=0.001)
    assert drain[2:] == [0, 0, 0, 0, 0, 0, 120 * 1024, 0]
    assert sum(drain) == pytest.approx(160 * 1024)
    assert dict(zip(rare["frames"], system["all"]))["drain"] == 160 * 1024
    assert dict(zip(rare["frames"], system["frames"])).get("poke") is None


def test_the_map_by_address_is_of_page_truth(found):
    _, rare = of_part(found, "addresses")
    assert (rare["frames"], rare["start"]) == (["drain", "trim"], 0)
    system, other = rare["strips"]
    assert system["stretches"] == [[1000, 40], [70_000_000, 40]]
    assert (system["unit"], system["peak"]) == (2048, "0+512*80")
    assert (system["maps"], system["frames"]) == (
        ["128+384*80", "128+0*80"], [0, 1])
    assert system["states"] == [
        "pages with a live byte 40.0 MiB, without 120.0 MiB; live bytes in "
        "80 of 80 units of 2 MiB",
        "pages with a live byte 40.0 MiB, without 0.0 MiB; live bytes in "
        "80 of 80 units of 2 MiB"]
    assert other["maps"] == ["256+256*80", "256+0*80"]


def test_single_calls_are_counted_and_the_longest_has_its_cause(found):
    chart, = of_part(found, "stalls")
    alloc, release = chart["classes"]
    row = alloc["rows"][0]
    assert [rate["rate"] for rate in row["rates"]] == [20, 10, 0]
    assert (row["tail_ns"], row["longest_ns"]) == (40, 2 * 10**6)
    assert row["longest"] == "2 ms, poke 7"
    assert release["rows"][0]["longest_ns"] is None
    cause = "the longest alloc took 2 ms, at poke 7: on the CPU (100 % CPU"
    assert row["longest_text"].startswith(cause)
    assert f"system glibc 2.36: {cause}" in found.text
    assert "a traffic cell made 1 brk of 256 KiB in all of poke" in found.text


def test_system_calls_stand_by_phase(found):
    chart, = of_part(found, "traffic")
    assert chart["names"] == ["mmap", "madvise", "brk"]
    assert [row["name"] for row in chart["rows"]] == [
        "system glibc 2.36", "b 1.0*"]
    assert chart["rows"][0]["phases"] == [
        {"name": "fill", "parts": [
            {"name": "mmap", "calls": 8, "kib": 512 * 1024,
             "ends": None}]},
        {"name": "drain", "parts": []},
        {"name": "poke", "parts": [
            {"name": "brk", "calls": 1, "kib": 256, "ends": None}]},
        {"name": "trim", "parts": [
            {"name": "madvise", "calls": 1000, "kib": 511 * 1024,
             "ends": None}]}]
    assert "* b 1.0: threads that the library had started" in found.text


def test_who_has_no_mark_is_named_in_every_new_part(found):
    for anchor in ("survivors", "wake", "stalls", "traffic"):
        figure = found.text.split(f'<figure id="{anchor}')[1].split(
            "</figure>")[0]
        assert "No mark for gone: unsupported: not installed." in figure
        assert ("No mark for bad: not measured." if anchor == "wake" else
                "No mark for bad: crashed: SIGSEGV in fill.") in figure


@pytest.mark.parametrize("part", pages.PARTS, ids=lambda part: part.anchor)
def test_an_empty_part_names_the_command_that_fills_it(part, tmp_path):
    found = written(page_rows.nothing(), tmp_path)
    head = found.text.index(f'id="part_{part.anchor}"')
    said = found.text[head:].split("</p>")[0]
    assert part.empty in said.replace("&#39;", "'")
    assert part.command.startswith("giveback run ")
    assert part.command in said.replace("&#39;", "'")


@pytest.mark.skipif("GIVEBACK" not in os.environ,
                    reason="GIVEBACK names no program")
@pytest.mark.parametrize("part", pages.PARTS, ids=lambda part: part.anchor)
def test_the_command_of_an_empty_part_is_one_that_runs(part, tmp_path):
    _, *words = shlex.split(part.command)
    done = subprocess.run(
        [Path(os.environ["GIVEBACK"]).resolve(), *words, "--dry-run"],
        cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60)
    assert (done.returncode, "cells, about" in done.stdout) == (0, True), \
        done.stderr


def test_ends_that_read_alike_are_not_shown_in_words():
    point = curve.point(1, [10.01, 10.02], "here", "%")
    assert point["ends"] == [10.01, 10.02]
    assert point["text"] == "here: 10.0 %, n 2"

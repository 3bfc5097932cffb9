"""The page of `giveback report`: what is in it, that its figures are those of
the rows, and that no text of a file can do more than be read."""

import base64
import gzip
import hashlib
import json
import re
from html.parser import HTMLParser

import page_rows
import pytest
import rows_maker as make
from giveback.report import assets, decimate, embed, trade_off

MIB = make.MIB


class Page(HTMLParser):
    """The elements of a page, and the text of each script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: list[tuple[str, dict]] = []
        self.inside: list[tuple[str, dict, str]] = []
        self.reading = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.reading = tag in ("script", "style")
        if self.reading:
            self.inside.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag):
        self.reading = False

    def handle_data(self, data):
        if self.reading:
            tag, attrs, text = self.inside.pop()
            self.inside.append((tag, attrs, text + data))

    def run(self, tag: str) -> list[str]:
        return [text for name, attrs, text in self.inside
                if name == tag and "type" not in attrs]

    def embedded(self, name: str) -> str:
        return next(text for _, attrs, text in self.inside
                    if attrs.get("id") == name)

    def charts(self, kind: str = "") -> list[dict]:
        charts = json.loads(self.embedded("charts")).values()
        return [chart for chart in charts if kind in ("", chart["kind"])]

    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]


@pytest.fixture
def page(verb, write, tmp_path):
    """page(rows) is what the verb writes."""
    def make_page(rows: list[dict], *arguments: str) -> Page:
        path = tmp_path / "page.html"
        path.unlink(missing_ok=True)
        done = verb("report", write(rows), "-o", path, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return Page(path.read_text(encoding="utf-8"))
    return make_page


# ---- the policy, and what comes from files --------------------------------

def test_the_policy_names_all_that_runs_and_nothing_else(page):
    found = page(page_rows.full())
    policy = next(attrs["content"] for tag, attrs in found.tags
                  if attrs.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy and "unsafe" not in policy
    named = re.findall(r"'sha256-([^']+)'", policy)
    texts = [*found.run("script"), *found.run("style")]
    assert len(texts) == 1 + len(assets.SCRIPTS) + len(assets.STYLES)
    assert named == [base64.b64encode(hashlib.sha256(
        text.encode()).digest()).decode() for text in texts]


@pytest.mark.parametrize("case", page_rows.CASES)
def test_nothing_is_loaded_and_no_attribute_acts(case, page):
    found = page(page_rows.CASES[case]())
    for tag, attributes in found.tags:
        assert tag not in ("img", "iframe", "object", "embed", "base")
        assert not {name for name in attributes
                    if name.startswith("on") or name in ("src", "style")}
        assert attributes.get("href", "#")[0] in "#d"  # an anchor; no icon


def test_a_hostile_name_is_only_read(page):
    plain, hostile = page(page_rows.full()), page(page_rows.full(
        page_rows.EVIL))
    assert hostile.run("script") == plain.run("script")
    assert len(hostile.inside) == len(plain.inside)
    assert page_rows.EVIL[:20] not in hostile.text
    names = {series["name"] for chart in hostile.charts("time")
             for series in chart["series"]}
    assert any(name.startswith("</script><script>") for name in names)


def test_json_in_a_page_holds_no_sign_of_markup():
    text = embed.as_json(["<!-- & \u2028\u2029", {"</script>": "\ud800"}])
    assert text.isascii() and not set("<>&") & set(text)
    assert json.loads(text) == ["<!-- & \u2028\u2029",
                                {"</script>": "\ud800"}]


def test_a_huge_name_stays_short(page):
    found = page(page_rows.full("n" * 100_000))
    assert "n" * 100 not in found.text


# ---- every figure is of the rows ------------------------------------------

def test_each_part_shows_what_the_rows_hold(page):
    found = page(page_rows.full())
    lines = [(chart["regime"], [series["name"] for series in chart["series"]])
             for chart in found.charts("time")]
    assert lines == [(regime, ["system glibc 2.36", "b 1.0"])
                     for regime in ("silent", "tick")]
    bars, = found.charts("pages")
    assert [(bar["name"], bar["parts"]) for bar in bars["bars"]] == [
        ("system glibc 2.36", [["live", 0], ["waste", 0],
                               ["stranded", 2048], ["held", 318 * 1024]]),
        ("b 1.0", [["live", 0], ["waste", 0], ["either", 8192]])]
    assert bars["reference_kib"] == 320 * 1024
    heat, = found.charts("heat")
    assert [[field["text"] for field in row] for row in heat["fields"]] == [
        ["320.0", "320.0", "32.5 ns"], ["1.0", "1.0", "1.92"],
        ["crashed"] * 3, ["unsupported"] * 3]
    for chart in found.charts("trade"):
        assert [(point["name"], point["kept_kib"], point["front"])
                for point in chart["points"]] == [
            ("system glibc 2.36", 320 * 1024, True),
            ("b 1.0", 1024, True)]


def test_sampled_figures_have_n_and_interval(page):
    heat, = page(page_rows.full()).charts("heat")
    for field in heat["fields"][1]:
        assert field["count"] == (6 if field["kind"] == "cost" else 1)
    assert heat["fields"][1][2]["interval"].startswith("\u00b1")


def test_repetitions_that_differ_show_their_ends(page):
    rows = [make.run_line(make.allocator("system"), repetitions=3)]
    rows += [make.memory_cell("system", "silent", 320, [kept] * 5,
                              tail_operations=0, repetition=index)
             for index, kept in enumerate((100, 300, 320))]
    found = page(rows)
    heat, = found.charts("heat")
    assert heat["fields"][0][0]["interval"] == "100.0-320.0"
    bar, = found.charts("pages")[0]["bars"]
    assert bar["dead_ends"] == [100 * 1024, 320 * 1024]


def test_thousands_of_cells_make_a_page(page):
    found = page(page_rows.many_cells(2_000))
    assert len(found.charts("time")) == 10 and len(found.charts("heat")) == 1
    assert "the first of 20 repetitions" in found.text
    assert len(found.text) < 10 * 10**6


def test_who_has_no_mark_is_named_with_the_reason(page):
    text = page(page_rows.full()).text
    assert "No mark for bad: crashed: SIGSEGV in fill." in text
    assert "No mark for gone: unsupported: not installed." in text


def test_every_chart_has_a_table_an_anchor_and_the_versions(page):
    found = page(page_rows.full())
    figures = [attrs["id"] for tag, attrs in found.tags if tag == "figure"]
    assert len(figures) == 7 == len(found.charts())
    assert set(figures) == set(json.loads(found.embedded("charts")))
    assert found.text.count('class="versions">run r1, giveback 0.1.0') == 7
    assert sum(tag == "table" for tag, _ in found.tags) >= len(figures) + 1


@pytest.mark.parametrize("case", page_rows.CASES)
def test_anchors_are_there_once_and_lead_somewhere(case, page):
    found = page(page_rows.CASES[case]())
    ids = found.ids()
    assert len(ids) == len(set(ids))
    assert {attrs["href"][1:] for tag, attrs in found.tags
            if tag == "a"} <= set(ids)


@pytest.mark.parametrize("case, said", [
    ("failures_only", "SIGSEGV in fill"),
    ("failures_only", "No memory cell with a timeline ended well."),
    ("no_timing", "No allocator has both a memory and a timing figure."),
    ("no_memory", "No memory figure is known"),
    ("unknown_figures", "No chart here for 1 cell of kind of_tomorrow"),
    ("nothing", "There is neither a memory cell nor a timing cell."),
    ("two_runs", "run r2, giveback 0.1.0")])
def test_a_page_says_what_is_not_there(case, said, page):
    assert said in page(page_rows.CASES[case]()).text


# ---- raw lines, decimation, the front -------------------------------------

def restored(text: bytes) -> bytes:
    """What raw.js does."""
    rows, _, rest = text.rpartition(b"\n\n")
    lists = iter(rest.split(b"\n"))
    held = {name: [] for name in embed.NAMES}
    for name in held:
        key = f'"{name}": ?\\[@\\]'.encode()
        held[name] = [next(lists) for _ in re.findall(key, rows)]

    def summed(found: re.Match) -> bytes:
        known = held[found[2].decode()].pop(0)
        unit = 4096 if known.startswith(b"p") else 1
        last, numbers = 0, []
        for difference in known.removeprefix(b"p").split(b","):
            last += unit * int(difference)
            numbers.append(str(last).encode())
        return found[1] + b",".join(numbers)
    rows = re.sub(rb'("(t_ns|resident_bytes|live_bytes)": ?\[)@', summed, rows)
    maps = list(lists)
    return re.sub(rb'("(?:map|stretches)": ?\[)@(\d+)',
                  lambda found: found[1] + maps[int(found[2])], rows)


def test_a_page_of_a_default_matrix_stays_below_two_megabytes(verb,
                                                              tmp_path):
    lines = tmp_path / "compact.jsonl"
    lines.write_text("".join(
        json.dumps(row, separators=(",", ":")) + "\n"
        for row in page_rows.default_matrix()))
    path = tmp_path / "page.html"
    assert verb("report", lines, "-o", path).returncode == 0
    size = path.stat().st_size
    assert 10**6 < size < 2 * 10**6


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_the_raw_lines_are_all_there(separators):
    lines = "".join(json.dumps(row, separators=separators) + "\n"
                    for row in page_rows.full()).encode()
    text = gzip.decompress(base64.b64decode(embed.packed(lines)))
    assert restored(text) == lines
    assert (b"[@]" in text) == (separators == (",", ":"))


@pytest.mark.parametrize("end", (b"", b"\n", b"\n\n"))
def test_equal_maps_stand_there_once(end):
    maps = tuple(b'"%d:%s"' % (index, b"12+244 " * 20) for index in range(2))
    lines = b"\n\n".join(
        b'{"map":[%s],"stretches": [%s],"text":"\\"map\\":[@0]"}' % pair
        for pair in (maps, maps[::-1], maps)) + end
    text = gzip.decompress(base64.b64decode(embed.packed(lines)))
    assert restored(text) == lines
    assert [text.count(each) for each in maps] == [1, 1]


def test_a_page_holds_its_lines(page):
    rows = page_rows.full(page_rows.EVIL)
    packed = page(rows).embedded("raw-lines")
    text = restored(gzip.decompress(base64.b64decode(packed))).decode()
    assert [json.loads(line) for line in text.splitlines()] == rows


def test_decimation_keeps_every_peak_and_both_ends():
    times = list(range(-5000, 15001))
    sizes = [(time * 7919) % 1000 for time in times]
    sizes[777], sizes[15001] = 10**6, -10**6
    kept = decimate.decimated(times, sizes, stretches=100)
    assert len(kept) <= 404
    assert {(times[777], 10**6), (times[15001], -10**6),
            (times[0], sizes[0]), (times[-1], sizes[-1])} <= set(kept)
    assert kept == sorted(kept) and set(kept) <= set(zip(times, sizes))


def test_decimation_of_few_points_changes_nothing_but_repeats():
    assert decimate.decimated([0, 1, 2, 3], [5, 5, 6, 6]) == [
        (0, 5), (2, 6), (3, 6)]
    assert decimate.decimated([], []) == []


def test_the_front_is_who_is_beaten_in_neither():
    points = [(1, 9), (2, 5), (2, 6), (3, 5), (4, 1), (4, 1), (5, 8)]
    assert trade_off.front(points) == [0, 1, 4, 5]


# ---- the verb -------------------------------------------------------------

def test_a_page_is_never_written_over(verb, write, tmp_path):
    path = tmp_path / "page.html"
    path.write_text("mine")
    done = verb("report", write(page_rows.full()), "-o", path)
    assert done.returncode == 2 and f"{path} exists" in done.stderr
    assert path.read_text() == "mine"


def test_without_d3_the_package_is_named(verb, write, tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "D3", tmp_path / "d3.min.js")
    path = tmp_path / "page.html"
    done = verb("report", write(page_rows.full()), "-o", path)
    assert done.returncode == 2 and "apt install node-d3" in done.stderr
    assert not path.exists()


def test_an_unknown_reference_is_refused(verb, write, tmp_path):
    done = verb("report", write(page_rows.full()), "--reference", "sistem",
                "-o", tmp_path / "page.html")
    assert done.returncode == 2 and "did you mean system?" in done.stderr

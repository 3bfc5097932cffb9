"""`giveback report --compare`: two runs on one page, by the verdicts of
`giveback compare`; and `--format markdown`, the short version."""

import json
import re
from pathlib import Path

import page_rows
import pytest
import rows_maker as make
from giveback.comparison import compare, sides

MIB = make.MIB


def before(rows: list[dict], **host: object) -> list[dict]:
    """The same rows as another, earlier run, on such a host."""
    return [row | ({"id": "r0", "host": row["host"] | host}
                   if row["type"] == "run" else {"run": "r0"})
            for row in rows]


def larger(rows: list[dict], mib: int) -> list[dict]:
    """`b` keeps so much more after `silent`."""
    changed = json.loads(json.dumps(rows))
    for row in changed:
        if row.get("allocator") == "b" and row.get("after") == "silent":
            for sample in row["samples"][1:6]:
                for field in ("rss_bytes", "anon_bytes", "statm_rss_bytes"):
                    sample[field] += mib * MIB
    return changed


@pytest.fixture
def pair(write) -> tuple[Path, Path]:
    """(base, head); of head `b` keeps 20 MiB less, on a newer kernel."""
    rows = page_rows.full()
    return (write(before(larger(rows, 20), kernel="6.0.9"), "base.jsonl"),
            write(rows, "head.jsonl"))


@pytest.fixture
def page(verb, pair, tmp_path):
    base, head = pair
    path = tmp_path / "page.html"
    done = verb("report", head, "--compare", base, "-o", path)
    assert done.returncode == 0, done.stderr
    return path.read_text(encoding="utf-8")


def charts(page: str) -> dict:
    return json.loads(re.search(r'id="charts">(.*?)</script>', page)[1])


def test_what_changed_stands_first_and_hosts_that_differ_before(page, pair):
    base, head = (sides.Source(path, None) for path in pair)
    comparison = compare.compare(base, head)
    better = comparison.with_word("better")
    assert len(better) >= 1
    loud = page.split('id="change"')[1].split("</section>")[0]
    order = [loud.index(text) for text in (
        "What changed: ", "kernel: base 6.0.9, head 6.1.0", "Base: ",
        "<table>")]
    assert order == sorted(order) and page.index('id="change"') \
        < page.index("The answer")
    open_part, folded = loud.split("<details>")
    assert open_part.count("<tr>") - 1 == sum(
        verdict.word != "same" for verdict in comparison.verdicts)
    assert folded.count("<tr>") - 1 == len(comparison.with_word("same"))
    assert "kept (silent)" in open_part
    assert "crashed: SIGSEGV in fill" in open_part


def test_base_is_drawn_pale_beside_head_in_its_colours(page):
    drawn = charts(page)
    line = drawn["time-1-fill_drain-silent"]["series"]
    assert [(series["name"], series["base"]) for series in line] == [
        ("base: system glibc 2.36", True), ("base: b 1.0", True),
        ("system glibc 2.36", False), ("b 1.0", False)]
    assert [series["style"] for series in line] == [0, 1, 0, 1]
    bars = drawn["pages-1-fill_drain"]["bars"]
    assert [(bar["name"], bar["base"], bar["style"]) for bar in bars] == [
        ("system glibc 2.36", False, 0),
        ("base: system glibc 2.36", True, 0),
        ("b 1.0", False, 1), ("base: b 1.0", True, 1)]
    assert page.count("Pale: the same allocator in base.") == 3


def test_without_compare_nothing_is_pale(verb, pair, tmp_path):
    path = tmp_path / "page.html"
    assert verb("report", pair[1], "-o", path).returncode == 0
    page = path.read_text(encoding="utf-8")
    assert 'id="change"' not in page and "Pale:" not in page
    assert not any(mark.get("base") for chart in charts(page).values()
                   for mark in chart.get("series", chart.get("bars", [])))


@pytest.mark.parametrize("arguments, said", [
    (("--compare", "{head}"), "the same file twice"),
    (("{base}", "--compare", "{base}"), "giveback merge"),
    (("--across-machines",), "add --compare BASE")])
def test_what_cannot_be_compared_is_said(arguments, said, verb, pair,
                                         tmp_path):
    base, head = pair
    done = verb("report", head, *(word.format(base=base, head=head)
                                  for word in arguments),
                "-o", tmp_path / "page.html")
    assert done.returncode == 2 and said in done.stderr
    assert not (tmp_path / "page.html").exists()


def test_machines_that_differ_need_a_word(verb, write, pair, tmp_path):
    other = write(before(page_rows.full(), machine_id="6b"), "other.jsonl")
    typed = ("report", pair[1], "--compare", other, "-o",
             tmp_path / "page.html")
    refused = verb(*typed)
    assert refused.returncode == 2 and "two machines" in refused.stderr
    assert verb(*typed, "--across-machines").returncode == 0
    assert "runs of two machines" in (tmp_path / "page.html").read_text()


# ---- the short version ----------------------------------------------------

def unescaped(text: str) -> str:
    return re.sub(r"&#(\d+);|\\(.)", lambda found: chr(int(found[1]))
                  if found[1] else found[2], text)


def test_markdown_says_the_sentences_of_the_page(verb, write, tmp_path):
    path = write(page_rows.full())
    page = tmp_path / "page.html"
    assert verb("report", path, "-o", page).returncode == 0
    short = unescaped(verb("report", path, "--format", "markdown").stdout)
    sentences = re.findall(r"<dd>(.*?)</dd>",
                           page.read_text().split("</dl>")[0])
    assert len(sentences) == 2
    for sentence in sentences:
        assert sentence in short
    assert "| system glibc 2.36 | 320.0 | 320.0 | 320.0 | 2.0 |" in short
    assert "| bad | fill_drain | memory | crashed: SIGSEGV in fill | 2 |" \
        in short
    assert "    giveback run" in short
    assert short.count("<details>") == short.count("</details>") == 1


def test_markdown_has_the_warnings_of_reading(verb, write):
    path = write(page_rows.one_cell())
    with path.open("a") as file:
        file.write('{"type": "cell", "cut')
    done = verb("report", path, "--format", "markdown")
    page = unescaped(done.stdout)
    assert done.returncode == 0 and "results.jsonl:" in page


def test_markdown_of_a_hostile_name_is_text(verb, write):
    short = verb("report", write(page_rows.full(page_rows.EVIL)),
                 "--format", "markdown").stdout
    tags = re.findall(r"(?<!\\)<(?!/?(?:details|summary)>)", short)
    assert tags == [] and "script" in short


def test_markdown_begins_with_what_changed(verb, pair, tmp_path):
    base, head = pair
    path = tmp_path / "short.md"
    done = verb("report", head, "--compare", base, "--format", "markdown",
                "-o", path)
    assert (done.returncode, done.stdout) == (0, "")
    short = unescaped(path.read_text())
    assert short.index("kernel: base 6.0.9, head 6.1.0") \
        < short.index("head against base: ") < short.index("10 s after")


@pytest.mark.parametrize("case", page_rows.SPARSE)
def test_markdown_says_what_there_is(case, verb, write):
    done = verb("report", write(page_rows.SPARSE[case]()), "--format",
                "markdown")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\n") and "To run it again" in done.stdout


def test_html_without_a_place_is_refused(verb, write):
    done = verb("report", write(page_rows.one_cell()))
    assert done.returncode == 2 and "name it by -o" in done.stderr

"""The page in a real browser: every mark that the data has, keys, filter,
zoom, theme, and nothing on the console.

GIVEBACK_SCREENSHOTS=FOLDER keeps pictures of the page."""

import json
import os
import shutil
from pathlib import Path

import page_rows
import pytest

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
if not BROWSER or not DRIVER:
    pytest.skip("no browser: apt install chromium chromium-driver",
                allow_module_level=True)
webdriver = pytest.importorskip(
    "selenium.webdriver",
    reason="no way to steer a browser: apt install python3-selenium")

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--window-size=1440,1000")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    folder = tmp_path_factory.mktemp("browser")
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.chrome.service.Service(
        DRIVER, log_path=os.devnull)
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser, verb, write, tmp_path):
    """opened(rows) shows their page with every chart drawn; `base` are the
    rows of a run to compare with."""
    def show(rows: list[dict], base: list[dict] | None = None) -> None:
        path = tmp_path / "page.html"
        compared = () if base is None else (
            "--compare", write(base, "base.jsonl"))
        assert verb("report", write(rows), "-o", path,
                    *compared).returncode == 0
        browser.get(path.as_uri())
        browser.execute_script("giveback.drawAll()")
    yield show
    assert browser.get_log("browser") == []


def count(browser, selector: str) -> int:
    return browser.execute_script(
        "return document.querySelectorAll(arguments[0]).length", selector)


def press(browser, selector: str, key: str) -> None:
    browser.execute_script(
        "const at = document.querySelector(arguments[0]); at.focus();"
        "at.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[1],"
        " bubbles: true}))", selector, key)


def said(browser) -> str:
    return browser.execute_script(
        "const at = document.getElementById('hover');"
        "return at.hidden ? '' : at.textContent")


@pytest.mark.parametrize("case", page_rows.CASES)
def test_every_chart_has_the_marks_of_its_data(case, opened, browser):
    opened(page_rows.CASES[case]())
    charts = json.loads(browser.execute_script(
        "return document.getElementById('charts').textContent"))
    marks = {
        "time": ("path.line", lambda chart: len(chart["series"])),
        "pages": (".bar rect", lambda chart: sum(
            len(bar["parts"]) for bar in chart["bars"])),
        "heat": ("rect.field", lambda chart: sum(
            map(len, chart["fields"]))),
        "trade": ("path.mark", lambda chart: len(chart["points"])),
        "curve": ("path.mark", lambda chart: sum(
            len(series["points"]) for panel in chart["panels"]
            for series in panel["series"])),
        "arenas": ("path.slots", lambda chart: 1),
        "addresses": (".strip path.part", lambda chart: 3 * sum(
            strip["frames"][chart["start"]] is not None
            for strip in chart["strips"])),
        "ladder": (".bar rect.mark", lambda chart: sum(
            len(bar["frames"][chart["start"]] or ())
            for bar in chart["bars"])),
        "stalls": (".mark", lambda chart: sum(
            sum(rate["rate"] is not None for rate in row["rates"])
            + (row["tail_ns"] is not None) + (row["longest_ns"] is not None)
            for each in chart["classes"] for row in each["rows"])),
        "traffic": (".bar rect.mark", lambda chart: sum(
            (part["calls"] > 0) + (part["kib"] > 0) for row in chart["rows"]
            for phase in row["phases"] for part in phase["parts"]))}
    for anchor, chart in charts.items():
        selector, expected = marks[chart["kind"]]
        found = count(browser, f'[data-chart="{anchor}"] {selector}')
        assert found == expected(chart), anchor
    if case == "full":
        assert len(charts) == 7
    if case == "every_part":
        assert {chart["kind"] for chart in charts.values()} >= {
            "curve", "arenas", "addresses", "ladder", "stalls",
            "traffic"}


def test_a_key_of_the_legend_hides_its_marks(opened, browser):
    opened(page_rows.full())
    shown = '.chart [data-style="1"]:not(.off)'
    before = count(browser, shown)
    browser.execute_script("document.querySelectorAll('.key')[1].click()")
    assert before > 6 and count(browser, shown) == 0
    assert count(browser, '.chart [data-style="0"].off') == 0


def test_a_family_is_switched_as_one(opened, browser):
    opened(page_rows.family())
    buttons = {button.text: button for button in
               browser.find_elements("css selector", ".whole")}
    assert list(buttons) == ["all pymalloc", "all"]
    shown = "return [...document.querySelectorAll('" \
        ".chart path.line:not(.off)')].map(line => line.dataset.style)"
    assert browser.execute_script(shown) == ["0", "1", "2"]
    buttons["all pymalloc"].send_keys(" ")
    assert browser.execute_script(shown) == ["0"]
    assert buttons["all pymalloc"].get_attribute("aria-pressed") == "false"
    assert buttons["all"].get_attribute("aria-pressed") == "mixed"
    buttons["all"].send_keys(" ")
    assert browser.execute_script(shown) == ["0", "1", "2"]


def test_a_filter_leaves_the_rows_with_its_words(opened, browser):
    opened(page_rows.full())
    field = browser.find_element("css selector", ".heat .filter input")
    rows = ("return [...document.querySelectorAll('.heat tbody tr')].filter("
            "row => !row.hidden).map(row => row.cells[0].textContent)")
    type_in = ("arguments[0].value = arguments[1];"
               "arguments[0].dispatchEvent(new Event('input'))")
    browser.execute_script(type_in, field, "CRASHED bad")
    assert browser.execute_script(rows) == ["bad"]
    assert browser.execute_script(
        "return arguments[0].nextSibling.textContent", field) == \
        " 1 of 4 rows"
    looks = ("return [...document.querySelectorAll('.heat tbody tr')].map("
             "row => getComputedStyle(row).display)")
    for media, hidden in (("screen", "none"), ("print", "table-row")):
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                {"media": media})
        assert sorted(set(browser.execute_script(looks))) == sorted(
            {hidden, "table-row"})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.execute_script(type_in, field, "")
    assert len(browser.execute_script(rows)) == 4


def test_base_is_drawn_thinner_below_head(opened, browser):
    rows = page_rows.full()
    opened(rows, page_rows.renamed(rows, "r0"))
    assert count(browser, "#change") == 1
    assert count(browser, "path.line.base") == 4
    assert count(browser, ".bar.base rect") == 7
    widths = browser.execute_script(
        "return [...document.querySelector('svg.time').querySelectorAll("
        "'path.line')].map(line => parseFloat(getComputedStyle(line)"
        ".strokeWidth))")
    assert widths == [1.2, 1.2, 2, 2]
    browser.execute_script("document.querySelectorAll('.key')[1].click()")
    for _ in range(2):
        assert contrasts(browser, {
            '.line.base[data-style="0"]': "stroke",
            '.line.base[data-style="1"]': "stroke",
            ".bar.base rect": "stroke", ".bar.base text": "fill",
            '.key[aria-pressed="false"]': "color",
            '.key[aria-pressed="false"] .line': "stroke"}) == []
        browser.execute_script("document.getElementById('theme').click()")


def test_the_accessibility_tree_has_names_and_roles(opened, browser):
    opened(page_rows.full())
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree",
                                    {})["nodes"]
    known = {(node["role"]["value"], node.get("name", {}).get("value", ""))
             for node in nodes if not node["ignored"]}
    assert {("main", ""), ("heading", "The answer"),
            ("heading", "Resident memory over time"),
            ("navigation", "parts of run r1"),
            ("button", "switch between light and dark"),
            ("button", "system glibc 2.36"),
            ("link", "link to this chart")} <= known
    charts = {name for role, name in known if name.startswith(
        ("fill_drain 1,000", "Kept and cost")) and role in ("image", "img",
                                                             "group")}
    assert len(charts) == 5  # two share a title: time and trade
    nameless = [role for role, name in known if not name and role in (
        "button", "link", "image", "img", "searchbox")]
    assert nameless == []


def test_a_timeline_is_read_and_zoomed_by_keys(opened, browser):
    opened(page_rows.full())
    press(browser, "svg.time", "ArrowRight")
    assert "system glibc 2.36: 320.0 MiB" in said(browser)
    ticks = ("return [...document.querySelectorAll('svg.time')[0]"
             ".querySelectorAll('.axis')[0].querySelectorAll('text')]"
             ".map(text => text.textContent)")
    whole = browser.execute_script(ticks)
    press(browser, "svg.time", "+")
    assert browser.execute_script(ticks) != whole
    press(browser, "svg.time", "0")
    assert browser.execute_script(ticks) == whole


def test_marks_are_reached_by_arrows_and_say_their_figures(opened, browser):
    opened(page_rows.full())
    stops = count(browser, '.heat .mark[tabindex="0"]')
    press(browser, '.heat .mark[tabindex="0"]', "ArrowRight")
    assert stops == 1 and "tick" in said(browser)
    assert "320.0 MiB" in said(browser)
    press(browser, '.heat .mark[tabindex="0"]', "Escape")
    assert said(browser) == ""


def test_what_is_said_has_the_digits_of_the_table(opened, browser):
    opened(page_rows.every_part())
    pointed = browser.execute_script(
        "const said = [];"
        "for (const mark of document.querySelectorAll('#' + arguments[0]"
        " + ' .mark')) {"
        "  mark.dispatchEvent(new PointerEvent('pointermove'));"
        "  said.push(document.getElementById('hover').textContent); }"
        "return said", "ladder-2-survivors")
    rows = browser.execute_script(
        "return [...document.querySelectorAll('#ladder-2-survivors tbody tr')]"
        ".map(row => [...row.cells].map(cell => cell.textContent))")
    drain = {row[0]: row for row in rows if row[1] == "drain"}
    assert len(drain) == 2 and len(pointed) == 20
    for text in pointed:
        name, part, whole = text.split("\n")
        assert whole == f"all: {drain[name][-1]} MiB"
        if part.startswith("live bytes"):
            assert part == f"live bytes: {drain[name][2]} MiB"


def runs(browser, anchor: str) -> dict[str, int]:
    """How many runs of pools of each letter an arena map has drawn."""
    return browser.execute_script(
        "return Object.fromEntries([...document.querySelectorAll("
        "`[data-chart=\"${arguments[0]}\"] path.pools`)].map(path => ["
        "path.dataset.letter, path.getAttribute('d').split('M').length - 1])"
        ".filter(([letter, count]) => count && letter !== 'mapped'))", anchor)


def test_a_map_goes_through_its_phases_by_keys(opened, browser):
    opened(page_rows.every_part())
    charts = json.loads(browser.execute_script(
        "return document.getElementById('charts').textContent"))
    anchor, chart = next((anchor, chart) for anchor, chart in charts.items()
                         if chart["kind"] == "arenas")
    slider = browser.find_element("css selector",
                                  f'[data-chart="{anchor}"] input')
    drawn = {"fill": {"F": 3}, "drain": {"F": 1, "-": 2, "a": 1},
             "poke": {"F": 1, "-": 1, "a": 1}}
    keys = webdriver.Keys
    for key, number, phase in (
            ("", 1, "drain"), (keys.HOME, 0, "fill"),
            (keys.ARROW_RIGHT, 1, "drain"), (keys.END, 6, "poke")):
        slider.send_keys(key)
        frame = chart["frames"][number]
        said_now = slider.get_attribute("aria-valuetext")
        assert said_now == f"{frame['text']}: {frame['state']}"
        assert said_now.startswith(phase)
        assert runs(browser, anchor) == drawn[phase]


def test_page_truth_goes_through_its_phases_and_what_is_off_stays_off(
        opened, browser):
    opened(page_rows.every_part())
    figures = ("return [...document.querySelectorAll("
               f"'[data-chart^=\"ladder-2\"] .figure')]"
               ".map(text => text.textContent)")
    assert browser.execute_script(figures) == ["160", "160"]
    browser.execute_script("document.querySelectorAll('.key')[1].click()")
    browser.find_element("css selector",
                         '[data-chart^="ladder-2"] input').send_keys(
        webdriver.Keys.END)
    assert browser.execute_script(figures) == ["40", "80"]
    off = count(browser, '[data-chart^="ladder-2"] .bar.off')
    marks = count(browser, '[data-chart^="ladder-2"] .bar rect')
    assert (off, marks) == (1, 20)
    strips = '[data-chart^="addresses-2"] '
    browser.find_element("css selector", strips + "input").send_keys(
        webdriver.Keys.END)
    drawn, says = browser.execute_script(
        "const svg = document.querySelector(arguments[0] + 'svg');"
        "return [[...svg.querySelectorAll('.part')].map(part => part"
        ".getAttribute('d').split('M').length - 1),"
        " svg.getAttribute('aria-label')]", strips)
    assert drawn == [80, 0, 80] * 2  # live, no dead page left, the rest gone
    assert "by address, trim: system glibc 2.36: pages with a live byte " \
        "40.0 MiB, without 0.0 MiB" in says
    assert count(browser, strips + ".strip.off") == 1


def test_points_of_curves_and_calls_say_their_figures(opened, browser):
    opened(page_rows.every_part())
    press(browser, '.survivors .mark[tabindex="0"]', "ArrowRight")
    assert said(browser).endswith(
        "1 in 1,024 survives: 25.0 % of the peak stays, n 1")
    press(browser, '.stalls .mark[tabindex="0"]', "ArrowRight")
    assert "above 10 us: 10.0 of a million alloc calls" in said(browser)
    press(browser, '.traffic .mark[tabindex="0"]', "ArrowRight")
    assert "poke: 1 brk of 0.3 MiB\nn 1" in said(browser)


def test_a_table_sorts_with_the_unknown_last(opened, browser):
    opened(page_rows.full())
    first = ("const table = document.querySelector('.heat table');"
             "table.tHead.querySelectorAll('button')[1].click();"
             "return [...table.tBodies[0].rows].map("
             "row => row.cells[0].textContent)")
    up, down = (browser.execute_script(first) for _ in range(2))
    assert up[:2] == ["b 1.0", "system glibc 2.36"]
    assert down[:2] == up[1::-1] and up[2:] == down[2:]


def test_the_raw_lines_come_out_as_they_went_in(verb, browser, tmp_path):
    lines = tmp_path / "compact.jsonl"
    lines.write_text("".join(
        json.dumps(row, separators=(",", ":")) + "\n"
        for row in page_rows.full(page_rows.EVIL)))
    page = tmp_path / "page.html"
    assert verb("report", lines, "-o", page).returncode == 0
    browser.get(page.as_uri())
    text = browser.execute_async_script(
        "const done = arguments[0];"
        "giveback.rawLines().then(blob => blob.text()).then(done)")
    assert text == lines.read_text()


def channels(colour: str) -> list[int]:
    """Red, green and blue of "rgb(r, g, b)"."""
    return [int(part) for part in
            colour[colour.index("(") + 1:-1].split(",")[:3]]


def luminance(colour: list[float]) -> float:
    """Of red, green and blue to 255 (WCAG 2.2, relative luminance)."""
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045
                        else ((part + 0.055) / 1.055) ** 2.4
                        for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrasts(browser, colours: dict[str, str]) -> list[str]:
    """Which of them, by selector and property, do not reach 3 to 1 on the
    ground of the page (WCAG 2.2, 1.4.11), each as pale as its element and
    those around it make it."""
    short = []
    for selector, what in colours.items():
        ground, colour, opacity = browser.execute_script(
            "const at = document.querySelector(arguments[0]);"
            "let opacity = 1;"
            "for (let up = at; up; up = up.parentElement) {"
            "  opacity *= getComputedStyle(up).opacity; }"
            "return [getComputedStyle(document.body).backgroundColor,"
            " getComputedStyle(at)[arguments[1]], opacity]", selector, what)
        mixed = [opacity * one + (1 - opacity) * other for one, other in
                 zip(channels(colour), channels(ground))]
        dark, light = sorted(map(luminance, (channels(ground), mixed)))
        if (light + 0.05) / (dark + 0.05) < 3:
            short.append(selector)
    return short


def test_text_and_lines_stand_out_in_both_themes(opened, browser):
    opened(page_rows.full())
    style = ("return getComputedStyle(document.querySelector(arguments[0]))"
             "[arguments[1]]")
    grounds = []
    for _ in range(2):
        ground = browser.execute_script(style, "body", "backgroundColor")
        grounds.append(ground)
        for selector, what, least in (
                ("body", "color", 7), ("figcaption", "color", 4.5),
                ("button", "color", 4.5), ("summary", "color", 4.5),
                (".chart svg .axis text", "fill", 4.5),
                ("a", "color", 4.5), ('path.line[data-style="1"]', "stroke",
                                      3)):
            colour = browser.execute_script(style, selector, what)
            dark, light = sorted(map(luminance, map(channels, (ground,
                                                               colour))))
            assert (light + 0.05) / (dark + 0.05) >= least, selector
        browser.execute_script("document.getElementById('theme').click()")
    assert grounds[0] != grounds[1]


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_fits_its_window(width, opened, browser, capsys):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1,
        "mobile": False})
    opened(page_rows.full("n" * 300))
    wide = browser.execute_script(
        "return document.documentElement.scrollWidth")
    folder = os.environ.get("GIVEBACK_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with capsys.disabled():
            print(f"pictures of the page: {folder}/report-{width}-*.png")
        for theme in ("light", "dark"):
            browser.execute_script(
                "document.documentElement.dataset.theme = arguments[0]",
                theme)
            browser.save_screenshot(
                str(Path(folder) / f"report-{width}-{theme}.png"))
    assert wide <= width

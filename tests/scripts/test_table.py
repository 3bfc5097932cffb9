"""Layout: widths, names of their own line, columns below each other."""

import pytest
from giveback import table
from giveback.table import Column, Line

COLUMNS = [Column(("a",), group="both"), Column(("b",), group="both"),
           Column(("upper", "c"), left=True)]


def render(lines, width=80, coloured=False):
    return table.render("name", COLUMNS, lines, width, coloured)


def test_figures_stand_right_and_below_their_heading():
    assert render([Line("one", ("1.0", "22.0", "x"))]) == [
        "           both  upper",
        "name    a     b  c",
        "one   1.0  22.0  x"]


def test_a_group_wider_than_its_columns_widens_them():
    columns = [Column(("a",), group="a long group")]
    assert table.render("n", columns, [Line("x", ("1",))], 80) == [
        "   a long group",
        "n             a",
        "x             1"]


def test_a_name_that_does_not_fit_stands_above_its_figures():
    lines = render([Line("a-name-beyond-everything", ("1", "2", "x"))], 32)
    assert lines[-2] == "a-name-beyond-everything"
    assert lines[-1].split() == ["1", "2", "x"]


def test_words_take_the_place_of_figures_and_wrap():
    lines = render([Line("one", ("1", "2", "x")),
                    Line("two", words="failed: " + "why " * 20)], 40)
    assert lines[3].startswith("two   failed: why")
    assert all(len(line) <= 40 for line in lines)
    assert " ".join(lines).count("why") == 20


@pytest.mark.parametrize("width", range(30, 120, 7))
def test_no_line_is_wider_than_asked(width):
    figures = tuple(str(10**index) for index in range(8))
    columns = [Column((f"heading {index}",)) for index in range(8)]
    rows = [Line("n" * length, figures) for length in (1, 20, 60)]
    lines = table.render("name", columns, rows, width)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    assert all(text.count(f"heading {index}") == 1 for index in range(8))


def test_colour_marks_the_verdict_alone():
    line = Line("one", ("1", "2", "bad"), colour=table.RED)
    assert render([line], coloured=True)[-1].endswith(
        "  \033[31mbad\033[0m")
    assert "\033" not in "".join(render([line]))

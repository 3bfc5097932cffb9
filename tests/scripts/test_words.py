"""Figures in words, and text that nobody can vouch for."""

import pytest
from giveback import words
from giveback.metrics import Interval

MS, S = 10**6, 10**9


@pytest.mark.parametrize(("size", "text"), [
    (0, "0.0"), (-1, "0.0"), (-0.05 * 2**20 + 1, "0.0"),
    (-0.06 * 2**20, "-0.1"), (2**20, "1.0"), (10 * 2**30, "10240.0"),
    (None, "-")])
def test_mib(size, text):
    assert words.mib(size) == text


@pytest.mark.parametrize(("size", "text"), [
    (0, "0"), (-100, "0"), (2**20, "1"), (5.7 * 2**20, "5.7"),
    (9.96 * 2**20, "10"), (319.9 * 2**20, "320")])
def test_mib_in_a_sentence(size, text):
    assert words.short_mib(size) == text


@pytest.mark.parametrize(("size", "text"), [
    (1, "1 KiB"), (12_288, "12 KiB"), (2**20, "1.0 MiB")])
def test_a_size_above_zero_stays_above_zero(size, text):
    assert words.size(size) == text


@pytest.mark.parametrize(("when", "text"), [
    (None, "-"),
    (Interval(0, 0), "at once"),
    (Interval(0, 10_000_123), "< 10 ms"),
    (Interval(10_000_123, 100_800_000), "10-101 ms"),
    (Interval(100_000_200, 1_000_000_300), "0.1-1 s"),
    (Interval(S, 10_000_213_117), "1-10 s"),
    (Interval(10_000_213_117, 30 * S), "10-30 s"),
    (Interval(10_000_213_117, None), "> 10 s"),
    (Interval(S, None), "> 1 s")])
def test_censored_times(when, text):
    assert words.interval(when) == text


@pytest.mark.parametrize(("value", "text"), [
    (0.04, ".04"), (0.041, ".05"), (0.0, ".00"), (0.001, ".01"),
    (1.2, "1.20"), (0.07, ".07")])
def test_a_half_width_is_rounded_up(value, text):
    assert words.half_width(value) == text


def test_parameters_in_words():
    assert words.parameters({"size": 16, "order": "fifo",
                             "objects": 10_485_760}) \
        == "10,485,760 x 16 B, order fifo"
    assert words.parameters({"keep": 1000, "start": "warm"}) \
        == "keep 1,000, start warm"
    assert words.parameters({}) == ""


@pytest.mark.parametrize("text", [
    "\033[31mred", "a\nb", "a\tb", "a\0b", "\u202eabc", "\x9b31m", "\u2028",
    "\ud800", "\ue000", "\r", "\x7f", "\ufeff", "\u200b"])
def test_what_does_more_than_print_is_replaced(text):
    cleaned = words.clean(text)
    assert "?" in cleaned
    assert cleaned.isprintable()
    assert len(cleaned) == len(text)


def test_plain_text_stays():
    assert words.clean("jemalloc 5.3.0 (\u00b5s, \u65e5\u672c)") \
        == "jemalloc 5.3.0 (\u00b5s, \u65e5\u672c)"


def test_long_text_is_cut():
    assert words.clean("a" * 10**6, 10) == "aaaaaaa..."


def test_the_width_of_wide_and_combining_characters():
    assert words.display_width("abc") == 3
    assert words.display_width("\u65e5") == 2
    assert words.display_width("e\u0301") == 1

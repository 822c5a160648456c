from __future__ import annotations

from datetime import UTC, datetime

import pytest

from clusters.sources.cleaning import clean_line, clean_text, cut_body, shorten
from clusters.sources.dates import parse_date


@pytest.mark.parametrize(
    "hidden",
    ["\u200b", "\u2060", "\ufeff", "\u202e", "\u2066", "\u00ad", "\U000e0041", "\ud800", "\x1b"],
)
def test_what_a_reader_cannot_see_is_removed(hidden: str) -> None:
    assert clean_text(f"a{hidden}b") == "ab"


def test_what_a_reader_can_see_stays() -> None:
    text = "Größe 日本語 🙂\ufe0f\n\ttab"
    assert clean_text(text) == text


def test_line_ends_become_one_kind_and_blank_lines_one() -> None:
    assert clean_text("a\r\nb\rc\u2028d\n\n\n \ne") == "a\nb\nc\nd\n\ne"
    assert clean_line(" a\r\n\tb ") == "a b"


def test_a_cut_says_how_much_is_missing() -> None:
    cut, left_out = cut_body("x" * 500, limit=200)
    assert len(cut) <= 200
    assert cut == "x" * (500 - left_out) + f"\n\n[cut: {left_out} characters left out]"
    assert cut_body("short", limit=200) == ("short", 0)


def test_shortening_keeps_the_limit() -> None:
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abcd", 4) == "abcd"


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01",
        "2024-05-01T00:00:00Z",
        "2024-05-01 02:00:00+02:00",
        "1714521600",
        "1714521600000",
        "Wed, 01 May 2024 00:00:00 GMT",
        "01.05.2024",
        "May 1, 2024",
        "2024/05/01",
    ],
)
def test_common_dates_are_read_as_utc(text: str) -> None:
    assert parse_date(text) == datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "soon", "03/04/2024", "nan", "inf", "-1", "9" * 50, "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_sure_date_is_none(text: str) -> None:
    assert parse_date(text) is None

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from soulcaster.templatetags import ui
from soulcaster.ui import statuses, words

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.41, "0.4 s"),
        (-1, "0.0 s"),
        (14.2, "14 s"),
        (59.7, "1 m 0 s"),
        (192, "3 m 12 s"),
        (timedelta(hours=2, minutes=5), "2 h 5 m"),
        (None, "\N{EN DASH}"),
    ],
)
def test_durations(value: timedelta | float | None, text: str) -> None:
    assert words.duration(value) == text


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(seconds=50), "1 min ago"),
        (timedelta(minutes=59, seconds=40), "1 h ago"),
        (timedelta(hours=23, minutes=50), "1 d ago"),
        (timedelta(days=5), "5 d ago"),
        (timedelta(days=60), "on 21 Sep 2026"),
        (timedelta(days=-2), "on 22 Nov 2026"),
    ],
)
def test_how_long_ago(before: timedelta, text: str) -> None:
    assert words.ago(NOW - before, NOW) == text


def test_a_time_carries_the_exact_one() -> None:
    text = ui.time_ago(NOW)
    assert 'datetime="2026-11-20T12:00:00+00:00"' in text
    assert "20 Nov 2026, 12:00:00 UTC" in text


@pytest.mark.parametrize(
    ("count", "text"), [(1, "1 person"), (0, "0 people"), (1204, "1,204 people")]
)
def test_plurals(count: int, text: str) -> None:
    assert words.plural(count, "person", "people") == text


@pytest.mark.parametrize(
    ("count", "text"), [(950, "950"), (12_400, "12.4 k"), (3_100_000, "3.1 M")]
)
def test_big_numbers(count: int, text: str) -> None:
    assert words.compact(count) == text


def test_a_job_that_proved_nothing_does_not_look_good() -> None:
    assert statuses.job_look("completed", "verified").tone == "good"
    assert statuses.job_look("completed", "unverified").tone == "warn"
    assert statuses.job_look("completed", "guard_blocked").tone == "warn"


def test_code_between_backticks_and_nothing_else() -> None:
    assert ui.ticks("call `f(x)` <b>") == "call <code>f(x)</code> &lt;b&gt;"


def test_names_break_where_people_would_break_them() -> None:
    assert ui.breakable("a/<b>::c") == "a/<wbr>&lt;b&gt;::<wbr>c"

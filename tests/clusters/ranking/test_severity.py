from __future__ import annotations

from typing import Any

import pytest

from clusters.ranking.base import Told
from clusters.ranking.severity import severity_of


def level(title: str, body: str = "", **fields: Any) -> str:
    judged = severity_of([Told(1, title, body, **fields)])
    assert judged
    return judged.verdict


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("All my notes are gone after the update", "critical"),
        ("Import overwrites my files", "critical"),
        ("I can see another customer's orders", "critical"),
        ("XSS in the comment field", "critical"),
        ("The log exposes passwords", "critical"),
        ("I was charged twice for one order", "high"),
        ("The discount is too big with two coupons", "high"),
        ("App crashes when I open a PDF", "high"),
        ("Cannot log in since this morning", "high"),
        ("Editor freezes for a minute", "high"),
        ("Sort order of the table is wrong", "medium"),
        ("Export fails for names with a comma", "medium"),
        ("Typo on the settings page", "low"),
        ("The icon is misaligned by a pixel", "low"),
        ("It would be nice to have a dark mode", "low"),
        ("Please add an option to warn about data loss", "low"),
    ],
)
def test_words_say_how_bad_it_is(title: str, expected: str) -> None:
    assert level(title) == expected


@pytest.mark.parametrize(
    "title",
    [
        "Sort order is wrong, but no data loss",
        "The page is slow; it does not crash",
        "The old crash is back to being fixed, only the label is wrong",
    ],
)
def test_what_is_denied_does_not_count(title: str) -> None:
    assert level(title) in {"low", "medium", "high"}
    assert level(title) != "critical"


def test_what_is_only_supposed_counts_one_level_less() -> None:
    assert level("This might lead to data loss") == "high"
    assert level("Import deleted all my files") == "critical"


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"level": "fatal"}, "critical"),
        ({"level": "error"}, "medium"),
        ({"level": "error", "handled": "no"}, "high"),
        ({"level": "info"}, "low"),
    ],
)
def test_an_error_trackers_level_is_believed(metadata: dict[str, str], expected: str) -> None:
    assert level("KeyError: total", metadata=metadata) == expected


def test_a_stack_trace_is_an_error() -> None:
    assert level("Till", has_trace=True) == "medium"


def test_one_loud_report_of_ten_does_not_decide() -> None:
    calm = [Told(n, "Sort order is wrong", "") for n in range(9)]
    judged = severity_of([*calm, Told(10, "ALL MY DATA IS LOST", "")])
    assert judged
    assert judged.verdict == "medium"
    assert judged.text == "Medium: 9 of 10 reports tell of an error."


def test_some_of_them_are_enough() -> None:
    calm = [Told(n, "Sort order is wrong", "") for n in range(6)]
    judged = severity_of([*calm, *(Told(n, "It crashes", "") for n in (7, 8))])
    assert judged
    assert (judged.verdict, judged.text) == ("high", "High: 2 of 8 reports tell of a crash.")


def test_no_reports_have_no_severity() -> None:
    assert severity_of([]) is None

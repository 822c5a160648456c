from __future__ import annotations

import pytest

from clusters.describing.base import TITLE_LIMIT, Report, shortened
from clusters.describing.extracts import describe, most_telling
from clusters.describing.prose import sentences_of, title_of
from tests.clusters.grouping.reports import ITEMS, LABELS

EXPORT = [Report(item.id, item.title, item.body) for item in ITEMS if LABELS[item.id] == "export"]


def test_a_cluster_is_described_in_its_reporters_words() -> None:
    found = describe(EXPORT)
    assert found.title in {report.title[:1].upper() + report.title[1:] for report in EXPORT}
    assert "PDF" in found.title
    assert 2 <= len(found.quotes) <= 3
    assert found.summary == " ".join(f"“{quote.text}”" for quote in found.quotes)


def test_every_quote_stands_word_for_word_in_the_report_it_names() -> None:
    bodies = {report.id: report.body for report in EXPORT}
    quotes = describe(EXPORT).quotes
    assert all(quote.text in bodies[quote.item] for quote in quotes)
    assert len({quote.item for quote in quotes}) == len(quotes)


def test_the_same_sentence_is_quoted_once() -> None:
    reports = [Report(n, "Export cut", "The export is cut at the last row.") for n in (1, 2, 3)]
    assert describe(reports).summary == "“The export is cut at the last row.”"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[BUG] Bug: export is cut off", "Export is cut off"),
        ("Re: AW: Fwd: Export is cut off.", "Export is cut off"),
        ("### Bug report: **Export is cut off**", "Export is cut off"),
        ("“Export is cut off”", "Export is cut off"),
        ("feature request: iPad layout", "iPad layout"),
        ("PDF export in ALL CAPS words", "PDF export in ALL CAPS words"),
        ("See [the export](https://x.test/a) of `total()`", "See the export of total()"),
    ],
)
def test_marks_are_taken_off_a_title(written: str, shown: str) -> None:
    assert title_of(written) == shown


def test_the_question_of_a_form_is_no_title() -> None:
    asked = [
        Report(n, "What annoys you?", f"The export of the month {word} cuts the last row.")
        for n, word in enumerate(("always", "view", "report"), 1)
    ]
    written = Report(9, "Export cuts the last row of the month", "See the picture.")
    assert describe([*asked, written]).title == written.title


def test_a_title_that_is_the_start_of_the_body_gives_way_to_a_whole_sentence() -> None:
    body = "Exports lose their last row on Mondays. " + "It began in spring and never stopped. " * 5
    assert describe([Report(1, body[:70], body)]).title == "Exports lose their last row on Mondays"


def test_a_written_title_is_better_than_a_sentence_and_than_an_exception() -> None:
    reports = [
        Report(1, "ValueError: row 7 of export", "The export fails with row 7."),
        Report(2, "Export fails at row 7", "I wanted to send the export and row 7 fails."),
    ]
    assert describe(reports).title == "Export fails at row 7"


def test_a_long_title_is_cut_between_words() -> None:
    title = "The export of the month always loses its very last row " * 3
    found = describe([Report(1, title, "It does.")]).title
    assert len(found) <= TITLE_LIMIT
    assert found.endswith("…")
    assert title.startswith(found[:-1] + " ")
    assert shortened("x" * 200, 10) == "x" * 9 + "…"


def test_code_traces_mails_and_forms_are_not_quoted() -> None:
    body = (
        "### Steps to reproduce\nHello everybody,\n```\nprint('the export of the month')\n```\n"
        'Traceback (most recent call last):\n  File "a.py", line 1, in x\nfoo();\n'
        "- [x] I have searched the issues\n1. It fails on every export now.\n"
        "On Monday, Bob <b@x.test> wrote:\n> The old export was better than this one.\n"
    )
    assert sentences_of(Report(1, "Export", body)) == ["It fails on every export now."]


def test_no_reports_have_no_description() -> None:
    assert (describe([]).title, describe([]).summary) == ("", "")


def test_a_report_without_any_word_keeps_its_title() -> None:
    assert describe([Report(1, "???", "")]).title == "???"


def test_the_most_telling_report_is_about_what_all_are_about() -> None:
    odd = Report(99, "Thanks", "You are great, see you at the conference.")
    assert most_telling([odd, *EXPORT])[-1] == odd

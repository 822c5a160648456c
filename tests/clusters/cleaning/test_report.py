"""What is left of a report for comparing, what people read, and what is said to be removed."""

from __future__ import annotations

import time

import pytest

from clusters.cleaning import Removal, clean, for_comparing
from clusters.cleaning.forms import shared_lines
from clusters.cleaning.hidden_html import take_out
from clusters.cleaning.language import language_of

FORM = """<!-- Please describe the bug. -->
### Describe the bug
{what}

### To Reproduce
Steps to reproduce the behavior:
1. Go to '...'

### Expected behavior
_No response_

- [x] I have searched the existing issues
"""


def test_two_reports_in_one_form_share_none_of_its_words() -> None:
    one = for_comparing("Crash", FORM.format(what="The editor crashes on paste."))
    other = for_comparing("Login", FORM.format(what="Sign-in loops for ever."))
    assert one == "Crash\nThe editor crashes on paste."
    assert other == "Login\nSign-in loops for ever."


def test_a_form_without_answers_stays_rather_than_nothing() -> None:
    assert for_comparing("", "### Steps to reproduce") == "### Steps to reproduce"


def test_labels_go_and_what_stands_behind_them_stays() -> None:
    body = "Steps to Reproduce:\n1. open the folder\nActual Results: it hangs\nReproducible: Always"
    assert " ".join(for_comparing("Hang", body).split()) == "Hang 1. open the folder it hangs"


def test_lines_that_most_items_of_a_project_have_are_left_out() -> None:
    texts = [f"Sent by the help desk of Acme\nproblem number {'x' * n}" for n in range(1, 10)]
    shared = shared_lines(texts)
    assert for_comparing("", texts[0], shared) == "problem number x"
    assert shared_lines(texts[:3]) == frozenset()


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (
            "It works again.\n\nOn Mon, 3 May Ann wrote:\n> It is broken.\n> Help!",
            "It works again.",
        ),
        ("Geht wieder.\n\nAm 3. Mai schrieb Ann:\n> kaputt", "Geht wieder."),
        ("No sound.\n-- \nAnn\nAcme Ltd", "No sound."),
        ("No sound.\n\nBest regards,\nAnn", "No sound."),
        ("No sound.\n\nSent from my iPhone", "No sound."),
        ("No sound.\n-----Original Message-----\nFrom: Bob", "No sound."),
        ("The page says\n> 404\nand stops.", "The page says\n> 404\nand stops."),
    ],
)
def test_quoted_mails_and_signatures_go(body: str, kept: str) -> None:
    assert for_comparing("", body) == kept


def test_two_runs_of_one_failure_compare_equal() -> None:
    trace = '{when} worker pid={pid}: at {address}\n  File "{home}app/run.py", line {line}, in go\nKeyError'
    one = trace.format(
        when="2024-05-01T10:00:00Z", pid=123, address="0x7f00aa", home="/home/ann/", line=7
    )
    other = trace.format(
        when="2025-11-30T23:59:01Z", pid=4567, address="0x55eedd01", home="/srv/x/", line=812
    )
    assert for_comparing("Crash", one) == for_comparing("Crash", other)
    assert "run.py" in for_comparing("Crash", one)


def test_what_nobody_sees_is_taken_out_and_counted() -> None:
    cleaned = clean("A\u200bB", "x\u202ey\u202c <!-- psst --> z <b hidden>quiet</b>")
    assert cleaned.people == "xy  z"
    assert Removal("zero-width characters", 1) in cleaned.removals
    assert Removal("direction marks", 2) in cleaned.removals
    assert Removal("HTML comments", 1, "<!-- psst -->") in cleaned.removals
    assert Removal("hidden HTML elements", 1, "<b hidden>quiet</b>") in cleaned.removals


@pytest.mark.parametrize(
    "text",
    [
        "`<!-- kept -->` is not shown",
        "```html\n<!-- kept -->\n<p hidden>kept</p>\n```",
        "a <!-- that never ends",
        "<p class='hidden-xs'>seen</p>",
        "<p style='opacity: 0.5'>seen</p>",
    ],
)
def test_html_that_is_shown_is_left_as_it_is(text: str) -> None:
    assert take_out(text) == (text, [])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The page is blank and I do not know why it is so.", "en"),
        ("Die Seite ist leer und ich weiß nicht, warum das so ist.", "de"),
        ("La page est vide et je ne sais pas pourquoi.", "fr"),
        ("La página no carga y el botón está en blanco.", "es"),
        ("Кнопка не работает после обновления", "ru"),
        ("保存ボタンを押しても反応しません", "ja"),
        ("按钮没有反应", "zh"),
        ("TypeError 42", ""),
        ("", ""),
    ],
)
def test_the_language_is_known_where_it_is_clear(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "unit", ["<!--", "<p hidden>", "\n> ", "`", "\nOn x wrote:", "a0", "1.1.", "# ", "- [ ] \n"]
)
def test_a_long_and_hostile_text_is_cleaned_in_no_time(unit: str) -> None:
    started = time.process_time()
    for_comparing("x", unit * (100_000 // len(unit)))
    assert time.process_time() - started < 2

from __future__ import annotations

from clusters.grouping.base import Item
from clusters.grouping.fingerprint import fingerprint
from clusters.grouping.summary import describe, most_telling, summary_of, title_of
from tests.clusters.grouping.reports import ITEMS, LABELS

EXPORT = [item for item in ITEMS if LABELS[item.id] == "export"]


def test_a_cluster_is_described_in_its_reporters_words() -> None:
    title, summary = describe(EXPORT)
    assert title in {item.title[:1].upper() + item.title[1:] for item in EXPORT}
    assert "PDF" in title
    quotes = [quote for quote in summary.split("“") if quote]
    assert 2 <= len(quotes) <= 3
    assert all(any(q.strip(" ”") in i.body for i in EXPORT) for q in quotes)


def test_the_same_sentence_is_quoted_once() -> None:
    items = [Item(n, "Export cut", "The export is cut at the last row.") for n in (1, 2, 3)]
    assert summary_of(items) == "“The export is cut at the last row.”"


def test_prefixes_are_taken_off_a_title() -> None:
    assert title_of([Item(1, "[BUG] Bug: export is cut off", "It is.")]) == "Export is cut off"


def test_the_question_of_a_form_is_no_title() -> None:
    asked = [
        Item(n, "What annoys you?", f"The export of the month {word} cuts the last row.")
        for n, word in enumerate(("always", "view", "report"), 1)
    ]
    written = Item(9, "Export cuts the last row of the month", "See the picture.")
    assert title_of([*asked, written]) == written.title


def test_code_and_traces_are_not_quoted() -> None:
    body = 'Traceback (most recent call last):\n  File "a.py", line 1, in x\nfoo();\nIt fails on every export now.'
    assert summary_of([Item(1, "Export", body)]) == "“It fails on every export now.”"


def test_no_items_have_no_description() -> None:
    assert describe([]) == ("", "")


def test_the_most_telling_report_is_about_what_all_are_about() -> None:
    odd = Item(99, "Thanks", "You are great, see you at the conference.")
    assert most_telling([odd, *EXPORT])[-1] == odd


PYTHON = """Traceback (most recent call last):
  File "/srv/{root}/shop/cart.py", line {line}, in total
    return self.sum()
  File "/srv/{root}/shop/cart.py", line 9, in sum
    raise ValueError("{value}")
ValueError: {value}
"""


def test_one_exception_at_one_place_is_one_fingerprint() -> None:
    one = fingerprint("Crash", PYTHON.format(root="a", line=3, value="1"))
    two = fingerprint("It broke", PYTHON.format(root="b", line=4, value="2"))
    assert one == two
    assert one.startswith("trace:")
    assert len(one) <= 64


def test_another_exception_is_another_fingerprint() -> None:
    trace = PYTHON.format(root="a", line=3, value="1")
    assert fingerprint("", trace) != fingerprint("", trace.replace("ValueError", "KeyError"))


def test_javascript_traces_are_understood() -> None:
    trace = (
        "TypeError: x is undefined\n    at total (app/cart.js:{}:3)\n    at pay (app/pay.js:9:1)"
    )
    assert fingerprint("", trace.format(1)) == fingerprint("Oops", trace.format(2))


def test_the_same_words_are_one_fingerprint_and_too_few_are_none() -> None:
    assert fingerprint("Export is cut", "Last row missing.") == fingerprint(
        "export is CUT!", "last row missing"
    )
    assert fingerprint("Help", "") == ""

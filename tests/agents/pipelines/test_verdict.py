from __future__ import annotations

import pytest

from agents.pipelines.base import ReceiptDraft, ReceiptStatus
from agents.pipelines.verdict import judge, new_failures
from tests.agents.pipelines.receipts import after, before, not_shown, shown

FAILED, ERROR = ReceiptStatus.FAILED, ReceiptStatus.ERROR
NO_TESTS, TIMED_OUT = ReceiptStatus.NO_TESTS, ReceiptStatus.TIMED_OUT

VERIFIED = [
    ("all pass and a new one shows the defect", before("a:passed"), after("a:passed new:passed")),
    (
        "a test that failed passes now",
        before("a:failed", FAILED),
        after("a:passed"),
    ),
    (
        "what fails failed before",
        before("a:passed b:failed", FAILED),
        after("a:passed b:failed new:passed", FAILED),
    ),
    ("the base had no tests", before("", NO_TESTS), after("new:passed")),
    (
        "a test has other parameters",
        before("t.py::a[1]:passed t.py::a[2]:passed"),
        after("t.py::a[3]:passed new:passed"),
    ),
    (
        "a test that was skipped is gone",
        before("a:passed b:skipped"),
        after("a:passed new:passed"),
    ),
]


@pytest.mark.parametrize(
    ("baseline", "head"), [row[1:] for row in VERIFIED], ids=[row[0] for row in VERIFIED]
)
def test_a_fix_is_verified(baseline: ReceiptDraft, head: ReceiptDraft) -> None:
    judgement = judge(baseline, head, shown())

    assert judgement.verified, judgement.sentence
    assert judgement.sentence.endswith("1 of them fails on the old code.")


@pytest.mark.parametrize(
    ("baseline", "head"), [row[1:] for row in VERIFIED], ids=[row[0] for row in VERIFIED]
)
@pytest.mark.parametrize("status", [ReceiptStatus.PASSED, NO_TESTS, ERROR, TIMED_OUT])
def test_nothing_is_verified_without_a_reproduction(
    baseline: ReceiptDraft, head: ReceiptDraft, status: ReceiptStatus
) -> None:
    assert judge(baseline, head, not_shown(status)).outcome == "unverified"


UNVERIFIED = [
    (before("a:passed"), after("a:failed new:passed", FAILED), "failures in 1 test that did not"),
    (before("a:passed"), after("a:error new:passed", FAILED), "did not fail before: a."),
    (before("a:passed"), after("a:passed new:failed", FAILED), "did not fail before: new."),
    (before("a:passed b:passed"), after("a:passed new:passed"), "no longer runs 1 test"),
    (before("a:passed b:passed"), after("a:passed b:skipped new:passed"), "passed before: b."),
    (before("a:passed"), after("", NO_TESTS), "no tests are found any more"),
    (before("a:passed"), after("", TIMED_OUT), "do not end in time"),
    (before("a:passed"), after("", ERROR, note="Exit code 3."), "cannot run: Exit code 3."),
    (before(""), after("", FAILED), "the test command ends with"),
]


@pytest.mark.parametrize(("baseline", "head", "why"), UNVERIFIED)
def test_a_fix_is_not_verified_and_the_sentence_says_why(
    baseline: ReceiptDraft, head: ReceiptDraft, why: str
) -> None:
    judgement = judge(baseline, head, shown())

    assert judgement.outcome == "unverified"
    assert why in judgement.sentence


def test_no_tests_before_and_after_is_an_outcome_of_its_own() -> None:
    assert judge(before("", NO_TESTS), after("", NO_TESTS), not_shown()).outcome == "no_tests"


def test_many_names_are_cut() -> None:
    head = after(" ".join(f"t{number}:failed" for number in range(8)), FAILED)

    sentence = judge(before(""), head, not_shown()).sentence

    assert sentence.endswith("8 tests that did not fail before: t0, t1, t2, t3, t4 and 3 more.")


def test_new_failures_leave_out_the_old_ones() -> None:
    assert new_failures(before("a:failed", FAILED), after("b:failed a:failed", FAILED)) == ["b"]

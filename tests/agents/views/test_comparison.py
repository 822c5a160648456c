from __future__ import annotations

import pytest

from agents.models import Receipt
from agents.views.comparison import ROWS_LIMIT, compare


def _receipt(kind: str, outcomes: dict[str, str], round: int = 1) -> Receipt:
    tests = [{"id": name, "outcome": outcome, "message": ""} for name, outcome in outcomes.items()]
    return Receipt(kind=kind, round=round, tests=tests, status="passed", seconds=1.0)


@pytest.mark.parametrize(
    ("base", "head", "again", "verdict", "tone"),
    [
        ("", "passed", "failed", "reproduces", "good"),
        ("failed", "passed", "error", "reproduces", "good"),
        ("failed", "passed", "", "fixed", "good"),
        ("passed", "failed", "", "broken by the change", "bad"),
        ("", "failed", "failed", "new and failing", "bad"),
        ("failed", "failed", "", "failed before", "warn"),
        ("passed", "", "", "gone", "bad"),
        ("passed", "skipped", "", "skipped now", "warn"),
        ("", "passed", "passed", "new", "idle"),
    ],
)
def test_what_happened_to_a_test(base: str, head: str, again: str, verdict: str, tone: str) -> None:
    receipts = [
        _receipt("baseline", {"other": "passed"} | ({"t": base} if base else {})),
        _receipt("head", {"other": "passed"} | ({"t": head} if head else {})),
        _receipt("reproduction", {"t": again} if again else {}),
    ]
    found = compare(receipts)
    assert [(row.id, row.verdict, row.tone) for row in found.changed] == [("t", verdict, tone)]
    assert [row.id for row in found.same] == ["other"]


def test_the_newest_round_counts() -> None:
    receipts = [
        _receipt("head", {"t": "passed"}, 2),
        _receipt("baseline", {"t": "failed"}),
        _receipt("head", {"t": "failed"}, 1),
    ]
    found = compare(receipts)
    assert found.changed[0].verdict == "fixed"
    assert not found.reproduces


def test_what_reproduces_stands_first() -> None:
    receipts = [
        _receipt("baseline", {"a": "failed"}),
        _receipt("head", {"a": "failed", "z": "passed"}),
        _receipt("reproduction", {"z": "failed"}),
    ]
    found = compare(receipts)
    assert [row.id for row in found.changed] == ["z", "a"]
    assert found.reproduces


def test_before_the_agent_only_failures_stand_out() -> None:
    found = compare([_receipt("baseline", {"good": "passed", "bad": "failed"})])
    assert [row.id for row in found.changed] == ["bad"]
    assert [row.id for row in found.same] == ["good"]
    assert found.head is None


def test_nothing_measured_is_an_empty_table() -> None:
    found = compare([])
    assert (found.changed, found.same) == ([], [])


def test_very_many_tests_are_counted_and_not_all_shown() -> None:
    many = {f"t{number}": "passed" for number in range(ROWS_LIMIT + 7)}
    found = compare([_receipt("baseline", many), _receipt("head", many)])
    assert len(found.same) == ROWS_LIMIT
    assert found.hidden == 7

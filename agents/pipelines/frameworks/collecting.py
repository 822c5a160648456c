"""Tests of a stranger's report, within limits, and one result for each id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from agents.pipelines.base import TestCase
from agents.pipelines.frameworks.base import ReportError

MAX_TESTS = 50_000
MAX_MESSAGES = 4 << 20  # characters of all messages together; they are stored and shown
_ID_LENGTH, _MESSAGE_LENGTH = 500, 2_000
# Worst last: one test may be written twice, for its call and for its teardown.
_BADNESS = ("passed", "skipped", "failed", "error")


def collected(tests: Iterable[TestCase]) -> list[TestCase]:
    """The tests in order, the worst result of each; raises ReportError when there are too many."""
    found: dict[str, TestCase] = {}
    room = MAX_MESSAGES
    for number, test in enumerate(tests):
        if number >= MAX_TESTS:
            raise ReportError(f"The test report has more than {MAX_TESTS} tests.")
        kept = _bounded(test)
        room -= len(kept.message)
        if room < 0:
            kept = replace(kept, message="")
        known = found.get(kept.id)
        found[kept.id] = kept if known is None else _worse(known, kept)
    return list(found.values())


def message(head: str, body: str) -> str:
    """The message and the end of what follows it: there stands what went wrong."""
    return "\n".join(_both(head, body.strip()))


def seconds(value: object) -> float:
    """A duration as it is written; 0 for what cannot be one."""
    try:
        number = float(value) if isinstance(value, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return number if 0 <= number < 1e9 else 0.0


def _both(head: str, body: str) -> Iterator[str]:
    if head:
        yield head[: _MESSAGE_LENGTH // 2]
    if body and body != head:
        yield body[-(_MESSAGE_LENGTH // 2 - 1) :]


def _bounded(test: TestCase) -> TestCase:
    return TestCase(
        id=test.id[:_ID_LENGTH],
        outcome=test.outcome,
        seconds=seconds(test.seconds),
        message=test.message[:_MESSAGE_LENGTH],
    )


def _worse(one: TestCase, other: TestCase) -> TestCase:
    return max(one, other, key=lambda test: _BADNESS.index(test.outcome))

"""What the receipts of one round say: is the fix proven?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.pipelines.base import ReceiptDraft, ReceiptStatus
from agents.pipelines.test_files import without_parameters

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Judgement:
    """`outcome`: verified | unverified | no_tests. `sentence` says why, in plain words."""

    outcome: str
    sentence: str

    @property
    def verified(self) -> bool:
        """The tests prove the fix."""
        return self.outcome == "verified"


def judge(baseline: ReceiptDraft, head: ReceiptDraft, reproduction: ReceiptDraft) -> Judgement:
    """Whether the fix is proven. All of this must hold:

    1. The head's tests ran to their end and were counted.
    2. No test fails on the head that did not fail on the base already.
    3. Every test that passed on the base still runs on the head. Nobody proves anything by
       removing or skipping a test; a new set of parameters of the same test is fine.
    4. The reproduction failed: a test that passes on the head fails on the base's code.

    A head without any test, after a base without any, is `no_tests`; all else is `unverified`.
    """
    broken = _broken(baseline, head)
    if broken is not None:
        return broken
    new = sorted(set(head.failing()) - set(baseline.failing()))
    if new:
        return _unverified(f"{_tests(len(new))} that did not fail before: {_names(new)}.", "fail")
    lost = _lost(baseline, head)
    if lost:
        return _unverified(f"{_tests(len(lost))} that passed before: {_names(lost)}.", "lost")
    if reproduction.status != ReceiptStatus.FAILED:
        return Judgement("unverified", _passed(head) + _why_not_shown(reproduction))
    return Judgement("verified", _passed(head) + _shown(reproduction))


def _broken(baseline: ReceiptDraft, head: ReceiptDraft) -> Judgement | None:
    match head.status:
        case ReceiptStatus.NO_TESTS if not baseline.tests:
            return Judgement("no_tests", "There are no tests, so nothing can prove the change.")
        case ReceiptStatus.NO_TESTS:
            return Judgement("unverified", "With the change no tests are found any more.")
        case ReceiptStatus.TIMED_OUT:
            return Judgement("unverified", "With the change the tests do not end in time.")
        case ReceiptStatus.ERROR:
            return Judgement("unverified", f"With the change the tests cannot run: {head.note}")
        case ReceiptStatus.FAILED if not head.tests:
            said = f"With the change the test command ends with {head.exit_code}."
            return Judgement("unverified", said)
        case _:
            return None


def new_failures(baseline: ReceiptDraft, head: ReceiptDraft) -> list[str]:
    """Ids of the tests that fail on the head and did not fail on the base, in order."""
    known = set(baseline.failing())
    return [test_id for test_id in head.failing() if test_id not in known]


def _lost(baseline: ReceiptDraft, head: ReceiptDraft) -> list[str]:
    ran = {without_parameters(test) for test in [*head.passing(), *head.failing()]}
    return [test for test in baseline.passing() if without_parameters(test) not in ran]


def _unverified(tests: str, how: str) -> Judgement:
    verb = "With the change there are failures in" if how == "fail" else "The change no longer runs"
    return Judgement("unverified", f"{verb} {tests}")


def _passed(head: ReceiptDraft) -> str:
    if not head.tests:
        return "The tests pass with the change. "
    still = len(head.failing())
    rest = f"; {_tests(still)} that failed before still {'fails' if still == 1 else 'fail'}"
    passing = len(head.passing())
    verb = "passes" if passing == 1 else "pass"
    return f"{_tests(passing)} {verb} with the change{rest if still else ''}. "


def _shown(reproduction: ReceiptDraft) -> str:
    return reproduction.note or "The tests fail on the old code."


def _why_not_shown(reproduction: ReceiptDraft) -> str:
    match reproduction.status:
        case ReceiptStatus.TIMED_OUT:
            return "On the old code they do not end in time, so nothing shows the defect."
        case _:
            return reproduction.note or "Nothing shows the defect on the old code."


def _tests(count: int) -> str:
    return f"{count} test" if count == 1 else f"{count} tests"


def _names(ids: Sequence[str]) -> str:
    rest = len(ids) - _SHOWN
    return ", ".join(ids[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")

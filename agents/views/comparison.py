"""Receipts side by side: each test before, after, and as a reproduction. Plain functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agents.models import Receipt

ROWS_LIMIT = 500
_BROKEN = {"failed", "error"}


@dataclass(frozen=True, slots=True)
class Row:
    """One test. Outcomes are '' where it did not run. `tone`: good | warn | bad | idle."""

    id: str
    base: str
    head: str
    reproduction: str
    verdict: str
    tone: str
    message: str = ""


@dataclass(slots=True)
class Comparison:
    """What changed, and how much did not."""

    base: Receipt | None = None
    head: Receipt | None = None
    reproduction: Receipt | None = None
    changed: list[Row] = field(default_factory=list)
    same: list[Row] = field(default_factory=list)
    hidden: int = 0  # rows beyond the limit

    @property
    def reproduces(self) -> bool:
        """A test fails on the base's code and passes on the head."""
        return any(row.verdict == "reproduces" for row in self.changed)


def compare(receipts: Iterable[Receipt]) -> Comparison:
    """The newest round of each kind; what reproduces stands first."""
    newest = {
        receipt.kind: receipt for receipt in sorted(receipts, key=lambda receipt: receipt.round)
    }
    found = Comparison(newest.get("baseline"), newest.get("head"), newest.get("reproduction"))
    base, head, again = (_outcomes(part) for part in (found.base, found.head, found.reproduction))
    messages = {**_messages(found.reproduction), **_messages(found.head)}
    for test in {**again, **head, **base}:
        row = _row(
            test, base.get(test, ""), head.get(test, ""), again.get(test, ""), found, messages
        )
        (found.changed if row.verdict else found.same).append(row)
    found.changed.sort(key=lambda row: (_ORDER.index(row.verdict), row.id))
    found.same.sort(key=lambda row: row.id)
    found.hidden = max(0, len(found.changed) - ROWS_LIMIT) + max(0, len(found.same) - ROWS_LIMIT)
    del found.changed[ROWS_LIMIT:], found.same[ROWS_LIMIT:]
    return found


_ORDER = (
    "reproduces",
    "fixed",
    "broken by the change",
    "gone",
    "new and failing",
    "failed before",
    "fails",
    "no longer skipped",
    "skipped now",
    "new",
)


def _row(
    test: str, base: str, head: str, again: str, found: Comparison, messages: Mapping[str, str]
) -> Row:
    verdict, tone = _verdict(base, head, again, measured=found.head is not None)
    return Row(test, base, head, again, verdict, tone, messages.get(test, ""))


def _verdict(base: str, head: str, again: str, *, measured: bool) -> tuple[str, str]:
    """What happened to one test, and whether that is good; '' when nothing did."""
    if not measured:
        return ("fails", "bad") if base in _BROKEN else ("", "idle")
    if head == "passed" and again in _BROKEN:
        return "reproduces", "good"
    if head in _BROKEN:
        return _failing(base)
    if base == head:
        return "", "idle"
    return {
        ("failed", "passed"): ("fixed", "good"),
        ("error", "passed"): ("fixed", "good"),
        ("skipped", "passed"): ("no longer skipped", "good"),
        ("", "passed"): ("new", "idle"),
        ("", "skipped"): ("new", "idle"),
    }.get((base, head), ("gone", "bad") if not head else ("skipped now", "warn"))


def _failing(base: str) -> tuple[str, str]:
    if base in _BROKEN:
        return "failed before", "warn"
    return ("broken by the change", "bad") if base else ("new and failing", "bad")


def _outcomes(receipt: Receipt | None) -> dict[str, str]:
    return {str(test["id"]): str(test["outcome"]) for test in receipt.tests} if receipt else {}


def _messages(receipt: Receipt | None) -> dict[str, str]:
    if receipt is None:
        return {}
    return {str(test["id"]): str(test["message"]) for test in receipt.tests if test.get("message")}

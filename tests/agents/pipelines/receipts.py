"""Receipts for tests, from a line that reads like one: `a:passed b:failed`."""

from __future__ import annotations

from agents.pipelines.base import ReceiptDraft, ReceiptKind, ReceiptStatus, TestCase


def receipt(
    kind: ReceiptKind,
    status: ReceiptStatus,
    tests: str = "",
    *,
    note: str = "",
    exit_code: int | None = 0,
) -> ReceiptDraft:
    rows = [entry.rpartition(":") for entry in tests.split()]
    cases = [TestCase(test_id, outcome) for test_id, _, outcome in rows]
    commit = "b" * 40 if kind != ReceiptKind.HEAD else "a" * 40
    command = "python3 -m pytest"
    return ReceiptDraft(kind, status, command, commit, exit_code, 1.25, cases, note=note)


def before(tests: str, status: ReceiptStatus = ReceiptStatus.PASSED) -> ReceiptDraft:
    return receipt(ReceiptKind.BASELINE, status, tests)


def after(tests: str, status: ReceiptStatus = ReceiptStatus.PASSED, note: str = "") -> ReceiptDraft:
    return receipt(ReceiptKind.HEAD, status, tests, note=note)


def shown(tests: str = "t.py::new:failed") -> ReceiptDraft:
    note = "1 of them fails on the old code."
    return receipt(ReceiptKind.REPRODUCTION, ReceiptStatus.FAILED, tests, note=note, exit_code=1)


def not_shown(
    status: ReceiptStatus = ReceiptStatus.NO_TESTS, note: str = "The change adds no test."
) -> ReceiptDraft:
    return receipt(ReceiptKind.REPRODUCTION, status, note=note, exit_code=None)

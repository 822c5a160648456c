from __future__ import annotations

from dataclasses import replace

from agents.pipelines.base import ReceiptDraft, ReceiptKind, ReceiptStatus
from agents.pipelines.reproduction import Selection, by_exit_code, judged, select
from agents.pipelines.test_files import is_python_test
from tests.agents.pipelines.receipts import after, before, receipt


def on_old_code(tests: str, status: ReceiptStatus = ReceiptStatus.FAILED) -> ReceiptDraft:
    return receipt(ReceiptKind.REPRODUCTION, status, tests)


def test_tests_of_changed_files_that_pass_now_are_telling() -> None:
    head = after("tests/test_a.py::x:passed tests/test_a.py::y:failed tests/test_b.py::z:passed")

    chosen = select(
        ["tests/test_a.py", "app.py"], before("tests/test_b.py::z:passed"), head, is_python_test
    )

    assert chosen == Selection(["tests/test_a.py"], frozenset({"tests/test_a.py::x"}))


def test_tests_that_failed_before_are_run_again_where_they_are() -> None:
    chosen = select(
        ["app.py"],
        before("tests/test_a.py::x:failed tests/test_a.py::y:passed", ReceiptStatus.FAILED),
        after("tests/test_a.py::x:passed tests/test_a.py::y:passed"),
        is_python_test,
    )

    assert chosen == Selection(["tests/test_a.py"], frozenset({"tests/test_a.py::x"}))


def test_changed_data_may_be_about_every_test() -> None:
    chosen = select(
        ["tests/data/bill.json"], before("a::x:passed"), after("a::x:passed"), is_python_test
    )

    assert chosen == Selection([], frozenset({"a::x"}))


def test_without_a_changed_test_nothing_tells_old_from_new() -> None:
    assert select(["app.py"], before("a::x:passed"), after("a::x:passed"), is_python_test) is None


def test_it_failed_only_if_a_telling_test_fails() -> None:
    ran = on_old_code("a::x:failed a::y:failed a::z:passed")

    assert judged(ran, frozenset({"a::x", "a::z"})).status == ReceiptStatus.FAILED
    assert judged(ran, frozenset({"a::x", "a::z"})).note == "1 of them fails on the old code."
    assert judged(ran, frozenset({"a::z"})).status == ReceiptStatus.PASSED


def test_tests_that_cannot_be_loaded_show_no_defect() -> None:
    shown = judged(on_old_code("a.py:error", ReceiptStatus.ERROR), frozenset({"a.py::x"}))

    assert shown.status == ReceiptStatus.ERROR
    assert "cannot be loaded on the old code" in shown.note


def test_a_run_that_did_not_end_stays_as_it_is() -> None:
    ran = on_old_code("", ReceiptStatus.TIMED_OUT)

    assert judged(ran, frozenset({"a::x"})) == ran


def test_an_exit_code_tells_as_much_as_it_can() -> None:
    ran = on_old_code("", ReceiptStatus.FAILED)

    assert "fails on the old code" in by_exit_code(ran).note
    assert "passes on the old code" in by_exit_code(replace(ran, status=ReceiptStatus.PASSED)).note

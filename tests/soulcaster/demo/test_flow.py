"""The path from reports to a pull request, against a product that answers from a script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from soulcaster.demo import flow
from soulcaster.demo.flow import Flow
from soulcaster.demo.inputs import Inputs, Report, Upload
from soulcaster.demo.product import Facts, ProductError

UPLOADS = (Upload("a.csv", b"a", "email"), Upload("b.csv", b"b", "sentry"))
INPUTS = Inputs("shop", Path("/shop"), UPLOADS)


def step(name: str, status: str = "completed", error: str = "") -> Facts:
    return {"name": name, "round": 1, "status": status, "error": error}


def job(status: str, *steps: Facts, outcome: str = "", pulls: tuple[Facts, ...] = ()) -> Facts:
    return {
        "status": status,
        "outcome": outcome,
        "outcome_sentence": "What it means." if outcome else "",
        "outcome_detail": "",
        "executions": [{"number": 1, "steps": list(steps), "receipts": []}],
        "pull_requests": list(pulls),
    }


class ScriptedProduct:
    """Groups one report more each time it is asked, and ranks it; then tells the job's states."""

    def __init__(self, *jobs: Facts) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._grouped = 0
        self._jobs = iter(jobs)

    def add_report(self, project: int, title: str, body: str) -> Facts:
        self.calls.append(("report", title, body))
        return {"created": [1]}

    def import_file(self, project: int, name: str, data: bytes, kind: str) -> Facts:
        self.calls.append(("import", name, kind))
        return {"created": 1, "duplicates": 2, "refused_count": 0, "refused": []}

    def clusters(self, project: int) -> list[Facts]:
        self._grouped += 1
        ranked = {"id": 7, "title": "Totals are wrong", "actionability": "actionable"}
        waits = {"id": 8, "title": "Not ranked", "actionability": "", "item_count": 99}
        return [ranked | {"item_count": self._grouped}, *([waits] if self._grouped == 1 else [])]

    def make_plan(self, cluster: int) -> Facts:
        self.calls.append(("plan", cluster))
        return {"version": 3, "content": {"summary": "Round once.", "files": [{"path": "tax.py"}]}}

    def approve_plan(self, cluster: int, version: int) -> Facts:
        self.calls.append(("approve", cluster, version))
        return {}

    def start_fix(self, cluster: int) -> Facts:
        self.calls.append(("start", cluster))
        return {"id": 11}

    def job(self, job: int) -> Facts:
        return next(self._jobs)


def walk(product: ScriptedProduct, inputs: Inputs = INPUTS) -> tuple[flow.Ending, list[str]]:
    said: list[str] = []
    return Flow(product, said.append, lambda seconds: None).run(5, inputs), said


def test_every_stage_is_asked_for_in_order() -> None:
    product = ScriptedProduct(job("completed", outcome="verified"))
    walk(product)
    assert product.calls == [
        ("import", "a.csv", "email"),
        ("import", "b.csv", "sentry"),
        ("plan", 7),
        ("approve", 7, 3),
        ("start", 7),
    ]


def test_a_report_in_words_is_given_as_it_is() -> None:
    product = ScriptedProduct(job("completed", outcome="verified"))
    walk(product, Inputs("shop", Path("/shop"), report=Report("Wrong", "Two apples.")))
    assert product.calls[0] == ("report", "Wrong", "Two apples.")


def test_each_step_is_told_once_when_it_ended() -> None:
    _, said = walk(
        ScriptedProduct(
            job("running", step("checkout"), step("baseline", "running")),
            job("running", step("checkout"), step("baseline")),
            job("completed", step("checkout"), step("baseline"), outcome="verified"),
        )
    )
    assert said[-2:] == ["  checkout done", "  baseline done"]


def test_a_failed_step_says_why() -> None:
    failed = job("failed", step("setup", "failed", "no network"), outcome="setup_failed")
    assert walk(ScriptedProduct(failed))[1][-1] == "  setup failed: no network"


def test_the_ending_names_the_pull_request() -> None:
    pull = {"id": 1, "branch": "soulcaster/7-11"}
    ending, _ = walk(ScriptedProduct(job("completed", outcome="verified", pulls=(pull,))))
    assert ending.pull_request == pull
    assert ending.sentence == "What it means."


@pytest.mark.parametrize(
    ("outcome", "exit_code"), [("verified", 0), ("unverified", 3), ("no_model", 6), ("new", 1)]
)
def test_only_a_proven_fix_is_a_success(outcome: str, exit_code: int) -> None:
    ending, _ = walk(ScriptedProduct(job("completed", outcome=outcome)))
    assert ending.exit_code == exit_code


def test_reports_that_are_never_grouped_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "GROUPING_SECONDS", -1.0)
    with pytest.raises(ProductError, match="Only 1 of 2 reports were grouped"):
        walk(ScriptedProduct())


def test_without_a_usable_report_nothing_starts() -> None:
    product = ScriptedProduct()
    with pytest.raises(ProductError, match="No report could be used"):
        walk(product, Inputs("shop", Path("/shop")))
    assert product.calls == []


def test_the_first_reasons_of_refused_rows_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"row": row, "reason": "There is no text."} for row in range(1, 6)]
    answer = {"created": 0, "duplicates": 0, "refused_count": 5, "refused": rows}
    product = ScriptedProduct()
    monkeypatch.setattr(product, "import_file", lambda *arguments: answer)
    said: list[str] = []
    with pytest.raises(ProductError, match="No report could be used"):
        Flow(product, said.append, lambda seconds: None).run(5, INPUTS)
    told = ["a.csv: 0 new, 5 refused", *(f"  row {row}: There is no text." for row in (1, 2, 3))]
    assert said[: len(told) + 1] == [*told, "b.csv: 0 new, 5 refused"]

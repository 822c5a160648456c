from __future__ import annotations

import pytest

from agents.pipelines.guard import LintIssue
from agents.pipelines.linting import parse
from tests.agents.pipelines.agents_of_tests import Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.projects import CHECK, NEW_CHECK, PRICE, RIGHT

UNSAFE = f"{RIGHT}\n\ndef run(command):\n    import subprocess\n\n    subprocess.call(command, shell=True)\n"


@pytest.mark.slow
def test_a_real_linter_is_heard_about_what_the_change_adds(quick: Bench) -> None:
    quick.runner = Editor({PRICE: UNSAFE, CHECK: NEW_CHECK})
    quick.change(guard={"lint": "warn"})

    assert quick.run().outcome == "verified"

    assert "shell=True" in quick.memory.log
    assert "B602" in quick.only_pull().body
    assert quick.left_over() == []


@pytest.mark.slow
def test_a_project_may_keep_such_a_change_back(quick: Bench) -> None:
    quick.runner = Editor({PRICE: UNSAFE, CHECK: NEW_CHECK})
    quick.change(guard={"lint": "block"})

    assert quick.run().outcome == "guard_blocked"


@pytest.mark.parametrize("report", [b"", b"[]", b"{}", b'{"results": 1}', b"\xff", b'{"results"'])
def test_a_report_that_is_none_is_said_to_be_none(report: bytes) -> None:
    with pytest.raises(ValueError):
        parse(report)


def test_strange_results_are_passed_over() -> None:
    report = b"""{"results": [1, {}, {"filename": 1}, {"filename": "./a.py", "line_number": 3,
        "issue_text": "Bad.", "test_id": "B1"}]}"""
    assert parse(report) == [LintIssue("a.py", 3, "Bad. (B1)")]

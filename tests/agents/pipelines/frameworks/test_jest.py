from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.pipelines.base import TestCase
from agents.pipelines.frameworks import collecting
from agents.pipelines.frameworks.base import ReportError
from agents.pipelines.frameworks.jest import Jest, Vitest

PLACE = "/box/work/checks/head"


def report(*tests: dict[str, Any], **file: object) -> bytes:
    return json.dumps(
        {
            "numTotalTests": len(tests),
            "testResults": [
                {"name": f"{PLACE}/src/a.test.ts", "status": "passed", "assertionResults": tests}
                | file
            ],
        }
    ).encode()


def case(**test: object) -> dict[str, Any]:
    return {"ancestorTitles": ["list", "empty"], "title": "is [short]", "status": "passed"} | test


def test_an_id_is_the_file_and_the_names_that_lead_to_it() -> None:
    (found,) = Jest().read(report(case(duration=1500)), PLACE)

    assert found == TestCase("src/a.test.ts::list > empty > is [short]", "passed", 1.5)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("passed", "passed"),
        ("failed", "failed"),
        ("pending", "skipped"),
        ("todo", "skipped"),
        ("disabled", "skipped"),
        ("anything", "skipped"),
    ],
)
def test_outcomes(status: str, outcome: str) -> None:
    assert Vitest().read(report(case(status=status)), PLACE)[0].outcome == outcome


def test_the_message_begins_with_what_went_wrong() -> None:
    failing = case(status="failed", failureMessages=["Error: 1 is not 2\n" + "at x\n" * 1000])

    (found,) = Jest().read(report(failing), PLACE)

    assert found.message.startswith("Error: 1 is not 2")
    assert len(found.message) <= 2_000


def test_a_file_that_cannot_be_loaded_has_no_names() -> None:
    (found,) = Jest().read(report(status="failed", message="Cannot find module"), PLACE)

    assert found == TestCase("src/a.test.ts", "error", message="Cannot find module")


def test_a_file_that_fails_by_its_tests_counts_only_those() -> None:
    found = Jest().read(report(case(status="failed"), status="failed"), PLACE)

    assert [test.id for test in found] == ["src/a.test.ts::list > empty > is [short]"]


def test_a_path_elsewhere_stays_as_it_is() -> None:
    (found,) = Jest().read(report(case(), name="/elsewhere/a.test.js"), PLACE)

    assert found.id.startswith("/elsewhere/a.test.js::")


def test_a_name_that_comes_twice_counts_once_as_its_worst() -> None:
    found = Jest().read(report(case(), case(status="failed"), case()), PLACE)

    assert [test.outcome for test in found] == ["failed"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"testResults": [{"name": 3}]}',
        b'{"testResults": [{"name": "a", "assertionResults": [{}]}]}',
        b'{"testResults": ' + b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_hostile_files_are_refused(data: bytes) -> None:
    with pytest.raises(ReportError, match="not the JSON"):
        Jest().read(data, PLACE)


def test_reports_with_too_many_tests_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MAX_TESTS", 1)

    with pytest.raises(ReportError, match="more than 1 tests"):
        Jest().read(report(case(), case(title="b")), PLACE)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_nothing_but_report_errors_comes_out(data: object) -> None:
    body = json.dumps({"testResults": data}).encode()
    try:
        found = Jest().read(body, PLACE)
    except ReportError:
        return
    assert found == []


def test_files_are_chosen_by_patterns_that_mean_nothing_else() -> None:
    assert Jest().selected(["jest"], ["src/[id].test.ts"]) == ["jest", r"src/\[id\]\.test\.ts$"]
    assert Vitest().selected(["vitest"], ["-a.test.ts"]) == ["vitest", "./-a.test.ts"]

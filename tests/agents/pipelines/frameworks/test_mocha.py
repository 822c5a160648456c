from __future__ import annotations

import json
from typing import Any

import pytest

from agents.pipelines.base import TestCase
from agents.pipelines.frameworks.base import ReportError
from agents.pipelines.frameworks.mocha import Mocha

PLACE = "/box/work/checks/head"


def case(title: str, **test: object) -> dict[str, Any]:
    file = f"{PLACE}/test/queue.spec.js"
    return {"title": title, "fullTitle": f"Queue next {title}", "file": file, "err": {}} | test


def report(**results: object) -> bytes:
    return json.dumps({"passes": [], "failures": [], "pending": []} | results).encode()


def test_every_kind_of_outcome_is_counted() -> None:
    found = Mocha().read(
        report(
            passes=[case("works", duration=20)],
            failures=[case("fails", err={"message": "no", "stack": "Error: no\n  at x"})],
            pending=[case("later")],
        ),
        PLACE,
    )

    start = "test/queue.spec.js::Queue next"
    assert found == [
        TestCase(f"{start} > works", "passed", 0.02),
        TestCase(f"{start} > fails", "failed", 0.0, "Error: no\n  at x"),
        TestCase(f"{start} > later", "skipped"),
    ]


def test_a_test_outside_of_suites_has_its_name_alone() -> None:
    (found,) = Mocha().read(report(passes=[case("a", fullTitle="a")]), PLACE)

    assert found.id == "test/queue.spec.js::a"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"passes": [3]}', b"\xff"])
def test_hostile_files_are_refused(data: bytes) -> None:
    with pytest.raises(ReportError, match="not the JSON"):
        Mocha().read(data, PLACE)

from __future__ import annotations

import json

from agents.pipelines.base import TestCase
from agents.pipelines.frameworks.go import Go

MODULE = "example.com/till"


def event(action: str, test: str = "", package: str = f"{MODULE}/price", **more: object) -> bytes:
    fields = {"Action": action, "Package": package} | ({"Test": test} if test else {}) | more
    return json.dumps(fields).encode() + b"\n"


def test_ids_are_packages_and_tests() -> None:
    found = Go().read(
        event("run", "TestA")
        + event("pass", "TestA", Elapsed=0.5)
        + event("output", "TestB/sub", Output="price_test.go:3: 1 is not 2\n")
        + event("fail", "TestB/sub")
        + event("skip", "TestC", package=MODULE)
        + event("fail"),
        "/box",
        MODULE,
    )

    assert found == [
        TestCase("price::TestA", "passed", 0.5),
        TestCase("price::TestB/sub", "failed", 0.0, "price_test.go:3: 1 is not 2"),
        TestCase(".::TestC", "skipped"),
    ]


def test_a_package_that_cannot_be_built_is_broken() -> None:
    found = Go().read(event("output", Output="undefined: Share\n") + event("fail"), "/box", MODULE)

    assert [(test.id, test.outcome) for test in found] == [("price", "error")]


def test_lines_of_other_programs_are_passed_over() -> None:
    data = b"go: downloading x\n{broken\n" + b'{"Action": 3}\n' + event("pass", "TestA")

    assert [test.id for test in Go().read(data, "/box", MODULE)] == ["price::TestA"]


def test_packages_are_chosen_by_their_folders() -> None:
    chosen = Go().selected(["go", "test", "./..."], ["price/price_test.go", "till_test.go"])

    assert chosen == ["go", "test", "./.", "./price"]

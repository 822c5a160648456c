"""Mocha, by its own JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.pipelines.base import TestCase
from agents.pipelines.frameworks.base import ReportError
from agents.pipelines.frameworks.collecting import collected, message, seconds
from agents.pipelines.frameworks.ids import relative, test_id
from agents.pipelines.frameworks.node_environment import ENVIRONMENT
from agents.pipelines.test_files import is_javascript_test
from agents.sandboxes.base import Sandbox


class _Failure(BaseModel):
    model_config = ConfigDict(extra="ignore")

    message: str = ""
    stack: str = ""


class _Test(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    title: str = ""
    full_title: str = Field("", alias="fullTitle")
    file: str | None = None
    duration: float | int | None = None
    failure: _Failure = Field(_Failure(), alias="err")


class _Report(BaseModel):
    model_config = ConfigDict(extra="ignore")

    passes: list[_Test]
    failures: list[_Test]
    pending: list[_Test]


class Mocha:
    """Mocha."""

    suffix = ".json"
    media_type = "application/json"
    reports = True
    no_tests: Sequence[str] = ("No test files found",)

    def argv(self, command: Sequence[str], report: str, place: str, sandbox: Sandbox) -> list[str]:
        """See Framework."""
        return [*command, "--reporter", "json", "--reporter-option", f"output={report}"]

    def selected(self, argv: Sequence[str], files: Sequence[str]) -> list[str]:
        """See Framework."""
        return [*argv, *(f"./{file}" for file in files)]

    def takes(self, path: str) -> bool:
        """Scripts that are named as tests."""
        return is_javascript_test(path)

    def environment(self, sandbox: Sandbox) -> Mapping[str, str]:
        """Node's."""
        return ENVIRONMENT

    def read(self, data: bytes, place: str, module: str = "") -> list[TestCase]:
        """See Framework."""
        try:
            report = _Report.model_validate_json(data)
        except ValidationError:
            raise ReportError("The test report is not the JSON that Mocha writes.") from None
        return collected(_tests(report, place))


def _tests(report: _Report, place: str) -> Iterator[TestCase]:
    results = (
        ("passed", report.passes),
        ("failed", report.failures),
        ("skipped", report.pending),
    )
    for outcome, tests in results:
        for test in tests:
            yield TestCase(
                id=test_id(relative(test.file or "", place), [_suite(test), test.title]),
                outcome=outcome,
                seconds=seconds((test.duration or 0) / 1000),
                message=message(test.failure.stack or test.failure.message, ""),
            )


def _suite(test: _Test) -> str:
    """The names of the suites, which Mocha joins with blanks."""
    return test.full_title.removesuffix(test.title)

"""Jest and Vitest, which write the same JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.pipelines.base import TestCase
from agents.pipelines.frameworks.base import ReportError
from agents.pipelines.frameworks.collecting import collected, message, seconds
from agents.pipelines.frameworks.ids import relative, test_id
from agents.pipelines.frameworks.node_environment import ENVIRONMENT
from agents.pipelines.test_files import is_javascript_test
from agents.sandboxes.base import Sandbox

_OUTCOMES = {"passed": "passed", "failed": "failed"}  # every other word: it did not run
_OF_PATTERNS = re.compile(r"[.*+?^${}()|\[\]\\]")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class _Test(_Strict):
    ancestors: list[str] = Field([], alias="ancestorTitles", max_length=100)
    title: str = ""
    status: str
    duration: float | int | None = None
    messages: list[str] = Field([], alias="failureMessages", max_length=1000)


class _File(_Strict):
    name: str
    status: str = ""
    message: str = ""
    tests: list[_Test] = Field([], alias="assertionResults")


class _Report(_Strict):
    files: list[_File] = Field(alias="testResults")


class _Json:
    """What both have in common."""

    suffix = ".json"
    media_type = "application/json"
    reports = True

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
            raise ReportError(
                "The test report is not the JSON that the framework writes."
            ) from None
        return collected(_tests(report, place))


class Jest(_Json):
    """Jest."""

    no_tests: Sequence[str] = ("No tests found",)

    def argv(self, command: Sequence[str], report: str, place: str, sandbox: Sandbox) -> list[str]:
        """See Framework. A cache of its own: an agent could write into the usual one."""
        cache = f"{report}.cache"
        options = ["--ci", "--json", f"--outputFile={report}", f"--cacheDirectory={cache}"]
        return [*command, *options, "--watchman=false"]

    def selected(self, argv: Sequence[str], files: Sequence[str]) -> list[str]:
        """See Framework. Jest takes patterns."""
        return [*argv, *(f"{_OF_PATTERNS.sub(_escaped, file)}$" for file in files)]


class Vitest(_Json):
    """Vitest."""

    no_tests: Sequence[str] = ("No test files found", "No test suite found")

    def argv(self, command: Sequence[str], report: str, place: str, sandbox: Sandbox) -> list[str]:
        """See Framework."""
        return [*command, "--reporter=default", "--reporter=json", f"--outputFile={report}"]

    def selected(self, argv: Sequence[str], files: Sequence[str]) -> list[str]:
        """See Framework. Vitest takes parts of paths."""
        return [*argv, *(f"./{file}" if file.startswith("-") else file for file in files)]


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def _tests(report: _Report, place: str) -> Iterator[TestCase]:
    for file in report.files:
        path = relative(file.name, place)
        for test in file.tests:
            yield _case(path, test)
        if file.status == "failed" and not any(test.status == "failed" for test in file.tests):
            yield TestCase(path, "error", message=message(file.message, ""))


def _case(path: str, test: _Test) -> TestCase:
    return TestCase(
        id=test_id(path, [*test.ancestors, test.title]),
        outcome=_OUTCOMES.get(test.status, "skipped"),
        seconds=seconds((test.duration or 0) / 1000),
        message=message("\n".join(test.messages), ""),
    )

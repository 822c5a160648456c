"""Node's own test runner, by a reporter that the platform brings.

Its JUnit XML names no files in the versions that are in use.
"""

from __future__ import annotations

import functools
import gzip
import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.pipelines.base import TestCase
from agents.pipelines.frameworks.base import ReportError
from agents.pipelines.frameworks.collecting import MAX_TESTS, collected, message, seconds
from agents.pipelines.frameworks.ids import relative, test_id
from agents.pipelines.frameworks.node_environment import ENVIRONMENT
from agents.pipelines.test_files import is_javascript_test
from agents.sandboxes.base import Sandbox

_REPORTER = Path(__file__).with_name("node_reporter.mjs")


class _Test(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    file: str
    names: list[str] = Field(max_length=100)
    outcome: str = Field(pattern="^(passed|failed|skipped)$")
    duration: float | int = Field(0, alias="ms")
    message: str = ""


class Node:
    """`node --test`, with or without a loader for TypeScript."""

    suffix = ".jsonl"
    media_type = "application/jsonl"
    reports = True
    no_tests: Sequence[str] = ()

    def argv(self, command: Sequence[str], report: str, place: str, sandbox: Sandbox) -> list[str]:
        """See Framework. What stands behind the first file is no option of Node's any more."""
        at = list(command).index("--test") + 1
        options = [
            "--test-reporter=spec",
            "--test-reporter-destination=stdout",
            f"--test-reporter={_reporter(sandbox)}",
            f"--test-reporter-destination={report}",
        ]
        return [*command[:at], *options, *command[at:]]

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
        return collected(_tests(data, place))


def _reporter(sandbox: Sandbox) -> str:
    """Where the reporter lies in the sandbox, as we made it, whatever ran there."""
    return f"{sandbox.provide(_archive())}/{_REPORTER.name}"


@functools.cache
def _archive() -> bytes:
    """The same bytes each time, because sandboxes know it by them."""
    data = _REPORTER.read_bytes()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(_REPORTER.name)
        entry.size, entry.mode = len(data), 0o644
        archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)


def _tests(data: bytes, place: str) -> Iterator[TestCase]:
    lines = data.splitlines()
    if len(lines) > MAX_TESTS:
        raise ReportError(f"The test report has more than {MAX_TESTS} tests.")
    for line in filter(None, lines):
        try:
            test = _Test.model_validate_json(line)
        except ValidationError:
            raise ReportError("The test report is not what its reporter writes.") from None
        yield _case(test, place)


def _case(test: _Test, place: str) -> TestCase:
    path = relative(test.file, place)
    # A file without tests, or one that broke, counts as a test that has the file's name.
    names = [] if [relative(name, place) for name in test.names] == [path] else test.names
    outcome = "error" if test.outcome == "failed" and not names else test.outcome
    return TestCase(
        test_id(path, names), outcome, seconds(test.duration / 1000), message(test.message, "")
    )

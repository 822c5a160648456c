"""pytest, which runs the tests of unittest, too; by JUnit XML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.pipelines import junit
from agents.pipelines.base import TestCase
from agents.pipelines.test_files import is_python_test
from agents.sandboxes.base import Sandbox

_REPORTING = (
    "-p",
    "no:cacheprovider",
    "-o",
    "junit_family=xunit1",
    "--color=yes",
    # One module that cannot be imported must not hide what the others show.
    "--continue-on-collection-errors",
)


class Pytest:
    """pytest."""

    suffix = ".xml"
    media_type = "application/xml"
    reports = True
    no_tests: Sequence[str] = ()  # its exit code says so

    def argv(self, command: Sequence[str], report: str, place: str, sandbox: Sandbox) -> list[str]:
        """See Framework."""
        return [*command, *_REPORTING, f"--junitxml={report}", f"--rootdir={place}"]

    def selected(self, argv: Sequence[str], files: Sequence[str]) -> list[str]:
        """See Framework. A file may be called "-x.py"; below "./" no name is an option."""
        return [*argv, *(f"./{file}" for file in files)]

    def takes(self, path: str) -> bool:
        """Python modules that are named as tests."""
        return is_python_test(path)

    def environment(self, sandbox: Sandbox) -> Mapping[str, str]:
        """Nothing besides what Python itself is told."""
        return {}

    def read(self, data: bytes, place: str, module: str = "") -> list[TestCase]:
        """See Framework."""
        return junit.parse(data)

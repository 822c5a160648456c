"""The seam between running tests and the frameworks that count them.

A framework is one file with a class, and a line in `agents.pipelines.frameworks.table`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from agents.pipelines.base import TestCase
from agents.sandboxes.base import Sandbox

MAX_BYTES = 32 << 20


class ReportError(Exception):
    """The report cannot be read; the text says why, in a sentence."""


class Framework(Protocol):
    """How single tests are told.

    `suffix` is of the report's name and `media_type` of its content. Without `reports`, the
    command's output is the report. `no_tests` are words of its output when it found none.
    """

    suffix: str
    media_type: str
    reports: bool
    no_tests: Sequence[str]

    def argv(self, command: Sequence[str], report: str, place: str, sandbox: Sandbox) -> list[str]:
        """The command with the options that write the report; it runs in the folder `place`."""
        ...

    def selected(self, argv: Sequence[str], files: Sequence[str]) -> list[str]:
        """The command for these files alone, as far as it can; relative to where it runs."""
        ...

    def takes(self, path: str) -> bool:
        """Whether a file may hold tests of this framework."""
        ...

    def environment(self, sandbox: Sandbox) -> Mapping[str, str]:
        """What its process needs to know."""
        ...

    def read(self, data: bytes, place: str, module: str = "") -> list[TestCase]:
        """The tests of a report, with ids whose paths are relative to `place`.

        `module` is the name that the project's packages begin with. Raises ReportError.
        """
        ...

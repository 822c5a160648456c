"""A full disk is recognised below whatever error tells of it."""

from __future__ import annotations

import errno

from agents.pipelines.disk import full
from agents.sandboxes.base import SandboxError


def test_the_reason_below_an_error_counts() -> None:
    error = SandboxError("A file could not be written.")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert full(error) == "There is no space left where the sandboxes are."


def test_an_error_that_is_its_own_cause_is_looked_at_once() -> None:
    error = SandboxError("The sandbox is gone.")
    again = SandboxError("It was told again.")
    error.__cause__, again.__cause__ = again, error
    assert full(error) == ""

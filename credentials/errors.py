"""Errors that people see: a code for programs, a sentence for readers, an HTTP status.

AppError
  Invalid    400  the input cannot be used
  Forbidden  403  your role does not allow it
  NotFound   404  not there, or not yours
  Conflict   409  it does not fit the present state
"""

from __future__ import annotations

from typing import Any


class AppError(Exception):
    """A refusal with a sentence that says what to do."""

    status = 400

    def __init__(self, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.extra = extra


class Invalid(AppError):
    """The input cannot be used."""

    @property
    def fields(self) -> dict[str, list[str]]:
        """What is wrong, by field; may be empty."""
        fields: dict[str, list[str]] = self.extra.get("fields", {})
        return fields


class Forbidden(AppError):
    """The person's role does not allow it."""

    status = 403


class NotFound(AppError):
    """Not there, or not this person's."""

    status = 404


class Conflict(AppError):
    """It does not fit the present state."""

    status = 409

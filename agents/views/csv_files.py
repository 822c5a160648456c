"""Files for spreadsheets, written as they are sent."""

from __future__ import annotations

from typing import Any

# What a spreadsheet would take for a formula: titles and names are strangers'.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")  # noqa: RUF001 - wide ones


class Echo:
    """A file for the CSV writer that hands back what is written."""

    def write(self, text: str) -> str:
        """The same text."""
        return text


def harmless(value: Any) -> Any:
    """The value, and a text so that no spreadsheet takes it for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

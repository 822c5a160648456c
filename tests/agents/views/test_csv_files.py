"""What a spreadsheet would calculate is text in our files."""

from __future__ import annotations

import pytest

from agents.views.csv_files import harmless


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"])  # noqa: RUF001 - wide ones
def test_no_text_is_a_formula(start: str) -> None:
    assert harmless(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"


def test_numbers_stay_numbers() -> None:
    assert harmless(-3) == -3

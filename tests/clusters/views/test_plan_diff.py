"""Two versions of a plan: nothing is lost, and only what changed is marked."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.views import plan_diff
from clusters.views.plan_diff import Piece, Row, compare

WORDS = st.lists(st.sampled_from(["the", "sum", "basket", "of", "10 %", "cents."]), max_size=6)
LINES = st.lists(WORDS.map(" ".join), max_size=5)


def text_of(pieces: Sequence[Piece] | None) -> str | None:
    return None if pieces is None else "".join(piece.text for piece in pieces)


@given(LINES, LINES)
def test_both_versions_can_be_read_from_it(old: list[str], new: list[str]) -> None:
    found = compare({"steps": old}, {"steps": new})
    if old == new:
        assert found == []
        return
    (steps,) = found
    assert [text_of(row.old) for row in steps.rows if row.old is not None] == old
    assert [text_of(row.new) for row in steps.rows if row.new is not None] == new
    for row in steps.rows:
        if row.same:
            assert text_of(row.old) == text_of(row.new)


def test_words_that_changed_are_marked_and_others_are_not() -> None:
    ((section),) = compare({"steps": ["Add the sum up."]}, {"steps": ["Add the tax up."]})
    assert section.rows == [
        Row(
            [Piece("Add the "), Piece("sum", True), Piece(" up.")],
            [Piece("Add the "), Piece("tax", True), Piece(" up.")],
        )
    ]


def test_entries_of_lists_are_lines() -> None:
    before = {"files": [{"path": "a.py", "reason": "Old."}], "criteria": []}
    after = {"files": [{"path": "a.py", "reason": "New."}], "criteria": []}
    (found,) = compare(before, after)
    assert found.section.name == "files"
    assert text_of(found.rows[0].new) == "a.py · New."


def test_a_very_long_line_is_compared_as_a_whole() -> None:
    (found,) = compare({"steps": ["a " * 2_000]}, {"steps": ["b " * 2_000]})
    assert found.rows[0].old == [Piece("a " * 2_000, True)]


def test_of_very_many_lines_each_is_compared_with_the_one_at_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever writes ten thousand equal lines stops no web process for hours."""

    def lengths(_junk: object, one: Sequence[str], other: Sequence[str], **_: bool) -> Any:
        assert max(len(one), len(other)) <= 500
        return SequenceMatcher(None, one, other, autojunk=False)

    monkeypatch.setattr(plan_diff, "SequenceMatcher", lengths)
    ((section),) = compare({"summary": "a\n" * 9_999 + "u"}, {"summary": "a\n" * 9_999 + "v"})
    assert [row.same for row in section.rows] == [True] * 9_999 + [False]

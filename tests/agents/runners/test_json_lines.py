"""Fields of strangers' JSON: taken if they are what they should be, else as nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.runners.base import AgentError, AgentEvent, Message
from agents.runners.json_lines import (
    MAX_LINE,
    MAX_SUMMARY,
    MAX_TOKENS,
    JsonLines,
    Record,
    count,
    first_line,
    inner,
    text,
)


class Echo(JsonLines):
    """Says what it was given."""

    def understand(self, record: Record) -> Iterator[AgentEvent]:
        yield Message(text(record, "say"))


@pytest.fixture
def echo() -> Echo:
    echo = Echo()
    echo.repository = "/w/repo"
    return echo


def test_an_object_is_understood_and_anything_else_is_a_word_of_the_program(echo: Echo) -> None:
    assert list(echo.parse('{"say": "x"}\n')) == [Message("x")]
    assert list(echo.parse("Warning: old")) == [AgentError("Warning: old")]
    assert list(echo.parse("[1]")) == list(echo.parse("  \n")) == []


def test_colours_are_left_out(echo: Echo) -> None:
    assert list(echo.parse("\x1b[1m\x1b[91mError: \x1b[0mno")) == [AgentError("Error: no")]
    assert list(echo.parse("\x1b[0m")) == []


def test_a_line_without_measure_is_left_out(echo: Echo) -> None:
    assert list(echo.parse("x" * (MAX_LINE + 1))) == []
    assert len(next(e.text for e in echo.parse("x" * 10**6) if isinstance(e, AgentError))) < 30_000


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/w/repo/a.py", "a.py"),
        ("/w/repo/b/../a.py", "a.py"),
        ("a.py", "a.py"),
        ("./b/a.py", "b/a.py"),
        ("/w/repo", ""),
        ("/w/repository/a.py", ""),
        ("/w/repo/../a.py", ""),
        ("../../etc/passwd", ""),
        ("", ""),
    ],
)
def test_paths_are_relative_to_the_repository_or_not_its(
    echo: Echo, path: str, inside: str
) -> None:
    assert echo.inside(path) == inside


def test_a_use_of_a_tool_has_one_line(echo: Echo) -> None:
    assert echo.summary({"command": "a\n  b", "description": "c"}) == "a b"
    assert echo.summary({"filePath": "/w/repo/a.py"}) == "a.py"
    assert echo.summary({"filePath": "/etc/hosts"}) == "/etc/hosts"
    assert echo.summary([1]) == echo.summary(None) == echo.summary({"command": 1}) == ""
    assert len(echo.summary({"command": "x " * 10**6})) <= MAX_SUMMARY


def test_fields_of_another_kind_are_nothing() -> None:
    record = {"a": 1, "b": "x", "c": {"d": {"e": 1}}, "n": -1, "big": MAX_TOKENS, "f": 1.5}
    assert (text(record, "a"), text(record, "b"), text([], "b"), text(None, "b")) == (
        "",
        "x",
        "",
        "",
    )
    assert [count(record, name) for name in ("a", "b", "n", "big", "f", "z")] == [1, 0, 0, 0, 0, 0]
    assert inner(record, "c", "d") == {"e": 1}
    assert inner(record, "a", "d") == inner(record, "z") == inner("x", "y") == {}


def test_the_first_line_that_says_something() -> None:
    assert first_line("\n\n one \ntwo") == "one"
    assert first_line("  ") == ""

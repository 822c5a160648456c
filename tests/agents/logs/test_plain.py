"""The end of a log as a page shows it without scripts."""

from __future__ import annotations

from agents.logs.plain import last_lines


def test_the_last_lines_come_in_order() -> None:
    assert last_lines(["one\ntw", "o\nthree\n"], 2) == ["two", "three"]


def test_escapes_and_controls_are_left_out() -> None:
    hostile = "\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]52;c;aGk=\x1b\\ \x07\u202e\x9b!\n"

    assert last_lines([hostile]) == ["red link !"]


def test_progress_is_folded_to_its_last_state() -> None:
    assert last_lines(["10%\r20%\r30%\r\nnext\r\n"]) == ["30%", "next"]


def test_a_huge_log_stays_small() -> None:
    assert sum(map(len, last_lines(["x" * 900 + "\n"] * 1000))) < 50_000
    assert len(last_lines(["x" * 1_000_000])[0]) == 1000


def test_nothing_is_no_line() -> None:
    assert last_lines([]) == []

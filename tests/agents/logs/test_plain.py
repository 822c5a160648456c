"""A log without scripts: its end in a page, all of it as a file."""

from __future__ import annotations

from agents.logs.plain import last_lines, without_codes


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


CODES = "a\x1b[1;31mred\x1b[0m\r\n\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n10%\r20%\n\x1b]52;c;aGk=\x07b\n"


def test_every_cut_gives_the_same_text_without_codes() -> None:
    for cut in range(len(CODES)):
        assert "".join(without_codes([CODES[:cut], CODES[cut:]])) == "ared\r\nlink\n10%\r20%\nb\n"


def test_an_escape_that_never_ends_hides_nothing() -> None:
    text = "".join(without_codes(["\x1b]8;;", "x" * 5000, "\nthe end\n"]))

    assert text.endswith("x\nthe end\n")
    assert last_lines(["\x1b]8;;a\nb\n"]) == ["8;;a", "b"]  # titles and links have no line ends

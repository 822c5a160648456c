"""Bytes of any origin become text that every database takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.logs.decoder import Decoder


def test_a_character_split_over_two_pieces_comes_out_whole() -> None:
    decoder = Decoder()

    assert [decoder.decode(b"caf\xc3"), decoder.decode(b"\xa9")] == ["caf", "é"]


def test_what_is_not_utf_8_is_replaced_and_nul_left_out() -> None:
    assert Decoder().decode(b"a\xff\0b") == "a\ufffdb"


def test_an_unfinished_character_is_replaced_at_the_end() -> None:
    decoder = Decoder()
    decoder.decode(b"\xc3")

    assert decoder.flush() == "\ufffd"


def test_lone_surrogates_of_text_are_replaced() -> None:
    assert Decoder().decode("a\ud800b\0") == "a\ufffdb"


@given(st.binary(), st.integers(0, 20))
def test_cuts_do_not_change_the_text(data: bytes, cut: int) -> None:
    parts = Decoder()
    whole = Decoder()

    in_parts = parts.decode(data[:cut]) + parts.decode(data[cut:]) + parts.flush()

    assert in_parts == whole.decode(data) + whole.flush()
    in_parts.encode()

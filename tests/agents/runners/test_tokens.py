"""Tokens that are said piece by piece and once more in all are counted once."""

from __future__ import annotations

from agents.runners.base import Usage
from agents.runners.tokens import Tokens, Told


def test_an_answer_counts_once_however_often_it_is_repeated() -> None:
    told = Told()
    assert list(told.more("1", "m", Tokens(10, 2, 3, 1))) == [Usage(10, 2, 3, None, 1, "m")]
    assert list(told.more("1", "m", Tokens(10, 2))) == []
    assert list(told.more("", "m", Tokens(10, 2))) == []


def test_a_total_adds_only_what_is_missing() -> None:
    told = Told()
    list(told.more("1", "m", Tokens(10)))
    assert list(told.up_to("m", Tokens(15, 7))) == [Usage(5, 7, model="m")]
    assert list(told.up_to("m", Tokens(15, 7))) == []
    assert list(told.up_to("n", Tokens(1, 1))) == [Usage(1, 1, model="n")]


def test_a_total_of_all_models_is_one_of_all_models() -> None:
    told = Told()
    list(told.more("1", "m", Tokens(10)))
    list(told.more("2", "n", Tokens(5)))
    assert list(told.up_to("", Tokens(20, 4))) == [Usage(5, 4)]


def test_a_total_that_is_too_small_takes_nothing_back() -> None:
    told = Told()
    list(told.more("1", "m", Tokens(10, 5)))
    assert list(told.up_to("m", Tokens(3, 6))) == [Usage(0, 1, model="m")]

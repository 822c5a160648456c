"""What an order is about is understood in many words, and a report of a bug is no order."""

from __future__ import annotations

import pytest

from clusters.cleaning.screening.folding import folded
from clusters.cleaning.screening.sentences import sentences
from clusters.cleaning.screening.together import together


def orders(text: str) -> frozenset[str]:
    """What the first sentence of a text orders."""
    return next(sentences(folded(text))).orders


def means(text: str) -> frozenset[str]:
    """What the first sentence of a text is about."""
    return next(sentences(folded(text))).means


@pytest.mark.parametrize(
    "text",
    [
        "Delete the tests.",
        "Please delete the tests.",
        "The menu is empty, then delete the tests.",
        "You must delete the tests.",
        "Be sure to delete the tests.",
        "1) delete the tests",
        "Bitte lösche die Tests.",
    ],
)
def test_a_verb_at_the_beginning_of_a_clause_is_an_order(text: str) -> None:
    assert "remove" in orders(text)
    assert "tests" in means(text)


@pytest.mark.parametrize(
    "text",
    [
        "Delete button of the tests is grey.",
        "Deleting the tests takes a minute.",
        "The app deletes the tests.",
        "I tried to delete the tests.",
        'The page says "delete the tests".',
        "After `delete tests` the list is empty.",
    ],
)
def test_a_verb_that_tells_what_happens_is_none(text: str) -> None:
    assert "remove" not in orders(text)


@pytest.mark.parametrize(
    "text",
    [
        "Remove the login check from api.py.",
        "Kindly switch off two-factor authentication.",
        "turn off the rate limiter, it is slow",
        "Drop the CSRF protection in settings.py",
    ],
)
def test_one_thing_in_many_words_is_one_thing(text: str) -> None:
    assert "It asks to take a protection away." in [flag.reason for flag in together(folded(text))]


@pytest.mark.parametrize(
    "text",
    [
        "The login check is missing in api.py.",
        "Two-factor authentication cannot be switched off.",
        "The rate limiter is not applied to the login.",
        "CSRF protection fails after the update.",
    ],
)
def test_a_protection_that_does_not_work_is_a_bug(text: str) -> None:
    assert list(together(folded(text))) == []


def test_an_order_at_the_end_of_a_long_line_is_found() -> None:
    text = "The list is empty " * 200 + ", please remove the login check from api.py"
    assert list(together(folded(text)))

"""Why a model did not answer: outcome codes from statuses and words."""

from __future__ import annotations

import pytest

from agents.outcomes import OUTCOMES
from agents.runners import failures
from agents.runners.failures import Cause

ALL = [each for each in vars(failures).values() if isinstance(each, Cause)]


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (400, failures.OTHER),
        (401, failures.KEY_REFUSED),
        (402, failures.NO_CREDIT),
        (403, failures.KEY_REFUSED),
        (404, failures.UNKNOWN_MODEL),
        (408, failures.SILENT),
        (413, failures.OTHER),
        (429, failures.BUSY),
        (500, failures.BROKEN),
        (502, failures.BROKEN),
        (529, failures.BUSY),
        (599, failures.BROKEN),
    ],
)
def test_a_status_has_a_cause(status: int, cause: Cause) -> None:
    assert failures.by_status(status) is cause


@pytest.mark.parametrize("status", [None, 0, 200, 302, 399, 600, "500", 5.5, [], {}])
def test_what_is_no_status_of_a_failure_has_none(status: object) -> None:
    assert failures.by_status(status) is None


@pytest.mark.parametrize(
    "said",
    [
        "acme/some is not a valid model ID",
        "The model `gpt-9` does not exist or you do not have access to it.",
        "model_not_found",
        "No endpoints found for acme/some.",
        "Unknown model: some",
        "Model not found: mock/nope.",
    ],
)
def test_an_unknown_model_is_known_by_its_words(said: str) -> None:
    assert failures.by_words(said) is failures.UNKNOWN_MODEL
    assert failures.by_status(400, said) is failures.UNKNOWN_MODEL


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("authentication_failed", failures.KEY_REFUSED),
        ("Incorrect API key provided: sk-...", failures.KEY_REFUSED),
        ("Not logged in - Please run /login", failures.KEY_REFUSED),
        ("Your credit balance is too low", failures.NO_CREDIT),
        ("insufficient_quota", failures.NO_CREDIT),
        ("Rate limit reached for requests", failures.BUSY),
        ("Overloaded", failures.BUSY),
        ("Provider response headers timed out after 60000ms", failures.SILENT),
        ("SSE read timed out", failures.SILENT),
        ("The socket connection was closed unexpectedly.", failures.CUT),
        ("Connection reset by server", failures.CUT),
        ("server_error", failures.BROKEN),
        ("API Error: 502 Bad Gateway", failures.BROKEN),
    ],
)
def test_words_have_a_cause(said: str, cause: Cause) -> None:
    assert failures.by_words(said) is cause


@pytest.mark.parametrize("said", ["", "the tests fail", "permission denied: calc.py", "max turns"])
def test_other_words_blame_nobody(said: str) -> None:
    assert failures.by_words(said) is None


@pytest.mark.parametrize("cause", ALL)
def test_every_cause_has_an_outcome_that_is_known(cause: Cause) -> None:
    assert cause.outcome in {"", *OUTCOMES}


def test_a_program_that_tries_again_is_left_alone_unless_it_is_hopeless() -> None:
    assert [
        failures.error(status, retried=True).fatal for status in (429, 500, 401, 404, None)
    ] == [False, False, True, True, False]


def test_the_last_word_is_always_fatal() -> None:
    assert all(failures.error(status, "x").fatal for status in (429, 500, 401, 400, None))


def test_what_was_said_is_quoted_and_shortened() -> None:
    error = failures.error(500, "oops")
    assert error.text == "The model provider failed to answer. It said: oops"
    assert len(failures.error(500, "x" * 100_000).text) < 1_000
    assert len(failures.error(None, "x" * 100_000).text) < 1_000

"""What went wrong between an agent and its model: an outcome code, and words for people."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.runners.base import AgentError
from agents.runners.fences import shorten

MAX_SAID = 500  # characters


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a request failed. `hopeless`: asking again gives the same answer."""

    outcome: str
    sentence: str
    hopeless: bool = False


KEY_REFUSED = Cause("agent_key_refused", "The model provider refused the key.", hopeless=True)
NO_CREDIT = Cause(
    "model_unavailable", "The model provider wants to be paid before it answers.", hopeless=True
)
UNKNOWN_MODEL = Cause("model_unknown", "The model provider does not know the model.", hopeless=True)
BUSY = Cause("model_unavailable", "The model provider is over its limits.")
BROKEN = Cause("model_unavailable", "The model provider failed to answer.")
SILENT = Cause("model_unavailable", "The model provider did not answer in time.")
CUT = Cause("model_unavailable", "The connection to the model provider broke off.")
OTHER = Cause("", "The model provider refused the request.")

_STATUS = {401: KEY_REFUSED, 402: NO_CREDIT, 403: KEY_REFUSED, 408: SILENT, 429: BUSY, 529: BUSY}
_MODEL = re.compile(
    r"model[^.\n]{0,80}(not found|not exist|unknown|not supported|not a valid|invalid)"
    r"|(unknown|invalid|no such|unsupported) model|model_not_found|not a valid model|no endpoints found",
    re.IGNORECASE,
)
# In this order: the first that fits counts.
_WORDS = (
    (
        KEY_REFUSED,
        r"authentication_(failed|error)|invalid[ _](x-)?api[ _-]key|incorrect api key|unauthori[sz]ed"
        r"|permission_error|not logged in",
    ),
    (NO_CREDIT, r"billing_error|insufficient[ _](credit|quota|balance)|credit balance"),
    (BUSY, r"rate[ _-]?limit|overloaded|too many requests|resource_exhausted|at capacity"),
    (SILENT, r"timed? ?out|timeout|deadline exceeded"),
    (
        CUT,
        r"econn(reset|refused|aborted)|connection (error|closed|refused|reset)|connectionrefused"
        r"|socket|terminated|fetch failed|unable to connect|network|stream (error|ended|closed)"
        r"|incomplete|enotfound|eai_again|disconnected|unexpected end|premature",
    ),
    (BROKEN, r"server_error|internal server error|bad gateway|service unavailable|api_error"),
)
_PATTERNS = tuple((cause, re.compile(pattern, re.IGNORECASE)) for cause, pattern in _WORDS)


def by_status(status: object, said: str = "") -> Cause | None:
    """The cause behind an HTTP status of the model's server; None for what is no such status."""
    if not isinstance(status, int) or not 400 <= status < 600:
        return None
    if status in _STATUS:
        return _STATUS[status]
    if status >= 500:
        return BROKEN
    if status == 404 or _MODEL.search(said[:MAX_SAID]):
        return UNKNOWN_MODEL
    return OTHER


def by_words(said: str) -> Cause | None:
    """The cause behind an error that has no status, by what is said about it."""
    text = said[:MAX_SAID]
    if _MODEL.search(text):
        return UNKNOWN_MODEL
    return next((cause for cause, pattern in _PATTERNS if pattern.search(text)), None)


def error(status: object, said: str = "", *, retried: bool = False) -> AgentError:
    """An error of a request to the model, as an event.

    `retried`: the program goes on trying by itself, so only what is hopeless is fatal. Without
    that, the error is the program's last word and fatal in any case.
    """
    cause = by_status(status, said) or by_words(said)
    if cause is None:
        return AgentError(shorten(said, MAX_SAID) or OTHER.sentence, not retried)
    return because(cause, said, retried=retried)


def because(cause: Cause, said: str = "", *, retried: bool = False) -> AgentError:
    """An error of a known cause, as an event; see `error`."""
    again = " Trying again." if retried and not cause.hopeless else ""
    quoted = f" It said: {shorten(said, MAX_SAID)}" if said.strip() else ""
    fatal = cause.hopeless or not retried
    return AgentError(f"{cause.sentence}{again}{quoted}", fatal, cause.outcome)

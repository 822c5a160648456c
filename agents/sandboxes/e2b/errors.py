"""What the SDK raises, in the words of a sandbox, and what is worth another try."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TypeVar

import httpx
from connectrpc.errors import ConnectError
from e2b import (
    AuthenticationException,
    InvalidArgumentException,
    NotEnoughSpaceException,
    RateLimitException,
    SandboxException,
    SandboxNotFoundException,
    TemplateException,
    TimeoutException,
)
from e2b.exceptions import SandboxNotRunningException, ServiceBusyException

from agents.sandboxes.base import SandboxError, SandboxLost

T = TypeVar("T")

PAUSES = (0.2, 0.6, 1.8)

_WAS_BUSY = (RateLimitException, ServiceBusyException)
_BROKE_OFF = (TimeoutException, httpx.TransportError, ConnectError, OSError, ValueError)
_PASSING_STATUS = frozenset({500, 502, 503, 504})
_PASSING_WORD = re.compile(r"Code\.(INTERNAL|UNKNOWN|ABORTED)\b")
_PAYMENT = re.compile(r"credit|billing|payment|quota|spending", re.IGNORECASE)
_KEY = re.compile(r"e2b_\w+|sk_e2b_\w+")
_LONGEST_QUOTE = 300


class Passing(SandboxError):
    """It may go well at the next try."""


def translated(error: Exception, doing: str) -> SandboxError:
    """The error as a sentence for people; `doing` completes "E2B could not ..."."""
    match error:
        case SandboxError():
            return error
        case SandboxNotFoundException() | SandboxNotRunningException():
            return SandboxLost(
                "The sandbox at E2B is gone: it was ended, or its time ran out while nobody used it."
            )
        case AuthenticationException():
            return SandboxError(
                f"E2B refused the key, so it could not {doing}. Check the E2B key under Settings, "
                "Keys, or ask whoever runs this installation for another one."
            )
        case NotEnoughSpaceException():
            return SandboxError(f"E2B could not {doing}: the disk of the sandbox is full.")
        case _ if _is_payment(error):
            return SandboxError(
                f"E2B could not {doing} because of the account: {_quoted(error)} "
                "Look at the account's plan and credits at E2B."
            )
        case _ if isinstance(error, _WAS_BUSY):
            return Passing(
                f"E2B is limiting this account or is busy, so it could not {doing}. Wait for other "
                "sandboxes to end, or raise the limit of the account, and start again."
            )
        case InvalidArgumentException() | TemplateException():
            return SandboxError(f"E2B could not {doing}: {_quoted(error)}")
        case _ if _passes(error):
            return Passing(
                f"E2B did not {doing} in time, or the connection to it broke: {_quoted(error)} "
                "Nothing of the repository is lost; start again."
            )
        case _:
            return SandboxError(f"E2B could not {doing}: {_quoted(error)}")


def is_missing_template(error: Exception) -> bool:
    """Whether a creation failed because there is no such template."""
    return _status(error) in {400, 403, 404} and "template" in str(error).lower()


def once(work: Callable[[], T], doing: str) -> T:
    """Call the SDK; its errors become ours."""
    try:
        return work()
    except Exception as error:  # the SDK raises plain ones as well
        raise translated(error, doing) from error


def patiently(work: Callable[[], T], doing: str) -> T:
    """Call the SDK, again after what passes; only for what may be done twice."""
    for pause in PAUSES:
        try:
            return once(work, doing)
        except Passing:
            time.sleep(pause)
    return once(work, doing)


def _status(error: Exception) -> int | None:
    return error.status_code if isinstance(error, SandboxException) else None


def _passes(error: Exception) -> bool:
    if isinstance(error, _BROKE_OFF) or _status(error) in _PASSING_STATUS:
        return True
    return isinstance(error, SandboxException) and _PASSING_WORD.match(str(error)) is not None


def _is_payment(error: Exception) -> bool:
    if _status(error) == 402:
        return True
    return _status(error) in {400, 403, 429} and _PAYMENT.search(str(error)) is not None


def _quoted(error: Exception) -> str:
    """Their words, without anything that looks like a key, as a sentence."""
    text = _KEY.sub("***", " ".join(str(error).split()))[:_LONGEST_QUOTE] or type(error).__name__
    return text if text.endswith((".", "!")) else f"{text}."

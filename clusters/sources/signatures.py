"""Proofs of origin: HMAC-SHA256 of what was sent, compared in a time that tells nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime

from clusters.sources.base import Unverified

TOLERANCE = 300  # seconds that a signed moment may be away from ours
_SECONDS = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_PARTS_LIMIT = 10


def hex_hmac(secret: str, *parts: bytes) -> str:
    """HMAC-SHA256 of the parts one after the other, in hexadecimal."""
    digest = hmac.new(secret.encode(), digestmod=hashlib.sha256)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two texts are equal; also of texts that are not ASCII."""
    return hmac.compare_digest(
        one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass")
    )


def is_one_of(given: Iterable[str], expected: str) -> bool:
    """Whether one of these is what was expected; all of them are compared."""
    found = [same(each, expected) for each in given]
    return any(found)


def require_fresh(seconds: str, now: datetime, header: str) -> None:
    """Refuse what was signed too long ago, or is still to come; raises Unverified."""
    if not _SECONDS.fullmatch(seconds):
        raise Unverified(f"{header} has no time in seconds.")
    if abs(now.timestamp() - int(seconds)) > TOLERANCE:
        raise Unverified(
            f"{header} was signed more than {TOLERANCE // 60} minutes away from this server's time: "
            "it is sent again by somebody else, or one of the two clocks is wrong."
        )


def stamped(header: str) -> tuple[str, list[str]]:
    """Time and signatures of `t=1700000000,v1=...`; empty where they are missing."""
    time, signatures = "", []
    for part in header[:2_000].split(",")[:_PARTS_LIMIT]:
        name, _, value = part.strip().partition("=")
        if name == "t":
            time = value
        elif name == "v1":
            signatures.append(value)
    return time, signatures

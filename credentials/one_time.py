"""Random texts that are shown once and kept as digests."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from django.conf import settings


def new_text(prefix: str) -> str:
    """A random text with 256 bits, recognisable by its prefix (for scanners and people)."""
    return f"{prefix}{secrets.token_urlsafe(32)}"


def digest(text: str, purpose: str) -> str:
    """What is stored instead: an HMAC, so that a stolen table opens nothing."""
    key = f"{purpose}:{settings.SECRET_KEY}".encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

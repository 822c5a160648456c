"""Messages as another system posts them to a webhook of ours."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.request
from collections.abc import Mapping
from typing import Any


def post_signed(address: str, secret: str, message: Mapping[str, Any]) -> int:
    """Post it, signed for this moment; the answer's status."""
    body = json.dumps(message).encode()
    seconds = str(int(time.time()))
    signed = f"{seconds}.".encode() + body
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Soulcaster-Signature": f"t={seconds},v1={signature}",
    }
    request = urllib.request.Request(address, body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(answer.status)

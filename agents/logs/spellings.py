"""The ways in which a secret may be spelled in output. Plain Python."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

MINIMUM = 6  # characters; anything shorter would blank out ordinary words
_LINE_MINIMUM = 16  # of one line of a key with several lines
_PERCENT = re.compile("%[0-9A-F]{2}")


def spellings(secret: str) -> set[str]:
    """Every text that gives the secret away; raises ValueError when it is too short to hide."""
    secret = secret.strip()
    if len(secret) < MINIMUM:
        raise ValueError(f"a secret of fewer than {MINIMUM} characters cannot be hidden in a log")
    found: set[str] = set()
    for raw in _raw(secret):
        found |= {raw, *_urls(raw), *_base64(raw), *_hex(raw), *_json(raw), *_xml(raw)}
    return {text for text in found if len(text) >= MINIMUM}


def _raw(secret: str) -> set[str]:
    """The secret, with either line end, and its long lines one by one: tools indent and wrap."""
    lines = secret.splitlines()
    return {secret, "\n".join(lines), "\r\n".join(lines)} | {
        line.strip() for line in lines if len(line.strip()) >= _LINE_MINIMUM
    }


def _urls(raw: str) -> Iterator[str]:
    for encoded in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield encoded
        yield _PERCENT.sub(lambda match: match[0].lower(), encoded)


def _base64(raw: str) -> Iterator[str]:
    data = raw.encode("utf-8", "replace")
    for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
        whole = encode(data).decode()
        yield from (whole, whole.rstrip("="))
        for before in range(3):
            yield _inner_base64(encode(b"\0" * before + data).decode(), before, len(data))


def _inner_base64(encoded: str, before: int, size: int) -> str:
    """The characters that depend on the secret alone, whatever stands before and after it."""
    first = -(-before * 8 // 6)
    last = (before + size) * 8 // 6
    return encoded[first:last]


def _hex(raw: str) -> tuple[str, str]:
    digits = raw.encode("utf-8", "replace").hex()
    return digits, digits.upper()


def _json(raw: str) -> Iterator[str]:
    for ascii_only in (True, False):
        text = json.dumps(raw, ensure_ascii=ascii_only)[1:-1]
        yield from (text, text.replace("/", "\\/"))


def _xml(raw: str) -> Iterator[str]:
    yield escape(raw)
    yield html.escape(raw)  # &#x27;
    for quote_mark, apostrophe in (("&quot;", "&apos;"), ("&quot;", "&#39;"), ("&#34;", "&#39;")):
        yield escape(raw, {'"': quote_mark, "'": apostrophe})

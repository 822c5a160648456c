"""Bytes of a file to text, whatever program wrote them."""

from __future__ import annotations

import codecs

from clusters.sources.base import FILE_LIMIT, Refused

_WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def too_large(payload: bytes) -> Refused | None:
    """The refusal of a file beyond the limit, or None."""
    if len(payload) <= FILE_LIMIT:
        return None
    size, limit = len(payload) / 1_048_576, FILE_LIMIT // 1_048_576
    reason = (
        f"The file is {size:.1f} MB and at most {limit} MB are read; nothing was kept. "
        "Split it and send the parts one after the other."
    )
    return Refused(1, reason)


def decode(payload: bytes) -> tuple[str, dict[str, str]]:
    """The text and a note for the reports' metadata if the encoding had to be guessed."""
    for mark, encoding in _WIDE:
        if payload.startswith(mark):
            return payload.decode(encoding, errors="replace"), {}
    try:
        return payload.decode("utf-8-sig"), {}
    except UnicodeDecodeError:
        return _decode_western(payload)


def _decode_western(payload: bytes) -> tuple[str, dict[str, str]]:
    # Windows-1252 is what programs mean by Latin-1: it has the same letters, and quotation marks
    # and the euro sign where Latin-1 has control characters. Five bytes of it mean nothing.
    try:
        text = payload.decode("cp1252")
    except UnicodeDecodeError:
        text = payload.decode("latin-1")
    return text, {"encoding": "not UTF-8; read as Latin-1"}

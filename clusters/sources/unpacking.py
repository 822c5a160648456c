"""Undoes the compression that a body was sent with, and never makes more of it than is allowed."""

from __future__ import annotations

import zlib

# A header may announce either kind; the first byte of a stream says which it is.
_AUTOMATIC = 32 + zlib.MAX_WBITS
_ENCODINGS = {"gzip", "x-gzip", "deflate"}


class UnknownEncoding(ValueError):
    """The body is compressed in a way that is not read here; the text is a sentence."""


class Damaged(ValueError):
    """The body is not what its header says; the text is a sentence."""


class TooLarge(ValueError):
    """There is more in it than is allowed; the text is a sentence."""


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body as it was before `Content-Encoding`, at most `limit` bytes of it.

    Raises UnknownEncoding, Damaged, TooLarge.
    """
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding not in _ENCODINGS:
        raise UnknownEncoding(f"Content-Encoding “{encoding[:40]}” is not read here: use gzip.")
    reader = zlib.decompressobj(_AUTOMATIC)
    try:
        found = reader.decompress(body, limit + 1)
    except zlib.error as error:
        raise Damaged(f"The body is not {encoding}.") from error
    if len(found) > limit:
        raise TooLarge(f"Decompressed, the body is larger than {limit:,} bytes.")
    if not reader.eof or reader.unused_data:
        raise Damaged(f"The body is not one whole {encoding} stream.")
    return found

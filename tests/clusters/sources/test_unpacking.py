from __future__ import annotations

import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.sources.unpacking import Damaged, TooLarge, UnknownEncoding, unpacked


@given(st.binary(max_size=500))
def test_what_was_packed_comes_back(body: bytes) -> None:
    assert unpacked(gzip.compress(body), "gzip", 500) == body
    assert unpacked(zlib.compress(body), " Deflate ", 500) == body
    assert unpacked(body, "", 500) == unpacked(body, "identity", 500) == body


@given(st.binary(max_size=100), st.text(max_size=10))
def test_anything_else_is_one_of_three_refusals(body: bytes, encoding: str) -> None:
    for each in (encoding, "gzip"):
        with suppress(Damaged, TooLarge, UnknownEncoding):
            assert each.strip().lower() in {"", "identity"} or len(unpacked(body, each, 50)) <= 50


def test_exactly_as_much_as_is_allowed_comes_out() -> None:
    assert len(unpacked(gzip.compress(b"x" * 500), "gzip", 500)) == 500
    with pytest.raises(TooLarge):
        unpacked(gzip.compress(b"x" * 501), "gzip", 500)


@pytest.mark.parametrize(
    "body",
    [b"", gzip.compress(b"x")[:-1], gzip.compress(b"x") + b"more"],
    ids=["nothing", "half", "more"],
)
def test_half_a_stream_or_more_than_one_is_refused(body: bytes) -> None:
    with pytest.raises(Damaged):
        unpacked(body, "gzip", 500)

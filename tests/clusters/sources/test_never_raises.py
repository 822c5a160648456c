"""Whatever bytes come, a parser answers with reports and refusals."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.sources.base import BODY_LIMIT, TITLE_LIMIT, IncomingReport, Refused
from clusters.sources.registry import all_sources

KINDS = sorted(all_sources())
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
REPORT = st.dictionaries(
    st.sampled_from(["id", "title", "body", "url", "date", "user", "source", "metadata"]), JSON
)


def check(kind: str, payload: bytes) -> None:
    for found in all_sources()[kind].parse(payload):
        if isinstance(found, Refused):
            assert found.reason.endswith(".")
            assert found.row >= 1
            continue
        assert isinstance(found, IncomingReport)
        assert found.external_id
        assert 0 < len(found.title) <= TITLE_LIMIT
        assert len(found.body) <= BODY_LIMIT
        assert "\x00" not in f"{found}"
        json.dumps([found.title, found.body, dict(found.metadata)]).encode()
        f"{found.title}{found.body}{found.author}{found.metadata}".encode()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None)
@given(payload=st.binary(max_size=300))
def test_any_bytes(kind: str, payload: bytes) -> None:
    check(kind, payload)
    check(kind, b"id,title,body,url,date\n" + payload)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None)
@given(value=REPORT | st.lists(REPORT | JSON, max_size=3))
def test_any_json(kind: str, value: object) -> None:
    check(kind, json.dumps(value).encode())

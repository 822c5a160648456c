"""Whatever is sent, a kind of source answers with reports, refusals and reasons; or does not verify."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.sources.base import (
    BODY_LIMIT,
    TITLE_LIMIT,
    Filtered,
    IncomingReport,
    Received,
    Refused,
    Unverified,
)
from clusters.sources.registry import pushes

KINDS = sorted(set(pushes()) & {"webhook", "sentry", "slack"})
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["1772366000.000100", "C1", "message_changed", "\0", "\ud800", "2026-01-01"])
)
WORDS = """
    type event data issue error channel ts thread_ts text subtype message previous_message edited
    deleted_ts event_ts bot_id attachments user user_profile event_id issue_id issue_url exception
    values stacktrace frames filename function lineno tags level environment project slug id metadata
    status action comment comment_id actor title body url sentry.interfaces.Exception challenge
"""
NAMES = st.sampled_from(WORDS.split()) | st.text(max_size=5)
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)
TYPES = st.sampled_from(["event_callback", "url_verification", "message", "x"])
TOLD = st.fixed_dictionaries(
    {},
    optional={
        "type": TYPES,
        "event": st.dictionaries(NAMES, JSON, max_size=8).map(
            lambda event: {"type": "message", "channel": "C1", "ts": "1772366000.000100", **event}
        ),
        "data": st.dictionaries(NAMES, JSON, max_size=6),
        "action": JSON,
        "event_id": JSON,
        "id": JSON,
    },
)
RESOURCES = st.sampled_from(["issue", "event_alert", "error", "comment", ""])
CONFIG: dict[str, Any] = {
    "mapping": {"items": "data", "title": "title | text", "body": "values[0].body"},
    "extra": {"x": 'tags["a"]'},
    "domain": "acme",
    "bots": True,
}


def check(kind: str, body: bytes, headers: dict[str, str], config: dict[str, Any]) -> None:
    source = pushes()[kind]
    received = Received(headers, body)
    assert isinstance(source.delivery_id(received), str)
    assert len(source.delivery_id(received)) <= 200
    source.greeting(received)
    with pytest.raises(Unverified):
        source.verify(received, "secret", NOW)
    for one in source.read(source.kept_headers(received), body, config):
        if isinstance(one, Refused | Filtered):
            assert one.reason.endswith(".")
            continue
        assert isinstance(one, IncomingReport)
        assert 0 < len(one.external_id) <= 200
        assert len(one.title) <= TITLE_LIMIT
        assert len(one.body) <= BODY_LIMIT
        assert len(one.fingerprint) <= 64
        texts = [one.title, one.body, one.author, one.url, one.external_id, one.fingerprint]
        json.dumps([texts, dict(one.metadata), list(one.trace)]).encode()
        assert "\0" not in "".join(texts)
        "".join(texts).encode()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=100)
@given(body=st.binary(max_size=300), value=st.text(max_size=50))
def test_any_bytes(kind: str, body: bytes, value: str) -> None:
    names = (
        "x-soulcaster-signature x-hub-signature-256 sentry-hook-signature x-slack-signature "
        "x-slack-request-timestamp request-id sentry-hook-resource sentry-hook-timestamp"
    )
    check(kind, body, dict.fromkeys(names.split(), value), {})


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=120)
@given(told=TOLD, resource=RESOURCES, configured=st.booleans())
def test_any_json(kind: str, told: dict[str, Any], resource: str, configured: bool) -> None:
    headers = {"sentry-hook-resource": resource, "sentry-hook-timestamp": "1772366400"}
    check(kind, json.dumps(told).encode(), headers, CONFIG if configured else {})


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50)
@given(config=st.dictionaries(NAMES | st.sampled_from([*CONFIG, "channels", "levels"]), JSON))
def test_any_settings(kind: str, config: dict[str, Any]) -> None:
    """They are checked when they are saved; an older version may have saved others."""
    told = {"type": "event_callback", "title": "x", "event": {"type": "message", "channel": "C1"}}
    check(kind, json.dumps(told).encode(), {}, config)

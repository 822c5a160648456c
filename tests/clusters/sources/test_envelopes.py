from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.sources import envelopes
from clusters.sources.envelopes import TooLarge, UnknownEncoding, Unusable

KEY = "0123456789abcdef0123456789abcdef"
ID = "9ec79c33ec9942ab8353589fcb2e04dc"
EVENT = json.dumps({"event_id": ID, "message": "x\u2028y"}).encode()


def envelope(*items: tuple[Mapping[str, object], bytes], **header: object) -> bytes:
    lines = [json.dumps({"event_id": ID, **header}).encode()]
    for head, payload in items:
        lines += [json.dumps(head).encode(), payload]
    return b"\n".join(lines)


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
@pytest.mark.parametrize("head", [{"type": "event"}, {"type": "event", "length": len(EVENT)}])
def test_an_item_is_found_with_its_length_and_without(head: dict[str, object], end: bytes) -> None:
    found = envelopes.parse(envelope((head, EVENT)) + end)

    assert [(item.kind, item.event_id, item.payload) for item in found.items] == [
        ("event", ID, EVENT)
    ]
    assert found.event_id == ID


def test_a_payload_of_a_length_may_have_line_ends_in_it() -> None:
    picture = b'\n{"type": "event"}\n\x89PNG\n\n'
    body = envelope(
        ({"type": "attachment", "length": len(picture)}, picture),
        ({"type": "event", "length": len(EVENT)}, EVENT),
    )
    found = envelopes.parse(body)

    assert [item.payload for item in found.items] == [EVENT]
    assert found.dropped == {"attachment": 1}


def test_what_is_no_report_is_dropped_and_told() -> None:
    kinds = ["session", "transaction", "check_in", "profile", "replay_event", "log", "session"]
    found = envelopes.parse(envelope(*(({"type": kind}, b"{}") for kind in kinds)))

    assert found.items == []
    assert found.dropped == {
        "session": 2, "transaction": 1, "check_in": 1, "profile": 1, "replay_event": 1, "log": 1,
    }  # fmt: skip


def test_what_an_sdk_could_not_send_is_told() -> None:
    report = {
        "discarded_events": [
            {"reason": "ratelimit_backoff", "category": "error", "quantity": 40},
            {"reason": "queue_overflow", "category": "error", "quantity": 1},
            {"reason": "network_error", "category": "error", "quantity": 1},
            {"reason": "before_send", "category": "error", "quantity": 5},
            {"reason": "ratelimit_backoff", "category": "transaction", "quantity": 7},
            {"reason": "ratelimit_backoff", "category": "error", "quantity": -9},
        ]
    }
    body = envelope(({"type": "client_report"}, json.dumps(report).encode()))

    assert envelopes.parse(body).lost == 42


@pytest.mark.parametrize(
    "report", [b"", b"[]", b'{"discarded_events": 3}', b'{"discarded_events": [1, {}]}']
)
def test_a_client_report_that_makes_no_sense_says_nothing(report: bytes) -> None:
    assert envelopes.parse(envelope(({"type": "client_report"}, report))).lost == 0


def test_an_envelope_may_be_empty() -> None:
    assert envelopes.parse(b"{}\n").items == []
    assert len(envelopes.parse(b"{}").event_id) == 32


def test_an_event_without_an_id_outside_has_its_own() -> None:
    body = b'{}\n{"type":"event"}\n{"event_id":"9EC79C33-EC99-42AB-8353-589FCB2E04DC"}'

    assert envelopes.parse(body).items[0].event_id == ID
    assert envelopes.parse(body).event_id == ID


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]\n",
        b"{}\n{}\n{}",
        b"{}\n{\"type\": 3}\n{}",
        b'{}\n{"type":"event","length":5}\n{}',
        b'{}\n{"type":"event","length":-1}\n{}',
        b'{}\n{"type":"event","length":"1"}\n{}',
        b'{}\n{"type":"event","length":1}\n{}',
        b"{}\n" + b"[" * 10_000,
    ],
    ids=lambda body: body[:20].decode(),
)  # fmt: skip
def test_what_is_no_envelope_is_refused_with_a_sentence(body: bytes) -> None:
    with pytest.raises(Unusable, match=r"\.$") as refused:
        envelopes.parse(body)

    assert refused.value.status == 400


@pytest.mark.parametrize(
    "body",
    [
        envelope(({"type": "event"}, b"{" + b" " * envelopes.EVENT_LIMIT + b"}")),
        envelope(*[({"type": "session"}, b"{}")] * (envelopes.ITEMS_LIMIT + 1)),
        envelope(*[({"type": "event"}, b"{}")] * 50),
        b"{" + b" " * 100_000 + b"}\n",
    ],
    ids=["event", "items", "events", "header"],
)
def test_what_is_too_much_is_refused_as_such(body: bytes) -> None:
    with pytest.raises(TooLarge):
        envelopes.parse(body)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_refused(body: bytes) -> None:
    for sent in (body, b"{}\n" + body, b'{}\n{"type":"event"}\n' + body):
        try:
            envelopes.parse(sent)
        except Unusable:
            continue


# --- who sends ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"x-sentry-auth": f"Sentry sentry_key={KEY}, sentry_version=7"}, {}),
        ({"x-sentry-auth": f"Sentry sentry_version=7,sentry_client=x/1,sentry_key={KEY}"}, {}),
        ({"authorization": f"Sentry sentry_key={KEY}"}, {}),
        ({}, {"sentry_key": KEY, "sentry_version": "7"}),
    ],
)
def test_the_key_is_where_sdks_put_it(headers: dict[str, str], query: dict[str, str]) -> None:
    assert envelopes.key_of(headers, query) == KEY


def test_a_tunnelled_envelope_names_its_dsn() -> None:
    body = envelope(dsn=f"https://{KEY}@soulcaster.example/7")

    assert envelopes.key_in(body) == KEY


@pytest.mark.parametrize("key", ["", "x", "a" * 200, "ab' or 1=1 --", "ab\0cdefgh"])
def test_what_cannot_be_a_key_is_none(key: str) -> None:
    assert envelopes.key_of({}, {"sentry_key": key}) == ""
    assert envelopes.key_in(envelope(dsn=f"https://{key}@x/1")) == ""


@pytest.mark.parametrize("dsn", [3, None, "://", "http://[", ["x"]])
def test_a_dsn_that_makes_no_sense_names_no_key(dsn: object) -> None:
    assert envelopes.key_in(envelope(dsn=dsn)) == ""


# --- how it is packed ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", EVENT),
        ("identity", EVENT),
        ("gzip", gzip.compress(EVENT)),
        ("GZIP", gzip.compress(EVENT)),
        ("deflate", zlib.compress(EVENT)),
        ("deflate", zlib.compress(EVENT)[2:-4]),
        ("br", brotli.compress(EVENT)),
    ],
    ids=["none", "identity", "gzip", "GZIP", "zlib", "bare-deflate", "br"],
)
def test_every_packing_of_the_sdks_is_read(encoding: str, packed: bytes) -> None:
    assert envelopes.unpack(packed, encoding) == EVENT


def test_a_packing_that_is_not_read_is_refused_and_says_which_are() -> None:
    with pytest.raises(UnknownEncoding, match="send gzip, deflate or br") as refused:
        envelopes.unpack(EVENT, "zstd")

    assert refused.value.status == 415


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
@pytest.mark.parametrize("damage", ["cut", "noise"])
def test_what_cannot_be_unpacked_is_refused(encoding: str, damage: str) -> None:
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[encoding]
    whole = pack(EVENT * 50)
    with pytest.raises(Unusable):
        envelopes.unpack(whole[: len(whole) // 2] if damage == "cut" else b"\xff\xfe!", encoding)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_bomb_is_stopped_before_it_is_unpacked(encoding: str) -> None:
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[encoding]
    with pytest.raises(TooLarge):
        envelopes.unpack(pack(b"\0" * (2 * envelopes.UNPACKED_LIMIT)), encoding)


# --- one event by itself -------------------------------------------------------------------------


def test_the_older_endpoint_takes_one_event() -> None:
    found = envelopes.parse_stored(EVENT)

    assert [(item.kind, item.event_id) for item in found.items] == [("event", ID)]
    with pytest.raises(Unusable):
        envelopes.parse_stored(b"hello")

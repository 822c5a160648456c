from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.sources import sentry_events, traces
from clusters.sources.base import (
    AUTHOR_LIMIT,
    BODY_LIMIT,
    FINGERPRINT_LIMIT,
    METADATA_KEYS_LIMIT,
    METADATA_VALUE_LIMIT,
    TITLE_LIMIT,
    Filtered,
    IncomingReport,
    Read,
    Refused,
)
from clusters.sources.sentry_sdk import SdkSource

ID = "9ec79c33ec9942ab8353589fcb2e04dc"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FRAME = {"filename": "till/day.py", "function": "close_day", "lineno": 12, "in_app": True,
         "context_line": "    check(total)"}  # fmt: skip
ERROR: dict[str, Any] = {
    "event_id": ID,
    "timestamp": "2026-03-01T11:59:58.5Z",
    "platform": "python",
    "level": "error",
    "environment": "production",
    "release": "till@2.1",
    "transaction": "close_day",
    "user": {"id": "7", "username": "jo", "email": "jo@example.org", "ip_address": "10.0.0.1"},
    "tags": {"shop": "Bern"},
    "request": {"url": "https://jo:pw@till.example/close?token=geheim#x", "cookies": "a=b"},
    "sdk": {"name": "sentry.python", "version": "2.75.0"},
    "exception": {
        "values": [
            {"type": "ValueError", "value": "does not add up", "stacktrace": {"frames": [FRAME]}}
        ]
    },
    "breadcrumbs": {"values": [{"category": "query", "message": f"SELECT {n}"} for n in range(9)]},
}


def report(event: dict[str, Any], **config: Any) -> IncomingReport:
    found = sentry_events.from_event(event, config, NOW)
    assert isinstance(found, IncomingReport)
    return found


def with_fingerprint(*parts: str) -> str:
    return report(ERROR | {"fingerprint": list(parts)}).fingerprint


def test_an_error_is_a_report_with_its_frames() -> None:
    found = report(ERROR)

    assert found.title == "ValueError: does not add up"
    assert 'File "till/day.py", line 12, in close_day' in found.body
    assert found.trace[0]["frames"][0]["function"] == "close_day"
    assert found.external_id == ID
    assert found.occurred_at == NOW - timedelta(seconds=1.5)
    assert found.author == "jo"
    assert found.fingerprint == traces.fingerprint_of(found.trace)


def test_what_else_is_known_is_kept_beside_it() -> None:
    facts = report(ERROR).metadata

    assert facts["level"] == "error"
    assert facts["environment"] == "production"
    assert facts["release"] == "till@2.1"
    assert facts["tag_shop"] == "Bern"
    assert facts["sdk"] == "sentry.python 2.75.0"


def test_breadcrumbs_are_few_and_no_part_of_what_is_compared() -> None:
    found = report(ERROR)

    assert found.metadata["breadcrumbs"].startswith("query: SELECT 4; ")
    assert "SELECT" not in found.title + found.body


def test_nothing_that_people_typed_into_an_address_is_kept() -> None:
    found = report(ERROR)

    assert found.metadata["page"] == "https://till.example/close"
    for text in ("geheim", "jo:pw", "a=b", "10.0.0.1"):
        assert text not in str(found)


@pytest.mark.parametrize(
    "headers", [{"User-Agent": "Firefox/140"}, [["user-agent", "Firefox/140"]]]
)
def test_of_the_headers_only_the_browser_is_kept(headers: object) -> None:
    found = report(ERROR | {"request": {"headers": headers, "url": "/close"}})

    assert found.metadata["user_agent"] == "Firefox/140"


def test_a_message_is_a_report_without_frames() -> None:
    entry = {"message": "Drawer %s stays open", "params": [7], "formatted": "Drawer 7 stays open"}
    found = report({"event_id": ID, "logentry": entry, "level": "warning"})

    assert found.title == "Drawer 7 stays open"
    assert found.trace == []
    assert found.metadata["level"] == "warning"


def test_messages_of_one_template_have_one_fingerprint() -> None:
    marks = {
        report({"logentry": {"message": "Drawer %s open", "params": [n], "formatted": f"D {n}"}})
        .fingerprint
        for n in range(3)
    }  # fmt: skip

    assert len(marks) == 1
    assert "" not in marks


def test_a_message_with_the_place_that_sent_it_has_frames() -> None:
    threads = {"values": [{"id": 1}, {"id": 2, "current": True, "stacktrace": {"frames": [FRAME]}}]}
    found = report({"message": "Drawer open", "threads": threads})

    assert found.title == "Drawer open"
    assert [frame["function"] for frame in found.trace[0]["frames"]] == ["close_day"]


def test_a_message_beside_an_exception_is_told_with_it() -> None:
    found = report(ERROR | {"logentry": {"message": "While closing the day"}})

    assert found.body.startswith("While closing the day\n\nTraceback")
    assert found.title == "ValueError: does not add up"


def test_the_programs_own_fingerprint_is_honoured() -> None:
    ours = report(ERROR).fingerprint

    assert with_fingerprint("till", "closing") == with_fingerprint("till", "closing")
    assert with_fingerprint("till") not in {ours, with_fingerprint("other")}
    assert with_fingerprint("{{ default }}") == with_fingerprint("{{default}}") == ours
    assert with_fingerprint("{{ default }}", "Bern") not in {ours, with_fingerprint("Bern")}


def test_the_default_in_a_fingerprint_is_the_place() -> None:
    moved = json.loads(json.dumps(ERROR))
    moved["exception"]["values"][0]["stacktrace"]["frames"][0]["function"] = "open_day"
    parts = {"fingerprint": ["{{ default }}", "Bern"]}

    assert report(ERROR | parts).fingerprint != report(moved | parts).fingerprint


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ({"id": 7, "username": "jo"}, "jo"),
        ({"id": 7, "email": "jo@example.org"}, "jo@example.org"),
        ({"id": 7}, "7"),
        ({"ip_address": "10.0.0.1"}, ""),
        ("jo", ""),
        (None, ""),
    ],
)
def test_the_author_is_who_used_the_program(user: object, name: str) -> None:
    assert report(ERROR | {"user": user}).author == name


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({}, True),
        ({"environments": [], "levels": []}, True),
        ({"environments": ["production"]}, True),
        ({"environments": ["staging"]}, False),
        ({"levels": ["error", "fatal"]}, True),
        ({"levels": ["fatal"]}, False),
    ],
)
def test_the_settings_of_the_source_decide_what_is_left_out(
    config: dict[str, list[str]], wanted: bool
) -> None:
    found = sentry_events.from_event(ERROR, config, NOW)

    assert isinstance(found, IncomingReport if wanted else Filtered)


def test_an_event_that_names_no_environment_is_left_out_where_some_are_wanted() -> None:
    event = {name: value for name, value in ERROR.items() if name != "environment"}
    found = sentry_events.from_event(event, {"environments": ["production"]}, NOW)

    assert isinstance(found, Filtered)
    assert found.reason.startswith("It names no environment")


def test_a_clock_that_is_ahead_is_not_believed() -> None:
    assert report(ERROR | {"timestamp": 4_000_000_000}).occurred_at == NOW
    assert report(ERROR | {"timestamp": "soon"}).occurred_at == NOW


def test_what_a_person_wrote_into_the_form_of_the_sdk_is_a_report() -> None:
    given = {"message": "I cannot pay.\nReally.", "name": "Ann", "contact_email": "a@example.org",
             "url": "https://shop.example/cart?id=7", "associated_event_id": "e" * 32}  # fmt: skip
    event = {"event_id": ID, "contexts": {"feedback": given}, "environment": "production"}
    found = sentry_events.read("feedback", json.dumps(event).encode(), {"levels": ["fatal"]}, NOW)

    assert isinstance(found, IncomingReport)
    assert (found.title, found.author, found.external_id) == ("I cannot pay.", "Ann", ID)
    assert found.metadata["event"] == "e" * 32
    assert found.metadata["page"] == "https://shop.example/cart"


def test_the_older_form_of_it_is_another_report_than_the_error_that_it_is_about() -> None:
    words = {"event_id": ID, "name": "Ann", "email": "a@example.org", "comments": "I cannot pay."}
    found = sentry_events.read("user_report", json.dumps(words).encode(), {}, NOW)

    assert isinstance(found, IncomingReport)
    assert found.external_id != ID
    assert found.metadata["event"] == ID


def test_an_item_without_an_id_has_the_one_of_its_envelope() -> None:
    body = json.dumps({"message": "Drawer open"}).encode()
    headers = {"item": "event", "event_id": ID, "received": NOW.isoformat()}
    (found,) = SdkSource().read(headers, body, {})

    assert isinstance(found, IncomingReport)
    assert (found.external_id, found.occurred_at) == (ID, NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"{", b"\xff\x00", b"[" * 100_000])
def test_what_is_no_event_is_refused_with_a_sentence(body: bytes) -> None:
    found = sentry_events.read("event", body, {}, NOW)

    assert isinstance(found, Refused)
    assert found.reason.endswith(".")


# --- whatever is in it ---------------------------------------------------------------------------

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["values", "frames", "stacktrace", "type", "value", "message", "params", "lineno",
                 "filename", "function", "context_line", "pre_context", "url", "name", "mechanism"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)  # fmt: skip
FIELDS = (
    "event_id", "timestamp", "level", "environment", "release", "user", "tags", "request",
    "exception", "threads", "stacktrace", "logentry", "message", "fingerprint", "breadcrumbs",
    "contexts", "sdk", "comments", "transaction",
)  # fmt: skip


def check(found: Read) -> None:
    if not isinstance(found, IncomingReport):
        assert found.reason.endswith(".")
        return
    assert 0 < len(found.title) <= TITLE_LIMIT
    assert len(found.body) <= BODY_LIMIT
    assert len(found.author) <= AUTHOR_LIMIT
    assert len(found.fingerprint) <= FINGERPRINT_LIMIT
    assert len(found.metadata) <= METADATA_KEYS_LIMIT
    assert all(len(value) <= METADATA_VALUE_LIMIT for value in found.metadata.values())
    kept = json.dumps([found.title, found.body, dict(found.metadata), list(found.trace)])
    assert "\\u0000" not in kept
    json.loads(kept)
    f"{found.title}{found.body}{found.author}{found.trace}".encode()


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(FIELDS), ANY, max_size=8), st.sampled_from(
    ["event", "feedback", "user_report"]
))  # fmt: skip
def test_any_event_is_read(event: dict[str, Any], kind: str) -> None:
    check(sentry_events.read(kind, json.dumps(event).encode(), {}, NOW))


@settings(max_examples=200)
@given(st.binary(max_size=100))
def test_any_bytes_are_read(body: bytes) -> None:
    check(sentry_events.read("event", body, {}, NOW))


@settings(max_examples=200)
@given(ANY)
def test_any_exception_has_a_text_and_a_fingerprint(values: object) -> None:
    trace = traces.from_sentry(values)

    assert len(traces.fingerprint_of(trace)) <= FINGERPRINT_LIMIT
    traces.as_text(trace).encode()

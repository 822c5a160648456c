"""Messages of Slack: signed, in threads, edited, deleted, told twice and in any order."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from clusters.sources.base import Filtered, IncomingReport, Read, Received, Refused, Unverified
from clusters.sources.slack import SlackSource
from clusters.sources.slack_text import plain

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SOURCE = SlackSource()
CHANNEL, TS = "C024BE91L", "1772366000.000100"


def signed(body: bytes, *, secret: str = SECRET, at: int | str = int(NOW.timestamp())) -> Received:
    text = f"v0:{at}:".encode() + body
    mark = "v0=" + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return Received({"x-slack-request-timestamp": str(at), "x-slack-signature": mark}, body)


def envelope(**event: Any) -> bytes:
    event = {"type": "message", "channel": CHANNEL, "user": "U1", "ts": TS, **event}
    return json.dumps({"type": "event_callback", "event_id": "Ev1", "event": event}).encode()


def read(body: bytes, **config: Any) -> Read:
    (one,) = SOURCE.read({}, body, config)
    return one


def report(body: bytes, **config: Any) -> IncomingReport:
    one = read(body, **config)
    assert isinstance(one, IncomingReport), one
    return one


def test_slacks_own_example_verifies() -> None:
    """The one in Slack's documentation."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
        b"803a0bc887a14d10d2c447fce8b6703c"
    )
    mark = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    headers = {"x-slack-request-timestamp": "1531420618", "x-slack-signature": mark}
    SOURCE.verify(Received(headers, body), SECRET, datetime.fromtimestamp(1531420618, UTC))


@pytest.mark.parametrize(
    "received",
    [
        signed(b"{}", secret="another"),
        signed(b"{}", at=int(NOW.timestamp()) - 301),
        signed(b"{}", at="soon"),
        Received({**signed(b"{}").headers, "x-slack-signature": ""}, b"{}"),
        Received(signed(b"{}").headers, b'{"a":1}'),
        Received({}, b"{}"),
    ],
    ids=["another secret", "old", "no time", "no signature", "another body", "nothing"],
)
def test_nothing_else_is_believed(received: Received) -> None:
    with pytest.raises(Unverified):
        SOURCE.verify(received, SECRET, NOW)


def test_the_challenge_is_said_back_and_nothing_but_a_challenge() -> None:
    def answer(challenge: object) -> tuple[int, str]:
        body = json.dumps({"type": "url_verification", "challenge": challenge}).encode()
        said = SOURCE.greeting(Received({}, body))
        assert said is not None
        assert said.content_type == "text/plain"
        return said.status, said.body

    assert answer("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P") == (
        200,
        "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
    )
    assert answer("<script>")[0] == answer(7)[0] == answer("")[0] == 400
    assert SOURCE.greeting(Received({}, envelope(text="Hello"))) is None


def test_a_retry_is_the_same_delivery() -> None:
    first = Received({}, envelope(text="Hello"))
    retry = Received({"x-slack-retry-num": "1"}, envelope(text="Hello"))
    assert SOURCE.delivery_id(first) == SOURCE.delivery_id(retry) == "Ev1"
    assert SOURCE.delivery_id(Received({}, b'{"event_id": [1]}')) == ""


def test_a_message_is_a_report() -> None:
    found = report(
        envelope(
            text="Total is wrong\nBy a cent &amp; more, <@U2>", user_profile={"real_name": "Ann"}
        ),
        domain="acme",
    )
    assert (found.title, found.author) == ("Total is wrong", "Ann")
    assert found.body == "Total is wrong\nBy a cent & more, @U2"
    assert found.external_id == f"{CHANNEL}:{TS}"
    assert found.url == f"https://acme.slack.com/archives/{CHANNEL}/p1772366000000100"
    assert found.occurred_at == found.revised_at == datetime.fromtimestamp(1772366000.0001, UTC)
    assert report(envelope(text="x")).url == ""
    assert report(envelope(text="x"), domain="evil.com/").url == ""


def test_only_chosen_channels_are_read() -> None:
    assert isinstance(read(envelope(text="x"), channels=["C999"]), Filtered)
    assert report(envelope(text="x"), channels=[CHANNEL]).body == "x"


@pytest.mark.parametrize(
    "event",
    [
        {"subtype": "channel_join", "text": "has joined"},
        {"subtype": "bot_message", "text": "Build failed", "bot_id": "B1"},
        {"text": "Build failed", "bot_id": "B1"},
        {"text": "  "},
        {"type": "app_mention", "text": "Hello"},
        {"type": "reaction_added"},
        {"subtype": "message_changed", "message": {"ts": TS, "text": "x"}},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted", "deleted_ts": "x"},
        {"subtype": "message_replied", "message": {"ts": TS, "text": "x"}},
    ],
)
def test_what_nobody_wrote_is_left_out_with_the_reason(event: dict[str, Any]) -> None:
    one = read(envelope(**event))
    assert isinstance(one, Filtered)
    assert one.reason.endswith(".")


def test_programs_may_be_wanted() -> None:
    event = {"bot_id": "B1", "text": "", "attachments": [{"fallback": "Total is wrong"}]}
    assert report(envelope(**event), bots=True).body == "Total is wrong"


def test_an_edit_is_a_later_state_of_the_same_report() -> None:
    message = {
        "ts": TS,
        "user": "U1",
        "text": "Better words",
        "edited": {"ts": "1772366100.000000"},
    }
    found = report(
        envelope(
            subtype="message_changed",
            message=message,
            previous_message={"ts": TS, "text": "Words"},
            ts="1772366100.000200",
        )
    )
    assert (found.external_id, found.body) == (f"{CHANNEL}:{TS}", "Better words")
    assert found.revised_at == datetime.fromtimestamp(1772366100, UTC)


def test_a_preview_of_a_link_is_no_edit() -> None:
    message = {"ts": TS, "text": "Words", "edited": {"ts": "1772366100.000000"}}
    event = envelope(subtype="message_changed", message=message, previous_message=message)
    assert isinstance(read(event), Filtered)


def test_a_deleted_message_is_closed() -> None:
    found = report(
        envelope(
            subtype="message_deleted",
            deleted_ts=TS,
            ts="1772366200.000000",
            previous_message={"ts": TS, "text": "A secret"},
        )
    )
    assert found.archived
    assert (found.external_id, found.title, found.body) == (f"{CHANNEL}:{TS}", "", "")


def test_a_reply_is_a_comment_of_its_thread() -> None:
    found = report(envelope(text="Same here", ts="1772366300.000300", thread_ts=TS), domain="acme")
    assert found.external_id == f"{CHANNEL}:{TS}"
    assert found.revised_at is None
    assert found.comments is not None
    (comment,) = found.comments
    assert (comment.external_id, comment.body) == (f"{CHANNEL}:1772366300.000300", "Same here")
    assert comment.url.endswith(f"/p1772366300000300?thread_ts={TS}&cid={CHANNEL}")


def test_the_first_message_of_a_thread_is_no_reply() -> None:
    assert report(envelope(text="Total is wrong", thread_ts=TS)).comments is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 50_000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    assert isinstance(read(body), Refused)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<https://example.com|our shop>", "our shop (https://example.com)"),
        ("<https://example.com>", "https://example.com"),
        ("<mailto:a@b.co|a@b.co>", "a@b.co"),
        ("<#C1|general> <!here> <!subteam^S1|@support>", "#general @here @support"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt;", "1 < 2 && 3 > 2 &lt;"),
    ],
)
def test_marks_become_plain_text(text: str, shown: str) -> None:
    assert plain(text) == shown

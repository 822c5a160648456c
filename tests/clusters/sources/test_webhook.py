"""Any program may post, when it signs; the settings say where in its JSON a report is."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clusters.sources.base import IncomingReport, Read, Received, Refused, Unverified
from clusters.sources.webhook import WebhookSource, check_config, preview

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "whsec_of-this-test"
SOURCE = WebhookSource()


def digest(payload: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()


def stamped(
    body: bytes, *, at: datetime = NOW, secret: str = SECRET, time: str | None = None
) -> Received:
    seconds = str(int(at.timestamp())) if time is None else time
    header = f"t={seconds},v1={digest(seconds.encode() + b'.' + body, secret)}"
    return Received({"x-soulcaster-signature": header}, body)


def plain(body: bytes, secret: str = SECRET) -> Received:
    return Received({"x-hub-signature-256": f"sha256={digest(body, secret)}"}, body)


def refused(received: Received, now: datetime = NOW) -> str:
    with pytest.raises(Unverified) as caught:
        SOURCE.verify(received, SECRET, now)
    return str(caught.value)


def test_both_schemes_are_understood() -> None:
    SOURCE.verify(stamped(b"{}"), SECRET, NOW)
    SOURCE.verify(plain(b"{}"), SECRET, NOW)


def test_one_of_several_signatures_is_enough_while_a_secret_changes() -> None:
    good = stamped(b"{}").headers["x-soulcaster-signature"]
    old = digest(b"whatever", "the old one")
    SOURCE.verify(Received({"x-soulcaster-signature": f"{good},v1={old}"}, b"{}"), SECRET, NOW)


@pytest.mark.parametrize("away", [timedelta(seconds=301), -timedelta(seconds=301)])
def test_five_minutes_are_the_limit(away: timedelta) -> None:
    assert "clocks" in refused(stamped(b"{}", at=NOW + away))
    SOURCE.verify(stamped(b"{}", at=NOW + away * 0.9), SECRET, NOW)


def test_nothing_else_is_believed() -> None:
    told = stamped(b"{}")
    changed = Received(told.headers, b'{"a": 1}')
    later = told.headers["x-soulcaster-signature"].replace("t=1", "t=2", 1)
    for received in (
        changed,
        Received({"x-soulcaster-signature": later}, b"{}"),
        Received({}, b"{}"),
        Received({"x-soulcaster-signature": ""}, b"{}"),
        Received({"x-soulcaster-signature": "t=,v1="}, b"{}"),
        Received({"x-soulcaster-signature": "v1=" + "0" * 64}, b"{}"),
        Received({"x-soulcaster-signature": "t=١٢٣,v1=é\udcff"}, b"{}"),
        stamped(b"{}", secret="another"),
        stamped(b"{}", time="1e9"),
        plain(b"{}", "another"),
        Received({"x-hub-signature-256": "sha1=abc"}, b"{}"),
        Received({"x-hub-signature-256": ""}, b"{}"),
    ):
        sentence = refused(received, datetime.fromtimestamp(1_772_366_400, UTC))
        assert SECRET not in sentence


def test_who_sends_the_same_again_cannot_give_it_another_id() -> None:
    told = stamped(b"{}")
    header = told.headers["x-soulcaster-signature"]
    again = Received({"x-soulcaster-signature": f"{header},v1={'0' * 64}", "x-id": "new"}, b"{}")
    SOURCE.verify(again, SECRET, NOW)
    assert SOURCE.delivery_id(again) == SOURCE.delivery_id(told)
    assert SOURCE.delivery_id(told) != SOURCE.delivery_id(stamped(b"{}", at=NOW + timedelta(1)))
    assert SOURCE.delivery_id(plain(b"{}")) == SOURCE.delivery_id(plain(b"{}"))


def test_a_ping_is_no_report() -> None:
    assert SOURCE.greeting(Received({"x-github-event": "ping"}, b"{}")) is not None
    assert SOURCE.greeting(Received({}, b"{}")) is None


# --- reading ---------------------------------------------------------------------------------


def reports(config: dict[str, Any], sample: object) -> list[IncomingReport]:
    found = preview(config, json.dumps(sample))
    assert all(isinstance(one, IncomingReport) for one in found), found
    return [one for one in found if isinstance(one, IncomingReport)]


MAPPING = {
    "title": "ticket.subject",
    "body": "ticket.messages[0].text | ticket.note",
    "author": "ticket.from",
    "external_id": "ticket.id",
    "url": "ticket.link",
    "occurred_at": "ticket.at",
    "revised_at": "ticket.changed",
}
TICKET = {
    "subject": "Total is wrong",
    "messages": [{"text": "By a cent."}],
    "from": {"name": "Ann"},
    "id": 4711,
    "link": "https://desk.example.com/4711",
    "at": "2026-02-01T10:00:00Z",
    "changed": 1_770_000_000,
    "plan": "gold",
}


def test_a_mapping_says_where_everything_is() -> None:
    (report,) = reports({"mapping": MAPPING, "extra": {"plan": "ticket.plan"}}, {"ticket": TICKET})
    assert (report.title, report.body, report.author) == ("Total is wrong", "By a cent.", "Ann")
    assert (report.external_id, report.url) == ("4711", "https://desk.example.com/4711")
    assert report.occurred_at == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert report.revised_at == datetime.fromtimestamp(1_770_000_000, UTC)
    assert report.metadata["plan"] == "gold"


def test_a_list_is_many_reports_and_each_one_counts_by_itself() -> None:
    config = {"mapping": {"items": "data.rows", "title": "t", "external_id": "id"}}
    rows = [{"t": "One", "id": 1}, {"t": "", "id": 2}, 7, {"t": "Again", "id": 1}]
    found = preview(config, json.dumps({"data": {"rows": rows}}))
    assert [type(one) for one in found] == [IncomingReport, Refused, Refused, Refused]


def test_without_a_mapping_usual_names_are_found() -> None:
    (report,) = reports({}, {"subject": "Total is wrong", "message": "By a cent.", "id": 7})
    assert (report.title, report.body, report.external_id) == ("Total is wrong", "By a cent.", "7")


@pytest.mark.parametrize(
    ("config", "sample", "said"),
    [
        ({}, b"{", "not JSON"),
        ({}, b"\xff\xfe\x00", "not JSON"),
        ({}, b"[" * 100_000, "not JSON"),
        ({}, b'{"colour": 1}', "colour"),
        ({"mapping": {"items": "rows", "title": "t"}}, b'{"other": []}', "rows"),
        ({"mapping": {"title": "a..b"}}, b"{}", "a..b"),
        ({"mapping": {"title": "t"}}, b'{"t": " "}', "no title"),
    ],
)
def test_what_cannot_be_used_is_said(config: dict[str, Any], sample: bytes, said: str) -> None:
    (one,) = preview(config, sample)
    assert isinstance(one, Refused)
    assert said in one.reason


def test_a_list_without_end_is_refused() -> None:
    (one,) = preview({}, json.dumps([{"title": "x"}] * 1_001))
    assert isinstance(one, Refused)


@pytest.mark.parametrize(
    ("config", "wrong"),
    [
        ({}, set()),
        ({"mapping": MAPPING, "scheme": "github"}, set()),
        ({"mapping": {"title": "a..b"}}, {"mapping"}),
        ({"mapping": {"colour": "a"}}, {"mapping"}),
        ({"mapping": {"items": "rows"}}, {"mapping"}),
        ({"mapping": {"title": 7}}, {"mapping"}),
        ({"mapping": [1]}, {"mapping"}),
        ({"extra": {"x": "a["}}, {"extra"}),
        ({"extra": {"x" * 101: "a"}}, {"extra"}),
        ({"scheme": "none"}, {"scheme"}),
    ],
)
def test_settings_are_checked_before_anything_comes(
    config: dict[str, Any], wrong: set[str]
) -> None:
    found = check_config(config)
    assert set(found) == wrong
    assert all(sentence.endswith(".") for sentence in found.values())


def test_an_empty_list_has_no_report() -> None:
    found: list[Read] = preview({"mapping": {"items": "rows", "title": "t"}}, '{"rows": []}')
    assert found == []


def test_a_refusal_holds_nothing_that_a_database_cannot_keep() -> None:
    (one,) = preview({}, json.dumps({"a\0b\ud800": 1}))
    assert isinstance(one, Refused)
    assert "ab" in one.reason
    assert not {"\0", "\ud800"} & set(one.reason)


@pytest.mark.parametrize("depth", range(700, 1000, 5))
def test_what_is_nested_as_deeply_as_can_be_read_is_no_mistake_of_ours(depth: int) -> None:
    (one,) = preview({}, '{"title": "x", "body": ' + "[" * depth + "]" * depth + "}")
    assert isinstance(one, Refused | IncomingReport)

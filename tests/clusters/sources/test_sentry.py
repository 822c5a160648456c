"""Webhooks of Sentry: signed, filtered, with their traces, and one cluster for each issue."""

from __future__ import annotations

import hashlib
import hmac
import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from clusters.sources.base import Filtered, IncomingReport, Read, Received, Refused, Unverified
from clusters.sources.sentry import SentrySource

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECRET = "the-client-secret-of-an-integration"
SOURCE = SentrySource()
AT = "1772366400"

EVENT: dict[str, Any] = {
    "event_id": "e4874d664c3540c1a32eab185f12c5ab",
    "project": 1,
    "platform": "python",
    "datetime": "2026-02-28T18:46:27.381000Z",
    "tags": [["environment", "production"], ["level", "error"], ["release", "shop@1.2.0"]],
    "level": "error",
    "culprit": "shop.basket in total",
    "title": "KeyError: 'coupon'",
    "url": "https://sentry.io/api/0/projects/acme/shop/events/e4874d664c3540c1a32eab185f12c5ab/",
    "web_url": "https://sentry.io/organizations/acme/issues/1117540176/events/e4874d66/",
    "issue_url": "https://sentry.io/api/0/issues/1117540176/",
    "issue_id": "1117540176",
    "user": {"username": "ann"},
    "exception": {
        "values": [
            {
                "type": "KeyError",
                "value": "'coupon'",
                "stacktrace": {
                    "frames": [
                        {
                            "filename": "shop/views.py",
                            "function": "pay",
                            "module": "shop.views",
                            "lineno": 12,
                            "in_app": True,
                        },
                        {
                            "filename": "shop/basket.py",
                            "function": "total",
                            "module": "shop.basket",
                            "lineno": 40,
                            "in_app": True,
                            "context_line": "    return prices[coupon]",
                            "pre_context": ["def total():"],
                            "post_context": [""],
                        },
                    ]
                },
            }
        ]
    },
}
ISSUE: dict[str, Any] = {
    "id": "1117540176",
    "shortId": "SHOP-1",
    "title": "KeyError: 'coupon'",
    "culprit": "shop.basket in total",
    "level": "error",
    "status": "unresolved",
    "platform": "python",
    "project": {"id": "1", "name": "Shop", "slug": "shop"},
    "metadata": {"value": "'coupon'", "type": "KeyError", "filename": "shop/basket.py"},
    "count": "17",
    "userCount": 5,
    "firstSeen": "2026-02-27T20:58:37.391000Z",
    "lastSeen": "2026-02-28T18:46:27.381000Z",
    "web_url": "https://sentry.io/organizations/acme/issues/1117540176/",
}


def body(**data: Any) -> bytes:
    return json.dumps({"action": "triggered", "data": data}).encode()


def read(payload: bytes, resource: str = "event_alert", at: str = AT, **config: Any) -> Read:
    headers = {"sentry-hook-resource": resource, "sentry-hook-timestamp": at}
    (one,) = SOURCE.read(headers, payload, config)
    return one


def report(payload: bytes, resource: str = "event_alert", **config: Any) -> IncomingReport:
    one = read(payload, resource, **config)
    assert isinstance(one, IncomingReport), one
    return one


def issue(**changes: Any) -> bytes:
    return body(issue={**ISSUE, **changes})


# --- who sends -------------------------------------------------------------------------------


def signature(payload: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()


def test_a_signed_body_and_the_secret_in_the_address_are_believed() -> None:
    SOURCE.verify(Received({"sentry-hook-signature": signature(b"{}")}, b"{}"), SECRET, NOW)
    SOURCE.verify(Received({}, b"{}", {"token": SECRET}), SECRET, NOW)


@pytest.mark.parametrize(
    "received",
    [
        Received({}, b"{}"),
        Received({"sentry-hook-signature": signature(b"{}", "another")}, b"{}"),
        Received({"sentry-hook-signature": signature(b"{}")}, b"{ }"),
        Received({"sentry-hook-signature": "é"}, b"{}"),
        Received({}, b"{}", {"token": "another"}),
        Received({"sentry-hook-signature": "wrong"}, b"{}", {"token": "another"}),
    ],
)
def test_nothing_else_is_believed(received: Received) -> None:
    with pytest.raises(Unverified) as caught:
        SOURCE.verify(received, SECRET, NOW)
    assert SECRET not in str(caught.value)


def test_a_request_is_known_by_its_id_else_by_its_body() -> None:
    assert SOURCE.delivery_id(Received({"request-id": "7f3a"}, b"{}")) == "7f3a"
    assert SOURCE.delivery_id(Received({"request-id": "x" * 300}, b"")) == "x" * 200
    one, other = (SOURCE.delivery_id(Received({}, text)) for text in (b"{}", b"[]"))
    assert one != other


def test_what_it_says_about_the_integration_is_no_report() -> None:
    received = Received({"sentry-hook-resource": "installation"}, b"{}")
    assert SOURCE.greeting(received) is not None
    assert SOURCE.greeting(Received({"sentry-hook-resource": "issue"}, b"{}")) is None


def test_no_secret_is_kept() -> None:
    headers = {"sentry-hook-signature": "x", "sentry-hook-resource": "issue", "cookie": "y"}
    kept = SOURCE.kept_headers(Received(headers, b"{}", {"token": SECRET}))
    assert kept == {"sentry-hook-resource": "issue", "sentry-hook-timestamp": ""}


# --- what is said ----------------------------------------------------------------------------


@pytest.mark.parametrize("resource", ["event_alert", "error"])
def test_an_event_is_a_report_with_its_trace(resource: str) -> None:
    found = report(body(**{"event" if resource == "event_alert" else "error": EVENT}), resource)
    assert found.title == "KeyError: 'coupon'"
    assert (found.external_id, found.author) == (EVENT["event_id"], "ann")
    assert found.url == EVENT["web_url"]
    assert found.occurred_at == datetime(2026, 2, 28, 18, 46, 27, 381000, tzinfo=UTC)
    (exception,) = found.trace
    assert [frame["function"] for frame in exception["frames"]] == ["pay", "total"]
    assert exception["frames"][-1]["context_line"] == "    return prices[coupon]"
    assert "shop/basket.py" in found.body
    assert found.metadata["environment"] == "production"
    assert found.metadata["release"] == "shop@1.2.0"


def test_everything_about_an_issue_has_its_fingerprint() -> None:
    without_id = {name: value for name, value in EVENT.items() if name != "issue_id"}
    legacy = {"id": "1117540176", "project_slug": "shop", "event": EVENT, "message": "x"}
    marks = {
        report(body(event=EVENT)).fingerprint,
        report(body(error=without_id), "error").fingerprint,
        report(issue(), "issue").fingerprint,
        report(json.dumps(legacy).encode(), "").fingerprint,
    }
    assert marks == {"sentry:1117540176"}


def test_an_issue_is_a_report_that_follows_its_state() -> None:
    found = report(issue(), "issue")
    assert (found.external_id, found.title) == ("issue:1117540176", "KeyError: 'coupon'")
    assert found.revised_at == datetime.fromtimestamp(int(AT), UTC)
    assert not found.archived
    assert found.metadata["users"] == "5"
    for state in ("resolved", "ignored", "archived"):
        assert report(issue(status=state), "issue").archived


def test_an_issue_without_a_state_is_what_was_done_to_it() -> None:
    told = {"action": "resolved", "data": {"issue": {**ISSUE, "status": None}}}
    assert report(json.dumps(told).encode(), "issue").archived


def test_the_older_webhook_of_a_project_is_read() -> None:
    event = deepcopy(EVENT)
    event["sentry.interfaces.Exception"] = event.pop("exception")
    told = {"id": "7", "project_slug": "shop", "level": "error", "url": EVENT["web_url"]}
    found = report(json.dumps({**told, "event": event}).encode(), "")
    assert found.trace[0]["type"] == "KeyError"
    assert (found.url, found.fingerprint) == (EVENT["web_url"], "sentry:7")


def test_a_comment_goes_to_its_issue() -> None:
    data = {"comment": "Also on Tuesdays.", "comment_id": 9, "issue_id": 1117540176}
    told = {"data": data, "actor": {"name": "Ben"}}
    found = report(json.dumps(told).encode(), "comment")
    assert (found.external_id, found.title, found.body) == ("issue:1117540176", "", "")
    assert found.comments is not None
    assert (found.comments[0].body, found.comments[0].author) == ("Also on Tuesdays.", "Ben")
    deleted = json.dumps({**told, "action": "deleted"}).encode()
    assert isinstance(read(deleted, "comment"), Filtered)


# --- what is wanted --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "config",
    [
        {"environments": ["staging"]},
        {"levels": ["fatal"]},
        {"projects": ["blog"]},
        {"environments": ["production"], "levels": ["error"], "projects": ["blog"]},
    ],
)
def test_what_is_not_wanted_is_left_out_with_the_reason(config: dict[str, Any]) -> None:
    one = read(body(event=EVENT), **config)
    assert isinstance(one, Filtered)
    assert one.reason.endswith(".")


@pytest.mark.parametrize(
    "config",
    [
        {"environments": ["production", "staging"]},
        {"levels": ["error"]},
        {"projects": ["Shop"]},
        {"projects": ["1"]},
        {"projects": [], "levels": [], "environments": []},
    ],
)
def test_what_is_wanted_is_read(config: dict[str, Any]) -> None:
    assert report(body(event=EVENT), **config).title


def test_issues_are_chosen_by_project_and_level_too() -> None:
    assert isinstance(read(issue(), "issue", projects=["blog"]), Filtered)
    assert isinstance(read(issue(), "issue", levels=["fatal"]), Filtered)
    assert report(issue(), "issue", projects=["shop"], levels=["error"]).title


def test_an_issue_makes_no_report_where_only_some_environments_are_wanted() -> None:
    """It does not say in which it happened, but that it is settled is worth knowing."""
    found = report(issue(status="resolved"), "issue", environments=["production"])
    assert (found.title, found.body, found.archived) == ("", "", True)


@pytest.mark.parametrize("payload", [b"", b"{", b"[1]", b"\xff", b"[" * 50_000])
def test_what_is_no_json_is_refused(payload: bytes) -> None:
    assert isinstance(read(payload), Refused)


@pytest.mark.parametrize("data", [{}, {"issue": 7}, {"event": []}, {"metric_alert": {}}])
def test_what_tells_of_no_error_is_left_out(data: dict[str, Any]) -> None:
    assert isinstance(read(body(**data), "event_alert"), Filtered)


def test_a_time_to_come_that_nobody_signed_is_not_believed() -> None:
    for seconds, known in ((0, True), (86_400 * 365, False)):
        at = str(int(datetime.now(UTC).timestamp()) + seconds)
        kept = SOURCE.kept_headers(Received({"sentry-hook-timestamp": at}, b"{}"))
        assert (kept["sentry-hook-timestamp"] == at) is known

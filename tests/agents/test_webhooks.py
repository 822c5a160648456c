"""The door for webhooks: who may come in, and what the answer is."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from agents import queue, webhooks
from agents.models import WebhookDelivery
from tests.agents.hooks import SECRET, URL, post, pull_request, signature

PING = {"zen": "Keep it logically awesome.", "hook_id": 1}
BODY = json.dumps(PING).encode()

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def secret(settings: Settings) -> None:
    settings.GITHUB_WEBHOOK_SECRETS = [SECRET]


@pytest.fixture
def outsider() -> Client:
    """Nobody is signed in, and CSRF is checked as on the real site."""
    return Client(enforce_csrf_checks=True)


def test_a_delivery_is_kept_and_handed_to_a_worker(
    outsider: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(queue, "send", lambda task, row: sent.append((task, row)))
    delivery = str(uuid.uuid4())
    payload = pull_request("opened", "10:00:00")
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(outsider, payload, delivery=delivery)
    row = WebhookDelivery.objects.get()
    assert (answer.status_code, answer.json()) == (202, {"received": True})  # type: ignore[attr-defined]
    assert (str(row.delivery_id), row.event, row.action) == (delivery, "pull_request", "opened")
    assert (row.repository, row.repository_id) == ("till/shop", 4711)
    assert json.loads(row.body) == payload
    assert (row.processed_at, row.outcome, row.attempts) == (None, "", 0)
    assert sent == [("agents.handle_delivery", row.pk)]


def test_the_same_delivery_again_is_one_row_and_one_message(
    outsider: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(queue, "send", lambda task, row: sent.append(row))
    delivery = str(uuid.uuid4())
    with django_capture_on_commit_callbacks(execute=True):
        codes = [post(outsider, PING, event="ping", delivery=delivery).status_code for _ in "abc"]
    assert codes == [202, 200, 200]
    assert sent == [WebhookDelivery.objects.get().pk]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest(),
        signature(BODY).removeprefix("sha256="),
        signature(BODY).upper(),
        "sha256=" + signature(BODY)[7:].upper(),
        signature(BODY)[:-1],
        signature(BODY) + "0",
        signature(BODY) + "\n",
        " " + signature(BODY) + " x",
        signature(BODY, "another-secret"),
        signature(BODY, ""),
        signature(json.dumps(PING, separators=(",", ":")).encode()),
        "sha256=" + "é" * 64,
    ],
    ids=[
        "missing",
        "sha1",
        "no name",
        "all upper-case",
        "upper-case hex",
        "short",
        "long",
        "line end",
        "blanks",
        "another secret",
        "no secret",
        "body written anew",
        "no hex",
    ],
)
def test_a_wrong_signature_is_refused(outsider: Client, header: str) -> None:
    answer = post(outsider, BODY, event="ping", X_Hub_Signature_256=header)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")  # type: ignore[attr-defined]
    assert not WebhookDelivery.objects.exists()


def test_the_old_signature_alone_is_not_enough(outsider: Client) -> None:
    sha1 = "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()
    headers = {"X-Hub-Signature": sha1, "X-GitHub-Event": "ping"}
    answer = outsider.post(URL, BODY, content_type="application/json", headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("secrets", "signed_with", "status"),
    [
        (["new-secret", SECRET], "new-secret", 202),
        (["new-secret", SECRET], SECRET, 202),
        (["new-secret"], SECRET, 401),
        (["new-secret", "newer-secret"], SECRET, 401),
    ],
)
def test_both_secrets_hold_while_one_replaces_the_other(
    outsider: Client, settings: Settings, secrets: list[str], signed_with: str, status: int
) -> None:
    settings.GITHUB_WEBHOOK_SECRETS = secrets
    answer = post(outsider, BODY, event="ping", X_Hub_Signature_256=signature(BODY, signed_with))
    assert answer.status_code == status


def test_without_a_secret_there_is_no_door(outsider: Client, settings: Settings) -> None:
    settings.GITHUB_WEBHOOK_SECRETS = []
    answer = post(outsider, BODY, event="ping", X_Hub_Signature_256=signature(BODY, ""))
    assert answer.status_code == 404
    assert "GITHUB_WEBHOOK_SECRET" in answer.json()["detail"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X_GitHub_Delivery": ""}, "delivery_missing"),
        ({"X_GitHub_Delivery": "1; drop table"}, "delivery_missing"),
        ({"X_GitHub_Event": ""}, "event_missing"),
        ({"X_GitHub_Event": "Pull Request"}, "event_missing"),
        ({"X_GitHub_Event": "x" * 65}, "event_missing"),
    ],
)
def test_headers_that_cannot_be_kept_are_refused(
    outsider: Client, headers: dict[str, str], code: str
) -> None:
    answer = post(outsider, BODY, event="ping", **headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"\x00",
        b'{"a": "\x00"}',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"n": ' + b"9" * 5000 + b"}",
    ],
    ids=range(11),
)
def test_what_is_no_json_object_is_refused(outsider: Client, body: bytes) -> None:
    answer = post(outsider, body, event="ping")
    assert (answer.status_code, answer.json()["code"]) == (400, "payload_invalid")  # type: ignore[attr-defined]


def test_a_payload_may_come_as_a_form(outsider: Client) -> None:
    payload = pull_request("opened", "10:00:00", title="Zürich & “more” = 1")
    body = urlencode({"payload": json.dumps(payload)}).encode()
    answer = post(outsider, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 202
    assert json.loads(WebhookDelivery.objects.get().body) == payload


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"&", "application/x-www-form-urlencoded", 400),
        (b"other=1", "application/x-www-form-urlencoded", 400),
        (b"payload=%7B", "application/x-www-form-urlencoded", 400),
        (b"payload=%FF", "application/x-www-form-urlencoded", 400),
        (b"a=1&b=1&c=1&d=1&e=1&f=1", "application/x-www-form-urlencoded", 400),
        (BODY, "application/json; charset=utf-8", 202),
        (BODY, "text/plain", 415),
        (BODY, "multipart/form-data; boundary=x", 415),
    ],
)
def test_content_types(outsider: Client, body: bytes, content_type: str, status: int) -> None:
    assert post(outsider, body, event="ping", content_type=content_type).status_code == status


def padded(size: int) -> bytes:
    """A payload of exactly so many bytes."""
    return b'{"zen": "' + b"x" * (size - 11) + b'"}'


def test_the_largest_body_is_kept_within_ten_seconds(outsider: Client) -> None:
    began = time.monotonic()
    answer = post(outsider, padded(webhooks.LARGEST), event="ping")
    assert answer.status_code == 202
    assert time.monotonic() - began < 10
    assert len(WebhookDelivery.objects.get().body) == webhooks.LARGEST


def test_a_larger_body_is_refused(outsider: Client) -> None:
    answer = post(outsider, padded(webhooks.LARGEST + 1), event="ping")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")  # type: ignore[attr-defined]


class Refusing:
    """A body that nobody may read."""

    def read(self, *_: int) -> bytes:
        raise AssertionError("It was read.")

    readline = read


def test_a_body_that_says_it_is_larger_is_not_read(outsider: Client) -> None:
    length = str(webhooks.LARGEST + 1)
    unread: dict[str, Any] = {"CONTENT_LENGTH": length, "wsgi.input": Refusing()}
    answer = outsider.generic("POST", URL, **unread)
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_it_is_told_to_and_never_asked(outsider: Client, method: str) -> None:
    assert getattr(outsider, method)(URL).status_code == 405


def test_an_event_that_nobody_knows_is_kept_too(outsider: Client) -> None:
    assert post(outsider, {"action": "created"}, event="marketplace_purchase").status_code == 202
    assert WebhookDelivery.objects.get().event == "marketplace_purchase"


def test_odd_values_are_kept_in_the_body_only(outsider: Client) -> None:
    odd = {"action": "x\x00" * 90, "repository": {"id": 10**30, "full_name": ["a"], "x": "\ud800"}}
    assert post(outsider, odd).status_code == 202
    row = WebhookDelivery.objects.get()
    assert (row.action, row.repository, row.repository_id) == ("x" * 32, "", None)
    assert json.loads(row.body) == odd

"""The address that other systems post to: checked, kept, answered; and nothing learnt from refusals."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import time
import zlib
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from clusters.models import Intake, Project, Source, SourceDay
from clusters.services import intake
from clusters.sources.webhook import WebhookSource
from credentials.models import SharedSecret, Team
from credentials.services import shared_secrets
from tests import factories

KEY, SECRET = "0123456789abcdef0123456789abcdef", "whsec_of-this-test-alone"
BODY = json.dumps({"title": "Total is wrong", "id": "1"}).encode()


@pytest.fixture
def secret(team: Team) -> SharedSecret:
    return shared_secrets.create(team, "source", SECRET, None)


@pytest.fixture
def source(project: Project, secret: SharedSecret) -> Source:
    return factories.make_source(
        project, kind="webhook", name="Desk", public_key=KEY, secret=secret
    )


@pytest.fixture
def outside() -> Client:
    """Nobody, from somewhere else: no session and no token of a form."""
    return Client(enforce_csrf_checks=True)


def signature(body: bytes, secret: str = SECRET, seconds: int | None = None) -> str:
    seconds = int(time.time()) if seconds is None else seconds
    text = f"{seconds}.".encode() + body
    return f"t={seconds},v1={hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()}"


def post(
    client: Client, body: bytes = BODY, *, key: str = KEY, kind: str = "webhook", **options: Any
) -> HttpResponse:
    headers = {"X-Soulcaster-Signature": signature(body), **options.pop("headers", {})}
    options.setdefault("content_type", "application/json")
    path = f"/in/{kind}/{key}{options.pop('query', '')}"
    return client.post(path, body, headers=headers, **options)  # type: ignore[return-value]


def refusal(response: HttpResponse) -> tuple[int, str]:
    told = json.loads(response.content)
    assert told["detail"].endswith((".", "?")), told
    assert SECRET not in response.content.decode()
    return response.status_code, told["code"]


def test_what_is_signed_is_kept_and_read_later(outside: Client, source: Source) -> None:
    response = post(outside)
    assert (response.status_code, response.json()) == (202, {"received": True})  # type: ignore[attr-defined]
    assert bytes(Intake.objects.get().body) == BODY
    assert not source.items.exists()
    intake.read_waiting(source.pk)
    assert source.items.get().title == "Total is wrong"


def test_the_same_again_is_known(outside: Client, source: Source) -> None:
    headers = {"X-Soulcaster-Signature": signature(BODY)}
    assert post(outside, headers=headers).status_code == 202
    again = post(outside, headers=headers)
    assert (again.status_code, again.json()) == (200, {"received": False})  # type: ignore[attr-defined]
    assert Intake.objects.count() == 1


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1,v1=0",
        signature(BODY, "another"),
        signature(b"other"),
        signature(BODY, seconds=int(time.time()) - 400),
    ],
    ids=["none", "nonsense", "another secret", "another body", "old"],
)
def test_what_is_not_signed_is_sent_away(outside: Client, source: Source, header: str) -> None:
    response = post(outside, headers={"X-Soulcaster-Signature": header})
    assert refusal(response) == (401, "signature_invalid")
    assert not Intake.objects.exists()
    source.refresh_from_db()
    assert source.last_error.startswith("Something was sent that could not be checked.")


def test_the_page_is_not_written_to_for_every_wrong_request(
    outside: Client, source: Source
) -> None:
    post(outside, headers={"X-Soulcaster-Signature": ""})
    first = Source.objects.get().last_error_at
    post(outside, headers={"X-Soulcaster-Signature": ""})
    assert Source.objects.get().last_error_at == first


@pytest.mark.parametrize(
    ("kind", "key"), [("webhook", "f" * 32), ("slack", KEY), ("nonsense", KEY), ("api", KEY)]
)
def test_an_unknown_address_tells_nothing(
    outside: Client, source: Source, kind: str, key: str
) -> None:
    assert refusal(post(outside, kind=kind, key=key)) == (404, "source_not_found")


def test_a_paused_source_takes_nothing(outside: Client, source: Source) -> None:
    Source.objects.update(enabled=False)
    assert refusal(post(outside)) == (403, "source_paused")


def test_a_source_without_a_secret_takes_nothing(outside: Client, source: Source) -> None:
    Source.objects.update(secret=None)
    assert refusal(post(outside)) == (409, "secret_missing")
    assert not Intake.objects.exists()


def test_a_secret_that_cannot_be_read_is_our_trouble(
    outside: Client, source: Source, secret: SharedSecret, settings: Settings
) -> None:
    SharedSecret.objects.update(ciphertext=secret.ciphertext[:-4] + "AAAA")
    assert refusal(post(outside)) == (503, "secret_unreadable")
    source.refresh_from_db()
    assert "cannot be read" in source.last_error


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "options"])
def test_only_posts_are_answered(outside: Client, source: Source, method: str) -> None:
    assert getattr(outside, method)(f"/in/webhook/{KEY}").status_code == 405


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", ""])
def test_only_json_is_read(outside: Client, source: Source, content_type: str) -> None:
    assert refusal(post(outside, content_type=content_type)) == (415, "type_unknown")


# --- size ------------------------------------------------------------------------------------


def test_a_body_that_says_it_is_too_large_is_not_read(
    outside: Client, source: Source, settings: Settings
) -> None:
    settings.SOURCE_LARGEST = 1024
    assert refusal(post(outside, b"x" * 1025)) == (413, "too_large")
    assert refusal(post(outside, CONTENT_LENGTH="9" * 40)) == (413, "too_large")


def test_what_is_compressed_is_checked_and_kept_as_it_was_before(
    outside: Client, source: Source
) -> None:
    signed = {"X-Soulcaster-Signature": signature(BODY)}
    for number, (name, packed) in enumerate(
        (("gzip", gzip.compress(BODY)), ("deflate", zlib.compress(BODY)), ("identity", BODY))
    ):
        headers = {**signed, "Content-Encoding": name}
        assert post(outside, packed, headers=headers).status_code == (200 if number else 202)
    assert bytes(Intake.objects.get().body) == BODY


def test_a_bomb_is_not_unpacked(outside: Client, source: Source) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    response = post(outside, bomb, headers={"Content-Encoding": "gzip"})
    assert refusal(response) == (413, "too_large")


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("gzip", BODY, (400, "body_damaged")),
        ("gzip", gzip.compress(BODY)[:-4], (400, "body_damaged")),
        ("gzip", gzip.compress(BODY) * 2, (400, "body_damaged")),
        ("br", BODY, (415, "encoding_unknown")),
        ("gzip, gzip", gzip.compress(gzip.compress(BODY)), (415, "encoding_unknown")),
    ],
    ids=["not packed", "half", "two", "brotli", "twice"],
)
def test_what_cannot_be_unpacked_is_said(
    outside: Client, source: Source, encoding: str, body: bytes, expected: tuple[int, str]
) -> None:
    assert refusal(post(outside, body, headers={"Content-Encoding": encoding})) == expected


# --- too much --------------------------------------------------------------------------------


def test_a_source_that_sends_too_much_is_told_when_to_come_back(
    outside: Client, source: Source, settings: Settings
) -> None:
    settings.SOURCE_PER_MINUTE = 2
    answers = [post(outside, json.dumps({"title": str(n)}).encode()) for n in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert refusal(answers[2]) == (429, "rate_limited")
    assert int(answers[2]["Retry-After"]) >= 1
    assert SourceDay.objects.get(source=source).limited == 1
    assert Intake.objects.count() == 2


def test_strangers_use_up_nothing_of_a_sources_minute(
    outside: Client, source: Source, settings: Settings
) -> None:
    settings.SOURCE_PER_MINUTE = 1
    for _ in range(5):
        post(outside, headers={"X-Soulcaster-Signature": "t=1,v1=0"})
    assert post(outside).status_code == 202


# --- greetings -------------------------------------------------------------------------------


def slack_headers(body: bytes, secret: str = SECRET) -> dict[str, str]:
    now = str(int(time.time()))
    mark = hmac.new(secret.encode(), f"v0:{now}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={mark}"}


CHALLENGE = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"}).encode()


def test_slacks_challenge_is_answered(outside: Client, source: Source) -> None:
    Source.objects.update(kind="slack")
    answer = post(outside, CHALLENGE, kind="slack", headers=slack_headers(CHALLENGE))
    assert (answer.status_code, answer.content) == (200, b"3eZbrw1a")
    assert answer["Content-Type"] == "text/plain"
    assert not Intake.objects.exists()


def test_it_is_answered_before_the_secret_is_known_but_never_against_it(
    outside: Client, source: Source
) -> None:
    Source.objects.update(kind="slack")
    forged = slack_headers(CHALLENGE, "another")
    assert post(outside, CHALLENGE, kind="slack", headers=forged).status_code == 401
    Source.objects.update(secret=None)
    assert post(outside, CHALLENGE, kind="slack", headers=forged).status_code == 200


def test_a_secret_in_the_address_is_neither_kept_nor_logged(
    outside: Client, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    Source.objects.update(kind="sentry")
    body = json.dumps({"id": "7", "event": {"event_id": "e", "message": "x"}}).encode()
    caplog.set_level("DEBUG")
    assert post(outside, body, kind="sentry", query=f"?token={SECRET}").status_code == 202
    row = Intake.objects.get()
    assert SECRET not in f"{row.headers}{bytes(row.body)!r}{row.delivery_id}{caplog.text}"


ENCODINGS = st.sampled_from(["", "gzip", "deflate", "br", "identity", "x"])


@examples(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["webhook", "sentry", "slack"]),
    body=st.binary(max_size=60) | st.just(BODY),
    encoding=ENCODINGS,
    signed=st.booleans(),
    header=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40),
)
def test_nothing_that_is_sent_breaks_anything(
    outside: Client,
    source: Source,
    kind: str,
    body: bytes,
    encoding: str,
    signed: bool,
    header: str,
) -> None:
    Source.objects.update(kind=kind)
    mark = signature(body) if signed else header
    names = ("Sentry-Hook-Signature", "X-Slack-Signature", "Request-ID", "Sentry-Hook-Resource")
    headers = {**dict.fromkeys(names, header), "X-Soulcaster-Signature": mark}
    sent = {**headers, "Content-Encoding": encoding}
    assert post(outside, body, kind=kind, headers=sent).status_code < 500
    intake.read_waiting(source.pk)
    assert not Intake.objects.filter(state="waiting").exists()


def test_what_is_not_signed_is_not_looked_into(
    outside: Client, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WebhookSource, "greeting", lambda *given: 1 / 0)
    response = post(outside, headers={"X-Soulcaster-Signature": "t=1,v1=0"})
    assert refusal(response) == (401, "signature_invalid")

"""What Sentry's SDKs are answered, in the words of their protocol."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.db import DataError, OperationalError

from clusters.models import FeedbackItem, Intake, Project, Source, SourceDay
from clusters.services import intake
from clusters.services.intake import envelopes as service
from clusters.services.intake import keeping
from clusters.services.intake.together import Full, Together
from clusters.sources import envelopes as protocol
from clusters.sources.envelopes import SENT_LIMIT, Envelope
from clusters.views import envelopes
from tests.factories import make_source

# What is sent is kept by a thread with a connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def asked() -> Iterator[mock.Mock]:
    """No broker runs in these tests; and every test begins without knowing a source."""
    with mock.patch("clusters.queue.send") as send, mock.patch.dict(keeping._sources, clear=True):
        yield send


@pytest.fixture(autouse=True)
def together() -> Iterator[None]:
    """A database that a thread of another test still holds could not be removed."""
    yield
    envelopes._together().close()
    envelopes._together.cache_clear()


@pytest.fixture
def source(project: Project) -> Source:
    return make_source(project, kind=Source.Kind.SDK, name="Till", public_key=KEY)


@dataclass(frozen=True)
class Answer:
    """What an SDK gets."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """A request, on its way through the application."""

    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("X-Sentry-Auth", f"Sentry sentry_key={KEY}"),)
    method: str = "POST"
    query: str = ""

    @property
    def scope(self) -> dict[str, Any]:
        """As a server gives it."""
        return {
            "type": "http",
            "method": self.method,
            "path": self.path,
            "query_string": self.query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in self.headers],
        }


async def passed(*requests: Sent) -> list[Answer]:
    """The answers to requests that come at the same time."""

    async def one(request: Sent) -> Answer:
        told: list[dict[str, Any]] = []
        middle = len(request.body) // 2
        parts: list[dict[str, Any]] = [
            {"type": "http.request", "body": request.body[:middle], "more_body": True},
            {"type": "http.request", "body": request.body[middle:]},
        ]

        async def receive() -> dict[str, Any]:
            return parts.pop(0)

        async def send(message: dict[str, Any]) -> None:
            told.append(message)

        assert envelopes.is_ours(request.scope)
        await envelopes.application(request.scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in told[0]["headers"]}
        return Answer(told[0]["status"], headers, json.loads(told[1]["body"]))

    return list(await asyncio.gather(*(one(request) for request in requests)))


def post(*requests: Sent) -> list[Answer]:
    return asyncio.run(passed(*requests))


def an_envelope(*kinds: str, event_id: str = "", **header: str) -> bytes:
    event_id = event_id or uuid4().hex
    lines: list[object] = [{"event_id": event_id, **header}]
    for kind in kinds or ("event",):
        lines += [{"type": kind}, {"event_id": event_id, "message": "Drawer open"}]
    return "\n".join(json.dumps(line) for line in lines).encode()


def to(source: Source, body: bytes = b"", **more: Any) -> Sent:
    return Sent(f"/api/{source.pk}/envelope/", body or an_envelope(), **more)


def test_an_event_is_kept_before_it_is_answered(source: Source, asked: mock.Mock) -> None:
    body = an_envelope(event_id="a" * 32)
    (answer,) = post(to(source, body))

    assert (answer.status, answer.body) == (200, {"id": "a" * 32})
    row = Intake.objects.get()
    assert (row.source, row.delivery_id, row.state) == (source, "a" * 32, "waiting")
    assert json.loads(bytes(row.body))["message"] == "Drawer open"
    assert KEY not in json.dumps(row.headers)
    asked.assert_called_once()


def test_what_was_kept_becomes_an_item_with_frames(source: Source) -> None:
    frame = {"filename": "till/day.py", "function": "close_day", "lineno": 12}
    error = {"type": "ValueError", "value": "no", "stacktrace": {"frames": [frame]}}
    event = json.dumps({"exception": {"values": [error]}, "environment": "production"})
    post(to(source, b'{"event_id":"%s"}\n{"type":"event"}\n' % (b"a" * 32) + event.encode()))
    intake.read_waiting(source.pk)

    item = FeedbackItem.objects.get()
    assert (item.title, item.external_id) == ("ValueError: no", "a" * 32)
    assert item.trace[0]["frames"][0]["file"] == "till/day.py"
    assert item.fingerprint.startswith("trace:")
    assert Intake.objects.get().state == Intake.State.DONE


def test_the_same_event_twice_is_one(source: Source) -> None:
    body = an_envelope(event_id="a" * 32)
    answers = post(to(source, body), to(source, body)) + post(to(source, body))

    assert [answer.status for answer in answers] == [200] * 3
    assert Intake.objects.count() == 1


def test_of_many_at_once_each_is_kept_and_has_its_own_answer(source: Source) -> None:
    ids = [uuid4().hex for _ in range(60)]
    answers = post(*(to(source, an_envelope(event_id=event_id)) for event_id in ids))

    assert [answer.body["id"] for answer in answers] == ids
    assert set(Intake.objects.values_list("delivery_id", flat=True)) == set(ids)


@pytest.mark.parametrize("way", ["query", "authorization", "dsn"])
def test_the_key_may_be_in_other_places(source: Source, way: str) -> None:
    body = an_envelope(dsn=f"https://{KEY}@soulcaster.example/{source.pk}" if way == "dsn" else "")
    header = (("Authorization", f"Sentry sentry_key={KEY}"),) if way == "authorization" else ()
    query = f"sentry_key={KEY}&sentry_version=7" if way == "query" else ""
    (answer,) = post(to(source, body, headers=header, query=query))

    assert answer.status == 200
    assert Intake.objects.count() == 1


def test_without_a_key_nothing_is_taken(source: Source) -> None:
    (answer,) = post(to(source, headers=()))

    assert answer.status == 401
    assert answer.headers["x-sentry-error"] == answer.body["detail"]
    assert not Intake.objects.exists()


def test_a_wrong_key_and_a_wrong_source_are_told_alike(project: Project, source: Source) -> None:
    other = make_source(project, kind=Source.Kind.SDK, name="Other", public_key="b" * 32)
    wrong = (("X-Sentry-Auth", f"Sentry sentry_key={'c' * 32}"),)
    answers = post(
        to(source, headers=wrong), to(other), Sent("/api/999999/envelope/", an_envelope())
    )

    assert [answer.status for answer in answers] == [403] * 3
    assert len({answer.body["detail"] for answer in answers}) == 1
    assert not Intake.objects.exists()


def test_a_key_of_another_kind_of_source_opens_nothing(project: Project) -> None:
    form = make_source(project, kind=Source.Kind.FORM, name="Form", public_key=KEY)

    assert [answer.status for answer in post(to(form))] == [403]


def test_a_paused_source_says_so(source: Source) -> None:
    Source.objects.update(enabled=False)
    (answer,) = post(to(source))

    assert answer.status == 403
    assert "paused" in answer.headers["x-sentry-error"]


def test_strangers_do_not_have_their_bodies_unpacked(source: Source) -> None:
    wrong = (
        ("X-Sentry-Auth", f"Sentry sentry_key={'c' * 32}"),
        ("Content-Encoding", "gzip"),
    )
    with mock.patch("clusters.sources.envelopes.unpack") as unpack:
        (answer,) = post(to(source, gzip.compress(an_envelope()), headers=wrong))

    assert answer.status == 403
    unpack.assert_not_called()


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"hello", "", 400),
        (b"", "", 400),
        (gzip.compress(b"x" * 99)[:-9], "gzip", 400),
        (an_envelope(), "zstd", 415),
        (b'{}\n{"type":"event"}\n' + b" " * (2 * 1024 * 1024), "", 413),
        (b" " * (SENT_LIMIT + 1), "", 413),
    ],
    ids=["text", "nothing", "cut", "zstd", "large-event", "large-body"],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(
    source: Source, body: bytes, encoding: str, status: int
) -> None:
    path = f"/api/{source.pk}/envelope/"
    headers = (("X-Sentry-Auth", f"Sentry sentry_key={KEY}"), ("Content-Encoding", encoding))
    bad, good = post(Sent(path, body, headers), to(source))

    assert (bad.status, good.status) == (status, 200)
    assert bad.headers["x-sentry-error"].endswith(".")
    assert Intake.objects.count() == 1


def test_what_could_not_be_used_is_shown_on_the_sources_page(source: Source) -> None:
    (answer,) = post(to(source, b"hello"))
    source.refresh_from_db()

    assert source.last_error == answer.body["detail"]


def test_a_proxy_may_put_all_of_it_into_a_folder() -> None:
    assert envelopes.is_ours({"path": "/soulcaster/api/7/envelope/", "root_path": "/soulcaster"})
    assert not envelopes.is_ours({"path": "/soulcaster/api/7/envelope/", "root_path": ""})


def test_the_rate_of_a_source_is_answered_in_the_protocols_words(source: Source) -> None:
    with mock.patch.object(intake, "allow", return_value=12.2):
        limited, session = post(to(source), to(source, an_envelope("session")))

    assert limited.status == 429
    assert limited.headers["retry-after"] == "13"
    assert limited.headers["x-sentry-rate-limits"] == "13:error:key:rate"
    assert session.status == 200
    assert not Intake.objects.exists()


def test_what_is_sent_away_is_counted(source: Source, settings: Any) -> None:
    settings.SOURCE_PER_MINUTE = 2
    for _ in range(4):
        post(to(source))

    assert Intake.objects.count() == 2
    assert SourceDay.objects.get().limited >= 1


def test_more_than_can_wait_is_answered_with_the_same_words(source: Source) -> None:
    crowded = mock.Mock(spec=Together)
    crowded.add.side_effect = Full
    with mock.patch.object(envelopes, "_together", return_value=crowded):
        (answer,) = post(to(source))

    assert answer.status == 429
    assert answer.headers["x-sentry-rate-limits"] == f"{service.BUSY_SECONDS}:error:key:busy"


def test_while_the_database_is_away_nothing_is_acknowledged(source: Source) -> None:
    with mock.patch.object(intake, "keep", side_effect=OperationalError("away")):
        (answer,) = post(to(source))

    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0


def test_a_defect_of_ours_is_never_an_acknowledgement(source: Source) -> None:
    with mock.patch.object(intake, "keep", side_effect=RuntimeError("a defect")):
        (answer,) = post(to(source))

    assert answer.status == 500
    assert [later.status for later in post(to(source))] == [200]


def test_a_defect_in_one_request_does_not_touch_those_beside_it(source: Source) -> None:
    whole = protocol.parse

    def parse(body: bytes) -> Envelope:
        if b"boom" in body:
            raise RuntimeError("a defect")
        return whole(body)

    with mock.patch.object(protocol, "parse", parse):
        answers = post(to(source), to(source, b"boom"), to(source))

    assert [answer.status for answer in answers] == [200, 500, 200]
    assert Intake.objects.count() == 2


def test_a_source_that_is_removed_meanwhile_takes_nothing(source: Source) -> None:
    post(to(source))
    Source.objects.all().delete()
    (answer,) = post(to(source))

    assert answer.status in {403, 404}
    assert not Intake.objects.exists()


def test_what_is_no_report_is_counted_and_not_kept(source: Source) -> None:
    lost = {
        "discarded_events": [{"reason": "ratelimit_backoff", "category": "error", "quantity": 4}]
    }
    report = b'{}\n{"type":"client_report"}\n' + json.dumps(lost).encode()
    post(to(source, an_envelope("session", "transaction", "replay_event")), to(source, report))

    day = SourceDay.objects.get()
    assert (day.filtered, day.limited) == (2, 4)
    assert not Intake.objects.exists()


def test_feedback_of_a_person_is_kept_beside_the_event_that_it_is_about(source: Source) -> None:
    post(to(source, an_envelope("event", "user_report", event_id="a" * 32)))

    ids = set(Intake.objects.values_list("delivery_id", flat=True))
    assert ids == {"a" * 32, f"user_report:{'a' * 32}"}


def test_browsers_of_other_sites_may_send(source: Source) -> None:
    headers = (("Origin", "https://shop.example"), ("Content-Type", "text/plain;charset=UTF-8"))
    may, sent = post(
        to(source, method="OPTIONS", headers=headers),
        to(source, headers=headers, query=f"sentry_key={KEY}"),
    )

    assert (may.status, sent.status) == (200, 200)
    assert may.headers["access-control-allow-methods"] == "POST"
    assert "X-Sentry-Auth" in may.headers["access-control-allow-headers"]
    for answer in (may, sent):
        assert answer.headers["access-control-allow-origin"] == "*"
    assert "X-Sentry-Rate-Limits" in sent.headers["access-control-expose-headers"]


def test_a_refusal_may_be_read_by_browsers_too(source: Source) -> None:
    (answer,) = post(to(source, headers=()))

    assert answer.headers["access-control-allow-origin"] == "*"


def test_nobody_can_look_at_it(source: Source) -> None:
    (answer,) = post(to(source, method="GET"))

    assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")


def test_the_older_endpoint_takes_one_event(source: Source) -> None:
    event = json.dumps({"event_id": "a" * 32, "message": "Drawer open"}).encode()
    good, bad = post(
        Sent(f"/api/{source.pk}/store/", event), Sent(f"/api/{source.pk}/store/", b"hello")
    )

    assert (good.status, good.body, bad.status) == (200, {"id": "a" * 32}, 400)
    assert Intake.objects.count() == 1


@pytest.mark.parametrize(
    "path",
    ["/api/projects", "/api/1", "/api/envelope/", "/api/x/envelope/", "/api/1/envelope/more",
     "/api/01/envelope/", "/api/1/minidump/", "/xapi/1/envelope/", "/"],
)  # fmt: skip
def test_other_addresses_are_none_of_it(path: str) -> None:
    assert not envelopes.is_ours({"path": path})


def test_half_an_event_is_not_kept_when_its_sender_goes_away(source: Source) -> None:
    request = to(source, an_envelope(event_id="a" * 32))
    parts: list[dict[str, Any]] = [
        {"type": "http.request", "body": request.body[:-5], "more_body": True},
        {"type": "http.disconnect"},
    ]
    told: list[Any] = []

    async def receive() -> dict[str, Any]:
        return parts.pop(0)

    async def send(message: Any) -> None:
        told.append(message)

    asyncio.run(envelopes.application(request.scope, receive, send))
    assert told == []
    assert not Intake.objects.exists()
    # The SDK sends it again, under the same id.
    assert post(request)[0].status == 200
    assert Intake.objects.count() == 1


def test_small_requests_that_hold_much_are_not_unpacked_all_at_once(source: Source) -> None:
    calls = [
        service.Call(source.pk, KEY, gzip.compress(an_envelope() + b" " * 10_000), "gzip")
        for _ in range(6)
    ]
    kept: list[int] = []
    real = service._keep

    def keep(found: Source, taken: Any) -> Any:
        kept.append(len(taken))
        return real(found, taken)

    with mock.patch.object(service, "_keep", keep), mock.patch.object(service, "AT_ONCE", 25_000):
        replies = service.answer_all(calls)
    assert [reply.status for reply in replies] == [200] * 6
    assert kept == [3, 3]
    assert Intake.objects.count() == 6


def test_what_goes_wrong_with_one_source_is_not_what_another_is_told(
    source: Source, project: Project
) -> None:
    other = make_source(project, kind=Source.Kind.SDK, name="Other", public_key="f" * 32)
    real = service._count

    def count(found: Source, taken: Any) -> None:
        if found == other:
            raise DataError("integer out of range")
        real(found, taken)

    calls = [
        service.Call(source.pk, KEY, an_envelope()),
        service.Call(other.pk, "f" * 32, an_envelope()),
    ]
    with mock.patch.object(service, "_count", count):
        assert [reply.status for reply in service.answer_all(calls)] == [200, 500]

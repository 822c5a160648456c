"""`manage.py bench ingest`: what it sends is what SDKs send, and none of it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from clusters.sources import envelopes, sentry_events
from clusters.sources.base import IncomingReport
from soulcaster.bench import ingest, senders
from soulcaster.bench.report import Options


def test_every_error_is_one_that_sdks_send() -> None:
    head, _, packed = senders.request("/api/7/envelope/", "k" * 32, 5).partition(b"\r\n\r\n")
    (item,) = envelopes.parse(envelopes.unpack(packed, "gzip")).items
    report = sentry_events.read(item.kind, item.payload, {})

    assert head.startswith(b"POST /api/7/envelope/ HTTP/1.1\r\n")
    assert isinstance(report, IncomingReport)
    assert report.external_id == senders.event_id(5)
    assert len(report.trace[0]["frames"]) == 24


def test_errors_happen_at_as_many_places_as_it_says() -> None:
    reports = [
        sentry_events.read("event", envelopes.parse(senders.envelope(number)).items[0].payload, {})
        for number in range(2 * senders.PLACES)
    ]

    marks = {report.fingerprint for report in reports if isinstance(report, IncomingReport)}
    assert len(marks) == senders.PLACES


@asynccontextmanager
async def server(*answers: bytes) -> AsyncIterator[int]:
    """Answers one request after the other like this; the port."""
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while left:
            try:
                await reader.readuntil(b"!")
            except asyncio.IncompleteReadError:
                break
            answer = left.pop(0)
            writer.write(answer)
            if not answer:
                break
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


def test_every_answer_is_counted_and_so_is_every_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "CONNECTIONS", 1)

    async def sent() -> senders.Answers:
        fine = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        bare = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        much = b"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n"
        async with server(fine, bare, much, b"", fine) as port:
            return await senders.send_all(port, [b"!"] * 5, 1000)

    answers = asyncio.run(sent())
    assert answers.statuses == {"200": 3, "429": 1, senders.NO_ANSWER: 1}
    assert len(answers.milliseconds) == 5


@pytest.mark.live
@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_a_flood_ends_as_items() -> None:
    figures = {
        figure.name: figure for figure in ingest.run(Options(say=lambda text: None, quick=True))
    }

    assert figures["accepted"].value == ingest.QUICK_RATE
    for name in ("neither accepted nor limited", "accepted and no item afterwards"):
        assert figures[name].value == 0

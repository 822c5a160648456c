"""Where Sentry's SDKs post to: the addresses that a DSN of ours leads to.

An ASGI application beside Django's own: a program in trouble sends a thousand events a second, and
sessions, forms and pages, which Django's middleware prepares for, have no part in it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import structlog

from clusters.services.intake import envelopes
from clusters.services.intake.envelopes import Call, Reply
from clusters.services.intake.together import Full, Together
from clusters.sources.envelopes import SENT_LIMIT, key_of

log = structlog.get_logger(__name__)

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

_PATH = re.compile(r"/api/([1-9][0-9]{0,17})/(envelope|store)/?")
_FOR_BROWSERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": (
        "X-Sentry-Auth, X-Requested-With, Origin, Accept, Content-Type, Authentication, "
        "Authorization, Content-Encoding, Transfer-Encoding"
    ),
    "Access-Control-Max-Age": "3600",
}


class _Left(Exception):
    """Whoever sends went away before all of it was here."""


def is_ours(scope: Scope) -> bool:
    """Whether a request is an SDK's."""
    return _place(scope) is not None


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Keep what an SDK sends; the answer comes when it is kept."""
    try:
        reply = await _reply(scope, receive)
    except _Left:
        return
    body = json.dumps(reply.body).encode()
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **_FOR_BROWSERS,
        **reply.headers,
    }
    packed = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": packed})
    await send({"type": "http.response.body", "body": body})


async def _reply(scope: Scope, receive: Receive) -> Reply:
    if scope["method"] == "OPTIONS":
        return Reply(200, {}, _PREFLIGHT)
    if scope["method"] != "POST":
        return envelopes.refusal(405, "Events are posted.", Allow="POST, OPTIONS")
    body = await _body(receive)
    if body is None:
        return envelopes.too_large()
    try:
        return await asyncio.wrap_future(_together().add(_call(scope, body)))
    except Full:
        return envelopes.busy()
    except Exception:
        log.exception("events_not_kept")
        return envelopes.broken()


async def _body(receive: Receive) -> bytes | None:
    """All of the body; None when it is too large. Raises _Left."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Half an event, kept under its id, would keep the whole one out that comes again.
            raise _Left
        part = message.get("body", b"")
        size += len(part)
        if size > SENT_LIMIT:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _place(scope: Scope) -> re.Match[str] | None:
    """The part of the path that is ours: in front of it there may be a folder of a proxy."""
    path: str = scope["path"]
    return _PATH.fullmatch(path.removeprefix(scope.get("root_path") or ""))


def _call(scope: Scope, body: bytes) -> Call:
    where = _place(scope)
    assert where
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = dict(parse_qsl(scope["query_string"].decode("latin-1")[:2000]))
    encoding = headers.get("content-encoding", "")
    return Call(int(where[1]), key_of(headers, query), body, encoding, where[2] == "store")


@cache
def _together() -> Together[Call, Reply]:
    return Together(
        envelopes.answer_all,
        batch=envelopes.BATCH,
        most=envelopes.WAITING,
        weigh=envelopes.weight,
    )

"""What goes wrong on the way, on demand: refusals, delays, streams that break."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from starlette.responses import JSONResponse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class CutError(Exception):
    """The connection breaks here: the server closes it when it sees this."""


class _Quiet(logging.Filter):
    """What a test wanted is no news."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], CutError))


logging.getLogger("uvicorn.error").addFilter(_Quiet())


@dataclass(eq=False)
class Fault:
    """For the next `times` requests that match `what`, "METHOD /path" with stars.

    `status` is answered instead; `seconds` pass before anything else; a stream breaks after
    `cut_after` bytes. `lost` means that the answer is lost although all was done.
    """

    what: str
    times: int = 1
    status: int = 0
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    cut_after: int | None = None
    lost: bool = False


class Faults:
    """Wraps an application. `seen` are all requests so far, `hits` how many faults came true."""

    def __init__(self, application: Application) -> None:
        self.seen: list[str] = []
        self.hits = 0
        self._application = application
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Let this go wrong."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Let nothing go wrong any more, and forget what was seen."""
        with self._lock:
            self._waiting.clear()
            self.seen.clear()
            self.hits = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, well or not."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        what = f"{scope['method']} {scope['path']}"
        self.seen.append(what)
        fault = self._take(what)
        if fault is None:
            await self._application(scope, receive, send)
            return
        await asyncio.sleep(fault.seconds)
        if fault.status:
            body = {"code": fault.status, "message": fault.message or "as the test wants it"}
            response = JSONResponse(body, fault.status, dict(fault.headers))
            await response(scope, receive, send)
        elif fault.lost:
            await self._application(scope, receive, _losing(send))
        elif fault.cut_after is not None:
            await self._application(scope, receive, _cutting(send, fault.cut_after))
        else:
            await self._application(scope, receive, send)

    def _take(self, what: str) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                if fnmatchcase(what, fault.what):
                    fault.times -= 1
                    self.hits += 1
                    if not fault.times:
                        self._waiting.remove(fault)
                    return fault
        return None


def _losing(send: Send) -> Send:
    async def pass_on(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise CutError
        headers = [(b"content-length", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    return pass_on


def _cutting(send: Send, bytes_left: int) -> Send:
    left = bytes_left
    is_cut = False

    async def pass_on(message: Message) -> None:
        nonlocal left, is_cut
        if is_cut:
            raise CutError  # also for what the application says when it learns of it
        body = message.get("body", b"")
        if message["type"] == "http.response.body" and len(body) > left:
            is_cut = True
            await send({**message, "body": body[:left], "more_body": True})
            raise CutError
        left -= len(body)
        await send(message)

    return pass_on

"""The websocket of a job's page: its log as it grows, and word of every change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from agents.logs.access import refusal
from agents.logs.hub import Place, hub
from agents.logs.messages import Beat, End, Mark, encoded
from agents.logs.rooms import Room, rooms
from agents.models import Execution

log = structlog.get_logger(__name__)

WAIT_SECONDS = 2.0  # between two looks for the first attempt, should its hint be lost

TOO_SLOW = 4408  # it does not read what it is sent
BROKEN = 4500  # daphne closes with codes of applications only

# How much may be under way to a viewer: so many marks, each after so many bytes.
MARKS = 8
STEP = 128 * 1024
_BEAT = encoded(Beat(type="beat"))
_SHORT = 64  # characters; a mark that is sent back is shorter


class Pace:
    """How much was sent to a viewer, and how much of it has arrived.

    Servers keep in memory what a viewer does not read: daphne all of it. So the viewer is asked.
    """

    def __init__(self) -> None:
        self._sent = 0  # marks
        self._arrived = 0
        self._bytes = 0  # since the last mark
        self._before = 0  # what had arrived at the last look

    @property
    def is_open(self) -> bool:
        """More may be sent."""
        return self._sent - self._arrived < MARKS

    def send(self, size: int) -> int:
        """So many bytes were sent; the mark to send after them, or 0."""
        self._bytes += size
        if self._bytes < STEP:
            return 0
        self._bytes = 0
        self._sent += 1
        return self._sent

    def arrive(self, mark: object) -> None:
        """A mark came back."""
        if isinstance(mark, int) and self._arrived < mark <= self._sent:
            self._arrived = mark

    def is_stuck(self) -> bool:
        """Nothing may be sent, and nothing has arrived since the last look."""
        stuck = not self.is_open and self._arrived == self._before
        self._before = self._arrived
        return stuck


class LogConsumer(AsyncWebsocketConsumer):
    """Sends the messages of `agents.logs.messages`; hears marks, and nothing else.

    Closes with the codes of `agents.logs.access` when the viewer may not look (any more): a log
    shows code. Closes with 4408 when the viewer does not take what it is sent; the page connects
    again and goes on where it was.
    """

    # Hints come by `rooms`, so that a log can be followed while Redis is away.
    channel_layer_alias = "none"
    session_key: str | None = None
    _task: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Let members in; everything is sent by one task."""
        self.job_id: int = self.scope["url_route"]["kwargs"]["job_id"]
        self.session_key = self.scope["session"].session_key
        if code := await refusal(self.session_key, self.job_id):
            await self.close(code=code)
            return
        await self.accept()
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        self._news = asyncio.Event()
        self._pace = Pace()
        self._beat_due = False
        self._told = ""  # the last state that was sent
        self._code = 0  # to close with
        self._task = asyncio.create_task(self._guarded(query))

    async def disconnect(self, code: int) -> None:
        """Stop what was started for this viewer."""
        if self._task is not None:
            self._task.cancel()

    async def dispatch(self, message: Any) -> None:
        """As Channels does, without a thread that looks after the database before each message."""
        if message["type"] == "websocket.connect":
            await self.websocket_connect(message)
        elif message["type"] == "websocket.receive":
            self._hear(message.get("text") or "")
        else:
            await super().dispatch(message)

    def wake(self) -> None:
        """There is something to send."""
        self._news.set()

    def beat(self) -> None:
        """Show that the connection lives, and see whether the other side keeps up."""
        self._beat_due = True
        if self._pace.is_stuck():
            self.turn_away(TOO_SLOW)
        self._news.set()

    def turn_away(self, code: int) -> None:
        """Close with a code."""
        self._code = code
        self._news.set()

    def _hear(self, text: str) -> None:
        try:
            message = json.loads(text) if len(text) < _SHORT else None
        except ValueError:
            return
        if isinstance(message, dict):
            self._pace.arrive(message.get("mark"))
            self._news.set()

    async def _guarded(self, query: Mapping[str, list[str]]) -> None:
        room = rooms().enter(self.job_id, self)
        try:
            await self._serve(room, _number(query, "execution"), _number(query, "after"))
        except Exception:  # the page connects again and goes on where it was
            log.exception("log_viewer_failed", job=self.job_id)
            self._code = BROKEN
        finally:
            rooms().leave(room, self)
        await self.close(code=self._code)

    async def _serve(self, room: Room, number: int, after: int) -> None:
        """Send state and log until the viewer is turned away."""
        await room.refresh()
        await self._tell(room)
        found = await self._attempt(room, number)
        place = hub().join(*found, after, self.wake) if found else None
        try:
            if place is not None:
                await self._follow(room, place)
            await room.refresh()
            await self._tell(room)
            if not self._code:
                number = found[1] if found else 0
                await self.send(encoded(End(type="end", execution=number or None)))
        finally:
            if place is not None:
                await hub().leave(place)
        while not self._code:
            await self._rest(room)

    async def _attempt(self, room: Room, number: int) -> tuple[int, int] | None:
        """Id and number of the attempt; waits for a job's first one. None when there is none."""
        if number and (room.newest is None or number != room.newest[1]):
            return await _find_attempt(self.job_id, number)
        while room.newest is None:
            if self._code or room.state is None or room.state["ended"]:
                return None
            await self._rest(room, WAIT_SECONDS)
        return room.newest

    async def _follow(self, room: Room, place: Place) -> None:
        """Send the log to its end, as fast as the viewer takes it."""
        while not (place.has_ended or self._code):
            frame = await place.next() if self._pace.is_open else None
            if frame is None:
                await self._rest(room)
                continue
            await self.send(frame.text)
            if mark := self._pace.send(frame.weight):
                await self.send(encoded(Mark(type="mark", mark=mark)))
            await self._tell(room)

    async def _rest(self, room: Room, seconds: float | None = None) -> None:
        """Wait for news; tell those that are about the job or the connection."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            await room.refresh()
        self._news.clear()
        await self._tell(room)

    async def _tell(self, room: Room) -> None:
        if self._beat_due and not self._code:
            self._beat_due = False
            await self.send(_BEAT)
        if room.text != self._told and not self._code:
            self._told = room.text
            await self.send(room.text)


@database_sync_to_async
def _find_attempt(job_id: int, number: int) -> tuple[int, int] | None:
    attempts = Execution.objects.filter(job=job_id, number=number)
    return attempts.values_list("pk", "number").first()


def _number(query: Mapping[str, list[str]], name: str) -> int:
    """A number of the query; 0 when it is missing or none."""
    text = query.get(name, [""])[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0

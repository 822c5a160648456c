"""What all viewers of a job share in one web process: its state, hints, heartbeats and checks.

A viewer costs no task and no subscription of its own here: a few tasks of the event loop look
after all of them.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings

from agents.logs import access, states
from agents.logs.hints import group
from agents.logs.messages import State, encoded

log = structlog.get_logger(__name__)

look = database_sync_to_async(states.look)

RETRY_SECONDS = 5.0  # until hints are asked for again after Redis went away
_SLICE = 100  # viewers that are woken together, when it is nobody's hurry
_AT_ONCE = 4  # checks


class Viewer(Protocol):
    """One open page."""

    session_key: str | None

    def wake(self) -> None:
        """There is something to send."""

    def beat(self) -> None:
        """Show that the connection lives, and see whether the other side keeps up."""

    def turn_away(self, code: int) -> None:
        """Close with a code."""


class Room:
    """The viewers of one job, and what they all are told about it."""

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        self.viewers: set[Viewer] = set()
        self.state: State | None = None
        self.newest: tuple[int, int] | None = None  # id and number of the newest attempt
        self.text = ""  # the state as it is sent; '' when there is no such job
        self._looking = asyncio.Lock()
        self._looks = 0

    async def refresh(self) -> None:
        """Look at the job now and tell the viewers if it changed."""
        before = self._looks
        async with self._looking:
            if self._looks > before:
                return  # somebody has looked since we were asked
            self._looks += 1
            self.state, self.newest = await look(self.job_id)
            text = "" if self.state is None else encoded(self.state)
        if text != self.text:
            self.text = text
            for viewer in self.viewers:
                viewer.wake()


class Rooms:
    """The rooms of one event loop."""

    def __init__(self) -> None:
        self._rooms: dict[int, Room] = {}
        self._heard: set[int] = set()  # jobs that changed
        self._hints = asyncio.Event()
        self._moves = asyncio.Event()  # a room was opened or closed
        self._tasks: list[asyncio.Task[None]] = []

    def enter(self, job_id: int, viewer: Viewer) -> Room:
        """The job's room with this viewer in it; give the place back with `leave`."""
        room = self._rooms.get(job_id)
        if room is None:
            room = self._rooms[job_id] = Room(job_id)
            self._moves.set()
        room.viewers.add(viewer)
        if not self._tasks:
            work = (self._listen, self._refresh, self._beat, self._check)
            self._tasks = [asyncio.create_task(self._guarded(each)) for each in work]
        return room

    def leave(self, room: Room, viewer: Viewer) -> None:
        """This viewer is gone; with the last one of all the tasks go too."""
        room.viewers.discard(viewer)
        if not room.viewers and self._rooms.get(room.job_id) is room:
            del self._rooms[room.job_id]
            self._moves.set()
        if not self._rooms:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    def viewers(self) -> Iterator[Viewer]:
        """All of them."""
        for room in [*self._rooms.values()]:
            yield from [*room.viewers]

    async def _guarded(self, work: Callable[[], Any]) -> None:
        """Again and again: a database or Redis that is away comes back."""
        while True:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - each part has errors of its own
                log.warning("log_rooms_disturbed", part=work.__name__, error=repr(error))
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        """Hear hints, as long as there is a Redis to hear them from."""
        layer = get_channel_layer()
        if layer is None:
            return
        channel = await layer.new_channel()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._subscribe(layer, channel))
            both.create_task(self._hear(layer, channel))

    async def _hear(self, layer: Any, channel: str) -> None:
        while message := await layer.receive(channel):
            self._heard.add(message["job"])
            self._hints.set()

    async def _subscribe(self, layer: Any, channel: str) -> None:
        """Belong to the groups of the jobs that are looked at."""
        groups: set[int] = set()
        try:
            while True:
                self._moves.clear()
                wanted = {*self._rooms}
                for job_id in wanted - groups:
                    await layer.group_add(group(job_id), channel)
                    self._heard.add(job_id)  # it may have changed in between
                for job_id in groups - wanted:
                    await layer.group_discard(group(job_id), channel)
                groups = wanted
                self._hints.set()
                await self._moves.wait()
        finally:
            for job_id in groups:
                await layer.group_discard(group(job_id), channel)

    async def _refresh(self) -> None:
        """Look at the jobs that changed."""
        while await self._hints.wait():
            self._hints.clear()
            heard, self._heard = self._heard, set()
            for job_id in heard:
                if room := self._rooms.get(job_id):
                    await room.refresh()

    async def _beat(self) -> None:
        while True:
            everybody = self.viewers()
            while some := [*islice(everybody, _SLICE)]:
                for viewer in some:
                    viewer.beat()
                await asyncio.sleep(0)
            await asyncio.sleep(settings.LOG_BEAT_SECONDS)

    async def _check(self) -> None:
        """See whether viewers may still look, and whether a hint was lost."""
        while True:
            await asyncio.sleep(settings.LOG_BEAT_SECONDS)
            pairs: defaultdict[tuple[str | None, int], list[Viewer]] = defaultdict(list)
            for room in self._rooms.values():
                for viewer in room.viewers:
                    pairs[viewer.session_key, room.job_id].append(viewer)
            waiting = iter([*pairs.items()])
            while some := [*islice(waiting, _AT_ONCE)]:
                await asyncio.gather(*(self._check_pair(*pair, who) for pair, who in some))
            self._heard |= {*self._rooms}
            self._hints.set()

    async def _check_pair(self, key: str | None, job_id: int, viewers: list[Viewer]) -> None:
        code = await access.refusal(key, job_id)
        # Whoever was let in stays while the forge is away.
        if code not in (0, access.UNSURE):
            for viewer in viewers:
                viewer.turn_away(code)


_rooms: WeakKeyDictionary[asyncio.AbstractEventLoop, Rooms] = WeakKeyDictionary()


def rooms() -> Rooms:
    """The running event loop's rooms."""
    return _rooms.setdefault(asyncio.get_running_loop(), Rooms())

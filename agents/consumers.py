"""The websocket of a job's page: its log as it grows, and word of every change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping
from contextlib import aclosing
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

import structlog
from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from agents.logs.hints import group
from agents.logs.hub import hub
from agents.logs.messages import Beat, End, State, in_messages
from agents.models import Execution, Job
from clusters.forges.base import ForgeError
from clusters.services import repositories
from credentials.errors import Forbidden
from credentials.models import User

log = structlog.get_logger(__name__)

CHECK_SECONDS = 20.0  # between two looks at whether the viewer may still see the job
WAIT_SECONDS = 2.0  # between two looks for the first attempt, should its hint be lost
RETRY_SECONDS = 5.0  # until hints are asked for again after Redis went away

NOT_SIGNED_IN = 4401
NO_ACCESS = 4403
NOT_FOUND = 4404
UNSURE = 4503  # the forge does not say whether the viewer may read the repository
BROKEN = 4500  # daphne closes with codes of applications only


class LogConsumer(AsyncJsonWebsocketConsumer):
    """Sends the messages of `agents.logs.messages`; what clients send is ignored.

    Closes with 4401 when the viewer is not signed in (any more), with 4404 when there is no such
    job for them: a stranger learns nothing, not even that it exists. A log shows code: closes with
    4403 when the forge does not show the viewer the repository, with 4503 when it cannot be asked.
    """

    # Hints are read by a task of our own, so that a log can be followed while Redis is away.
    channel_layer_alias = "none"

    async def connect(self) -> None:
        """Let members in; everything else is sent by tasks."""
        self.tasks: list[asyncio.Task[None]] = []
        self.changed = asyncio.Event()
        self.job_id: int = self.scope["url_route"]["kwargs"]["job_id"]
        if code := await self._refusal():
            await self.close(code=code)
            return
        await self.accept()
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        work = (self._follow(query), self._watch(), self._listen())
        self.tasks = [asyncio.create_task(self._guarded(task)) for task in work]

    async def disconnect(self, code: int) -> None:
        """Stop what was started for this viewer."""
        for task in self.tasks:
            task.cancel()

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        """Clients have nothing to say here."""

    @classmethod
    async def encode_json(cls, content: Any) -> str:
        """Text as it is: escaping every letter that is not ASCII would make it up to six times as long."""
        return json.dumps(content, ensure_ascii=False)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # the page connects again and goes on where it was
            log.exception("log_viewer_failed", job=self.job_id)
            await self.close(code=BROKEN)

    async def _follow(self, query: Mapping[str, list[str]]) -> None:
        """Send the log from the viewer's position to its end."""
        after, number = _number(query, "after"), _number(query, "execution")
        await self._send_state()
        execution = await self._execution(number)
        if execution is not None:
            execution_id, number = execution
            async with aclosing(hub().follow(execution_id, after)) as batches:
                async for batch in batches:
                    for message in in_messages(number, batch):
                        await self.send_json(message)
        await self._send_state()
        await self.send_json(End(type="end", execution=number or None))

    async def _execution(self, number: int) -> tuple[int, int] | None:
        """Id and number of the attempt; waits for a job's first one. None when there is none."""
        while (found := await _find_execution(self.job_id, number)) is None:
            if number or await _is_ended(self.job_id):
                return None
            self.changed.clear()
            await _wait(self.changed, WAIT_SECONDS)
        return found

    async def _watch(self) -> None:
        """Say that the connection lives, until the viewer may not look any more."""
        # Whoever was let in stays while the forge is away.
        while (code := await self._refusal()) in (0, UNSURE):
            await self.send_json(Beat(type="beat"))
            await asyncio.sleep(CHECK_SECONDS)
        await self.close(code=code)
        await self.disconnect(code)

    async def _listen(self) -> None:
        """Pass hints on, as long as there is a Redis to hear them from."""
        while True:
            try:
                await self._pass_hints_on()
            except Exception as error:  # noqa: BLE001 - each channel layer has errors of its own
                log.warning("hints_away", job=self.job_id, error=repr(error))
            await asyncio.sleep(RETRY_SECONDS)

    async def _pass_hints_on(self) -> None:
        layer = get_channel_layer()
        if layer is None:
            return
        channel = await layer.new_channel()
        try:
            await layer.group_add(group(self.job_id), channel)
            while await layer.receive(channel):
                self.changed.set()
                await self._send_state()
        finally:
            await layer.group_discard(group(self.job_id), channel)

    async def _send_state(self) -> None:
        state = await _state(self.job_id)
        if state is not None:
            await self.send_json(state)

    async def _refusal(self) -> int:
        """0, or the code to close with; by what the database says now."""
        key = self.scope["session"].session_key
        store = import_module(settings.SESSION_ENGINE).SessionStore
        fresh: Any = {"session": store(key)}  # all of a scope that is looked at
        user = await get_user(fresh)
        if not user.is_authenticated:
            return NOT_SIGNED_IN
        return await _refused(user, self.job_id)


@database_sync_to_async
def _refused(user: AbstractBaseUser | AnonymousUser, job_id: int) -> int:
    job = Job.objects.for_user(user).filter(pk=job_id).select_related("project").first()
    if job is None or not isinstance(user, User):
        return NOT_FOUND
    try:
        repositories.require_read(job.project, user)
    except Forbidden:
        return NO_ACCESS
    except ForgeError as error:
        log.info("forge_not_asked", job=job_id, code=error.code)
        return UNSURE
    return 0


@database_sync_to_async
def _is_ended(job_id: int) -> bool:
    return not Job.objects.filter(pk=job_id, status__in=Job.ACTIVE).exists()


@database_sync_to_async
def _find_execution(job_id: int, number: int) -> tuple[int, int] | None:
    attempts = Execution.objects.filter(job=job_id).order_by("-number")
    if number:
        attempts = attempts.filter(number=number)
    return attempts.values_list("pk", "number").first()


@database_sync_to_async
def _state(job_id: int) -> State | None:
    job = Job.objects.filter(pk=job_id).only("status", "outcome").first()
    if job is None:
        return None
    newest = job.executions.order_by("-number").values_list("number", flat=True).first()
    return State(
        type="state",
        status=job.status,
        outcome=job.outcome,
        ended=job.is_ended,
        execution=newest,
    )


def _number(query: Mapping[str, list[str]], name: str) -> int:
    """A number of the query; 0 when it is missing or none."""
    text = query.get(name, [""])[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return

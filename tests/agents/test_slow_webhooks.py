"""A body that comes slowly keeps neither a thread nor anybody else waiting (fault F6)."""

from __future__ import annotations

import json
import uuid

from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from pytest_django.fixtures import Settings

from soulcaster.asgi import http
from tests.agents.hooks import SECRET, URL, signature

BODY = json.dumps({"zen": "Keep it logically awesome.", "hook_id": 1}).encode()
SECONDS = 10


def request() -> ApplicationCommunicator:
    """A delivery whose body is still to come, signed by somebody who guessed the secret wrong.

    So it takes the whole body to answer, and no database.
    """
    headers = {
        "host": "localhost",
        "content-type": "application/json",
        "content-length": str(len(BODY)),
        "x-hub-signature-256": signature(BODY, "a guess"),
        "x-github-event": "ping",
        "x-github-delivery": str(uuid.uuid4()),
    }
    scope = {
        "type": "http",
        "method": "POST",
        "path": URL,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    return ApplicationCommunicator(http, scope)  # type: ignore[no-untyped-call]


async def send(to: ApplicationCommunicator, part: bytes, *, more: bool) -> None:
    await to.send_input({"type": "http.request", "body": part, "more_body": more})  # type: ignore[no-untyped-call]


async def status(of: ApplicationCommunicator) -> int:
    answer = await of.receive_output(timeout=SECONDS)  # type: ignore[no-untyped-call]
    return int(answer["status"])


def test_others_are_answered_while_a_body_is_still_coming(settings: Settings) -> None:
    settings.GITHUB_WEBHOOK_SECRETS = [SECRET]

    async def told() -> list[int]:
        slow = [request() for _ in range(50)]  # more than there are threads
        for one in slow:
            await send(one, BODY[:10], more=True)
        quick = request()
        await send(quick, BODY, more=False)
        answers = [await status(quick)]
        assert await slow[0].receive_nothing()  # type: ignore[no-untyped-call]
        for one in slow:
            await send(one, BODY[10:], more=False)
        return answers + [await status(one) for one in slow]

    assert async_to_sync(told)() == [401] * 51

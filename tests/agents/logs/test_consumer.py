"""Members of the team follow a job's log; strangers learn nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.test import Client
from pytest_django.fixtures import Settings

from agents import consumers
from agents.logs import access
from agents.logs import hub as hub_module
from agents.logs.hints import group
from agents.logs.messages import MOST
from agents.logs.pieces import CHUNK
from agents.models import Execution, Job, LogChunk
from agents.routing import websocket_urlpatterns
from clusters.forges.base import ForgeError
from clusters.models import Project
from clusters.services.projects import repositories
from credentials.errors import Forbidden
from credentials.models import Membership, User
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

application = AllowedHostsOriginValidator(SessionMiddlewareStack(URLRouter(websocket_urlpatterns)))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """The same rules with shorter waits."""
    settings.LOG_BEAT_SECONDS = 0.1
    monkeypatch.setattr(consumers, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(hub_module, "_POLL", 0.1)


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def socket(
    client: Client | None, path: str, origin: str = "http://testserver"
) -> WebsocketCommunicator:
    cookies = client.cookies if client else {}
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    headers = [(b"origin", origin.encode()), (b"cookie", cookie.encode())]
    return WebsocketCommunicator(application, path, headers=headers)


async def messages(page: WebsocketCommunicator, *, until: str) -> list[dict[str, Any]]:
    """Messages up to one of this type; heartbeats are left out."""
    received: list[dict[str, Any]] = []
    while not received or received[-1]["type"] != until:
        message = await page.receive_json_from(timeout=10)
        received += [message] if message["type"] != "beat" else []
    return received


def log_path(job: Job, query: str = "") -> str:
    return f"/ws/jobs/{job.pk}/logs/{query}"


@pytest.mark.parametrize("name", ["alice", "bob", "carol"])
async def test_owners_members_and_viewers_follow_the_log(
    request: pytest.FixtureRequest, alice: User, execution: Execution, job: Job, name: str
) -> None:
    user = await sync_to_async(request.getfixturevalue)(name)
    await sync_to_async(factories.make_chunks)(execution, "one\n", "two\n")
    moment = datetime(2026, 11, 20, 10, 0, 0, 250_000, tzinfo=UTC)
    await LogChunk.objects.aupdate(created_at=moment)
    page = socket(await sync_to_async(sign_in)(user), log_path(job))
    assert await page.connect() == (True, None)

    assert await messages(page, until="chunks") == [
        {
            "type": "state",
            "status": "running",
            "outcome": "",
            "ended": False,
            "execution": 1,
            "steps": [],
        },
        {
            "type": "chunks",
            "execution": 1,
            "chunks": [
                {"seq": 1, "stream": "output", "text": "one\n", "at": "2026-11-20T10:00:00.250Z"},
                {"seq": 2, "stream": "output", "text": "two\n", "at": "2026-11-20T10:00:00.250Z"},
            ],
        },
    ]
    await page.disconnect()


async def test_a_stranger_gets_nothing(mallory: User, execution: Execution, job: Job) -> None:
    await sync_to_async(factories.make_chunks)(execution, "secret plans\n")
    client = await sync_to_async(sign_in)(mallory)

    for path in (log_path(job), "/ws/jobs/999999/logs/"):
        page = socket(client, path)
        assert await page.connect() == (False, access.NOT_FOUND)
        assert await page.receive_nothing()


async def test_nobody_follows_without_signing_in(execution: Execution, job: Job) -> None:
    page = socket(None, log_path(job))

    assert await page.connect() == (False, access.NOT_SIGNED_IN)
    assert await page.receive_nothing()


async def test_a_page_of_another_site_is_refused(
    alice: User, execution: Execution, job: Job
) -> None:
    client = await sync_to_async(sign_in)(alice)
    page = socket(client, log_path(job), origin="https://evil.example")

    connected, _ = await page.connect()

    assert not connected


async def test_a_reconnect_goes_on_after_the_last_number(
    alice: User, execution: Execution, job: Job
) -> None:
    await sync_to_async(factories.make_chunks)(execution, "1\n", "2\n", "3\n", "4\n")
    page = socket(await sync_to_async(sign_in)(alice), log_path(job, "?after=2&execution=1"))
    await page.connect()

    received = await messages(page, until="chunks")

    assert [chunk["seq"] for chunk in received[-1]["chunks"]] == [3, 4]
    await page.disconnect()


async def test_the_end_of_an_execution_is_told(alice: User, execution: Execution, job: Job) -> None:
    await sync_to_async(factories.make_chunks)(execution, "1\n")
    await Execution.objects.filter(pk=execution.pk).aupdate(status=Execution.Status.FAILED)
    page = socket(await sync_to_async(sign_in)(alice), log_path(job))
    await page.connect()

    received = await messages(page, until="end")

    assert [message["type"] for message in received] == ["state", "chunks", "end"]
    await page.disconnect()


async def test_a_waiting_job_is_followed_from_its_first_attempt_on(
    alice: User, project: Project
) -> None:
    job = await sync_to_async(factories.make_job)(project)
    page = socket(await sync_to_async(sign_in)(alice), log_path(job))
    await page.connect()
    await messages(page, until="state")
    execution = await sync_to_async(factories.make_execution)(job)
    await sync_to_async(factories.make_chunks)(execution, "1\n")

    assert (await messages(page, until="chunks"))[-1]["execution"] == 1
    await page.disconnect()


async def test_a_job_that_ended_before_its_first_attempt_has_an_empty_log(
    alice: User, project: Project
) -> None:
    job = await sync_to_async(factories.make_job)(project, status=Job.Status.CANCELLED)
    page = socket(await sync_to_async(sign_in)(alice), log_path(job))
    await page.connect()

    assert (await messages(page, until="end"))[-1] == {"type": "end", "execution": None}
    await page.disconnect()


async def test_a_hint_makes_the_page_ask_again(alice: User, execution: Execution, job: Job) -> None:
    page = socket(await sync_to_async(sign_in)(alice), log_path(job))
    await page.connect()
    await messages(page, until="state")
    layer = get_channel_layer()
    assert layer is not None
    await Job.objects.filter(pk=job.pk).aupdate(status=Job.Status.PROVISIONING)
    await layer.group_send(group(job.pk), {"type": "job.changed", "job": job.pk})

    assert (await messages(page, until="state"))[-1]["status"] == "provisioning"
    await page.disconnect()


async def test_a_member_who_is_removed_stops_hearing(
    alice: User, bob: User, execution: Execution, job: Job
) -> None:
    page = socket(await sync_to_async(sign_in)(bob), log_path(job))
    await page.connect()
    await messages(page, until="state")
    await Membership.objects.filter(user=bob).adelete()

    assert await closing_code(page) == access.NOT_FOUND


async def test_signing_out_closes_the_socket(alice: User, execution: Execution, job: Job) -> None:
    client = await sync_to_async(sign_in)(alice)
    page = socket(client, log_path(job))
    await page.connect()
    await messages(page, until="state")
    await sync_to_async(client.logout)()

    assert await closing_code(page) == access.NOT_SIGNED_IN


REFUSED = Forbidden("repository_unavailable", "GitHub shows it to others only.")
AWAY = ForgeError("forge_unavailable", "GitHub could not be reached.")


@pytest.mark.parametrize(("error", "code"), [(REFUSED, access.NO_ACCESS), (AWAY, access.UNSURE)])
async def test_a_log_begins_only_for_those_who_may_read_the_repository(
    monkeypatch: pytest.MonkeyPatch,
    bob: User,
    execution: Execution,
    job: Job,
    error: Exception,
    code: int,
) -> None:
    monkeypatch.setattr(repositories, "require_read", Forge(error))
    await Project.objects.aupdate(forge=Project.Forge.GITHUB)
    page = socket(await sync_to_async(sign_in)(bob), log_path(job))

    assert await page.connect() == (False, code)
    assert await page.receive_nothing()


async def test_losing_the_repository_closes_the_log_and_a_forge_that_is_away_does_not(
    monkeypatch: pytest.MonkeyPatch, bob: User, execution: Execution, job: Job
) -> None:
    forge = Forge(None)
    monkeypatch.setattr(repositories, "require_read", forge)
    await Project.objects.aupdate(forge=Project.Forge.GITHUB)
    page = socket(await sync_to_async(sign_in)(bob), log_path(job))
    await page.connect()
    await messages(page, until="state")
    forge.error = AWAY
    asked = forge.asked
    while forge.asked < asked + 2:  # two looks go by
        assert (await page.receive_output(timeout=10))["type"] == "websocket.send"
    forge.error = REFUSED

    assert await closing_code(page) == access.NO_ACCESS


@pytest.mark.parametrize("query", ["?after=x", "?after=-1", f"?after={'9' * 40}", "?after=%00"])
async def test_a_position_that_is_no_number_counts_as_the_beginning(
    alice: User, execution: Execution, job: Job, query: str
) -> None:
    await sync_to_async(factories.make_chunks)(execution, "1\n")
    page = socket(await sync_to_async(sign_in)(alice), log_path(job, query))
    await page.connect()

    assert (await messages(page, until="chunks"))[-1]["chunks"][0]["seq"] == 1
    await page.disconnect()


async def test_no_message_is_too_large_for_the_server(
    alice: User, execution: Execution, job: Job
) -> None:
    worst = "\x1b" * CHUNK  # six bytes each as JSON
    await sync_to_async(factories.make_chunks)(execution, *[worst] * 5)
    page = socket(await sync_to_async(sign_in)(alice), log_path(job))
    await page.connect()

    seen: list[int] = []
    while len(seen) < 5:
        text = (await page.receive_output(timeout=10))["text"]
        assert len(text.encode()) < 1024 * 1024
        seen += [chunk["seq"] for chunk in json.loads(text).get("chunks", [])]
    assert seen == [1, 2, 3, 4, 5]
    await page.disconnect()


async def test_a_viewer_who_does_not_read_gets_no_more_than_a_bounded_part(
    alice: User, execution: Execution, job: Job, settings: Settings
) -> None:
    settings.LOG_BEAT_SECONDS = 60.0
    await sync_to_async(factories.make_chunks)(execution, *["x" * CHUNK] * 64)  # 4 MiB
    page = socket(await sync_to_async(sign_in)(alice), log_path(job))
    await page.connect()

    sent, mark = await until_it_rests(page)
    most = consumers.MARKS * consumers.STEP
    assert most <= sent < most + 2 * MOST
    assert mark == consumers.MARKS
    await page.send_json_to({"mark": mark})
    more, last = await until_it_rests(page)
    assert most <= more < most + 2 * MOST
    assert last == 2 * consumers.MARKS
    await page.disconnect()


async def test_a_viewer_who_takes_nothing_for_long_is_turned_away(
    alice: User, execution: Execution, job: Job
) -> None:
    await sync_to_async(factories.make_chunks)(execution, *["x" * CHUNK] * 64)
    page = socket(await sync_to_async(sign_in)(alice), log_path(job))
    await page.connect()

    assert await closing_code(page) == consumers.TOO_SLOW


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"mark": 99}', '{"mark": "1"}', '{"mark": null}', "[" * 60, "9" * 999]
)
async def test_what_else_a_viewer_says_changes_nothing(
    alice: User, execution: Execution, job: Job, text: str
) -> None:
    await sync_to_async(factories.make_chunks)(execution, *["x" * CHUNK] * 64)
    page = socket(await sync_to_async(sign_in)(alice), log_path(job))
    await page.connect()
    await page.send_to(text_data=text)

    assert await closing_code(page) == consumers.TOO_SLOW


async def test_slow_viewers_do_not_hold_back_others(
    alice: User, execution: Execution, job: Job, settings: Settings
) -> None:
    settings.LOG_BEAT_SECONDS = 60.0
    await sync_to_async(factories.make_chunks)(execution, *["x" * CHUNK] * 64)
    client = await sync_to_async(sign_in)(alice)
    slow = [socket(client, log_path(job)) for _ in range(5)]
    for each in slow:
        await each.connect()
    page = socket(client, log_path(job))
    await page.connect()
    seen = 0
    while seen < 64:
        message = await page.receive_json_from(timeout=10)
        if message["type"] == "mark":
            await page.send_json_to(message)
        elif message["type"] == "chunks":
            seen = message["chunks"][-1]["seq"]

    for each in [*slow, page]:
        await each.disconnect()


async def until_it_rests(page: WebsocketCommunicator) -> tuple[int, int]:
    """Bytes of the messages that come without an answer, and the last mark among them."""
    size = mark = 0
    while mark % consumers.MARKS or not mark or not await page.receive_nothing(0.3):
        text = (await page.receive_output(timeout=10))["text"]
        size += len(text.encode())
        mark = json.loads(text).get("mark", mark)
    return size, mark


class Forge:
    """Answers whether somebody may read the repository."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.asked = 0

    def __call__(self, project: Project, user: User) -> None:
        self.asked += 1
        if self.error:
            raise self.error


async def closing_code(page: WebsocketCommunicator) -> int:
    """The code the server closes with; what comes before is left out."""
    while True:
        message = await page.receive_output(timeout=10)
        if message["type"] == "websocket.close":
            return int(message["code"])

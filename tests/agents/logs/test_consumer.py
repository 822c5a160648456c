"""Members of the team follow a job's log; strangers learn nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.testing import WebsocketCommunicator
from django.test import Client

from agents import consumers
from agents.logs import hub as hub_module
from agents.logs.hints import group
from agents.logs.pieces import CHUNK
from agents.models import Execution, Job
from agents.routing import websocket_urlpatterns
from clusters.forges.base import ForgeError
from clusters.models import Project
from clusters.services import repositories
from credentials.errors import Forbidden
from credentials.models import Membership, User
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

application = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules with shorter waits."""
    monkeypatch.setattr(consumers, "CHECK_SECONDS", 0.1)
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
    page = socket(await sync_to_async(sign_in)(user), log_path(job))
    assert await page.connect() == (True, None)

    assert await messages(page, until="chunks") == [
        {"type": "state", "status": "running", "outcome": "", "ended": False, "execution": 1},
        {
            "type": "chunks",
            "execution": 1,
            "chunks": [
                {"seq": 1, "stream": "output", "text": "one\n"},
                {"seq": 2, "stream": "output", "text": "two\n"},
            ],
        },
    ]
    await page.disconnect()


async def test_a_stranger_gets_nothing(mallory: User, execution: Execution, job: Job) -> None:
    await sync_to_async(factories.make_chunks)(execution, "secret plans\n")
    client = await sync_to_async(sign_in)(mallory)

    for path in (log_path(job), "/ws/jobs/999999/logs/"):
        page = socket(client, path)
        assert await page.connect() == (False, consumers.NOT_FOUND)
        assert await page.receive_nothing()


async def test_nobody_follows_without_signing_in(execution: Execution, job: Job) -> None:
    page = socket(None, log_path(job))

    assert await page.connect() == (False, consumers.NOT_SIGNED_IN)
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

    assert [message["type"] for message in received] == ["state", "chunks", "state", "end"]
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

    assert await closing_code(page) == consumers.NOT_FOUND


async def test_signing_out_closes_the_socket(alice: User, execution: Execution, job: Job) -> None:
    client = await sync_to_async(sign_in)(alice)
    page = socket(client, log_path(job))
    await page.connect()
    await messages(page, until="state")
    await sync_to_async(client.logout)()

    assert await closing_code(page) == consumers.NOT_SIGNED_IN


REFUSED = Forbidden("repository_unavailable", "GitHub shows it to others only.")
AWAY = ForgeError("forge_unavailable", "GitHub could not be reached.")


@pytest.mark.parametrize(
    ("error", "code"), [(REFUSED, consumers.NO_ACCESS), (AWAY, consumers.UNSURE)]
)
async def test_a_log_begins_only_for_those_who_may_read_the_repository(
    monkeypatch: pytest.MonkeyPatch,
    bob: User,
    execution: Execution,
    job: Job,
    error: Exception,
    code: int,
) -> None:
    monkeypatch.setattr(repositories, "require_read", Forge(error))
    page = socket(await sync_to_async(sign_in)(bob), log_path(job))

    assert await page.connect() == (False, code)
    assert await page.receive_nothing()


async def test_losing_the_repository_closes_the_log_and_a_forge_that_is_away_does_not(
    monkeypatch: pytest.MonkeyPatch, bob: User, execution: Execution, job: Job
) -> None:
    forge = Forge(None)
    monkeypatch.setattr(repositories, "require_read", forge)
    page = socket(await sync_to_async(sign_in)(bob), log_path(job))
    await page.connect()
    await messages(page, until="state")
    forge.error = AWAY
    asked = forge.asked
    while forge.asked < asked + 2:  # two looks go by
        assert (await page.receive_output(timeout=10))["type"] == "websocket.send"
    forge.error = REFUSED

    assert await closing_code(page) == consumers.NO_ACCESS


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

"""What every answer must carry, and what no request may do."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from channels.testing import WebsocketCommunicator
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from agents.models import Job
from clusters.models import Cluster
from credentials.models import User
from soulcaster.asgi import application
from tests import factories

PUBLIC = {"healthz", "readyz", "account_login", "account_logout", "sign_in"}


def test_no_page_runs_inline_code(client: Client, alice: User) -> None:
    client.force_login(alice)
    for address in ("/", "/jobs/", "/settings/tokens/", "/accounts/login/", "/admin/"):
        policy = client.get(address, follow=True).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy


def test_no_page_is_framed_or_guessed(client: Client, alice: User) -> None:
    client.force_login(alice)
    headers = client.get("/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"


def plain_addresses() -> list[str]:
    """Every page without arguments."""
    found: list[str] = []

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> None:
        for entry in patterns:
            route = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                walk(entry.url_patterns, route)
            elif (
                isinstance(entry.pattern, RoutePattern)
                and "<" not in route
                and entry.name not in PUBLIC
            ):
                found.append("/" + route)

    walk(get_resolver().url_patterns, "")
    return [route for route in found if not route.startswith(("/admin/", "/accounts/"))]


@pytest.mark.django_db
def test_a_stranger_sees_no_page(client: Client) -> None:
    addresses = plain_addresses()
    assert len(addresses) > 8
    answers = {address: client.get(address).status_code for address in addresses}
    assert set(answers.values()) <= {302, 401, 403, 405}, answers


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("origin", "allowed"), [("http://testserver", True), ("http://evil.example", False)]
)
def test_a_foreign_page_opens_no_socket(
    client: Client, cluster: Cluster, alice: User, origin: str, allowed: bool
) -> None:
    job: Job = factories.make_job(cluster.project, cluster)
    client.force_login(alice)
    cookie = f"sessionid={client.cookies['sessionid'].value}".encode()
    headers = [(b"origin", origin.encode()), (b"cookie", cookie), (b"host", b"testserver")]

    async def connect() -> bool:
        socket = WebsocketCommunicator(application, f"/ws/jobs/{job.pk}/logs/", headers=headers)
        connected, _ = await socket.connect()
        await socket.disconnect()
        return connected

    assert async_to_sync(connect)() is allowed

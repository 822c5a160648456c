"""Who may see and do what on the pages about sources."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse

from clusters.models import Project
from clusters.services.sources.kinds import CONNECTABLE
from credentials.models import User
from tests.clusters.views.source_pages import at, connected, text_of

ACTIONS = ("test", "sync", "pause", "resume", "remove", "secret", "edit")


@pytest.fixture(autouse=True)
def request_sync() -> Iterator[mock.Mock]:
    with mock.patch("clusters.services.sources.syncing.request") as asked:
        yield asked


def test_a_viewer_sees_health_and_no_way_to_send(
    client: Client, bob: User, carol: User, project: Project
) -> None:
    client.force_login(carol)
    for kind in CONNECTABLE:
        source = connected(bob, project, kind)
        page = text_of(client, at(source))
        assert "<h1>Help desk</h1>" in page
        assert source.public_key is None or source.public_key not in page
        if source.secret is not None:
            assert source.secret.last_four not in page
        for action in ACTIONS:
            assert client.post(at(source, action)).status_code == 403, action
        assert client.get(at(source, "edit")).status_code == 403
    assert client.get(reverse("source_new", args=[project.pk, "form"])).status_code == 403


def test_others_find_nothing(client: Client, bob: User, mallory: User, project: Project) -> None:
    source = connected(bob, project)
    client.force_login(mallory)
    for action in ("", "state", "edit", "secret"):
        assert client.get(at(source, action)).status_code == 404
    for action in ACTIONS:
        assert client.post(at(source, action)).status_code == 404
    assert client.get(reverse("sources", args=[project.pk])).status_code == 404
    client.logout()
    assert client.get(at(source)).status_code == 302


def test_each_address_has_its_verb(client: Client, bob: User, project: Project) -> None:
    source = connected(bob, project)
    client.force_login(bob)
    for action in ("test", "sync", "pause", "resume", "remove"):
        assert client.get(at(source, action)).status_code == 405
    for action in ("", "state"):
        assert client.post(at(source, action)).status_code == 405

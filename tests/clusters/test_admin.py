"""Operators look at sources; all that they change is whether one takes anything in."""

from __future__ import annotations

import pytest
from django.test import Client

from clusters.models import Intake, Project, Source
from clusters.services import sources
from credentials.models import AuditEvent, User
from tests import factories


@pytest.fixture
def operator(client: Client, db: None) -> User:
    user = factories.make_user("operator", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def source(bob: User, project: Project) -> Source:
    return sources.create(bob, project, kind="webhook", name="Desk", config={})


def test_an_operator_pauses_a_source_and_that_is_written_down(
    client: Client, operator: User, source: Source
) -> None:
    address = f"/admin/clusters/source/{source.pk}/change/"
    page = client.get(address).content.decode()
    assert str(source.public_key) not in page
    client.post(address, {"name": "Other", "kind": "file"})
    source.refresh_from_db()
    assert (source.enabled, source.name, source.kind) == (False, "Desk", "webhook")
    event = AuditEvent.objects.latest("id")
    assert (event.verb, event.actor) == ("source.paused", operator)
    client.post(address, {"enabled": "on"})
    source.refresh_from_db()
    assert source.enabled


def test_an_operator_adds_and_deletes_none(client: Client, operator: User, source: Source) -> None:
    assert client.get("/admin/clusters/source/add/").status_code == 403
    assert client.post(f"/admin/clusters/source/{source.pk}/delete/").status_code == 403


def test_messages_are_listed_without_what_they_say(
    client: Client, operator: User, source: Source
) -> None:
    row = Intake.objects.create(source=source, body=b"private words", headers={"x": "a header"})
    for address in ("/admin/clusters/intake/", f"/admin/clusters/intake/{row.pk}/change/"):
        page = client.get(address).content.decode()
        assert "private words" not in page
        assert "a header" not in page


def test_a_source_that_was_removed_is_not_brought_back(
    client: Client, operator: User, bob: User, source: Source
) -> None:
    factories.make_item(source)
    sources.remove(bob, source)
    address = f"/admin/clusters/source/{source.pk}/change/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"enabled": "on"}).status_code == 403
    source.refresh_from_db()
    assert not source.enabled

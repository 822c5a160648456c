"""Sources over HTTP, as scripts see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.test import Client

from clusters import wiring
from clusters.models import FeedbackItem, Project, Source
from clusters.services.sources import removal as source_removal
from credentials.models import AuditEvent, User
from tests import factories

JSON = "application/json"


@pytest.fixture(autouse=True)
def request_sync() -> Iterator[mock.Mock]:
    with mock.patch("clusters.services.sources.syncing.request") as asked:
        yield asked


def of(project: Project) -> str:
    return f"/api/projects/{project.pk}/sources"


def connect(client: Client, project: Project, **fields: Any) -> dict[str, Any]:
    answer = client.post(of(project), {"kind": "webhook", **fields}, content_type=JSON)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_a_source_is_connected_and_its_secret_told_once(
    client: Client, bob: User, project: Project
) -> None:
    client.force_login(bob)
    made = connect(client, project, name="Desk", config={"mapping": {"title": "subject"}})
    source = Source.objects.select_related("secret").get()
    assert made["secret"] == wiring.source_secret(source)
    assert made["address"].endswith(f"/in/webhook/{source.public_key}")
    again = client.get(f"/api/sources/{source.pk}").json()
    assert "secret" not in again
    assert again["has_secret"] is True
    assert again["config"]["mapping"] == {"title": "subject"}
    assert again["health"]["state"] == "waiting"
    assert len(again["health"]["days"]) == 14
    assert client.get(of(project)).json()["results"] == [again]


def test_a_secret_of_ones_own_is_not_told(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    made = connect(client, project, kind="sentry", secret="the client secret")
    assert made["secret"] == ""
    assert made["name"] == "Sentry"
    assert wiring.source_secret(Source.objects.get()) == "the client secret"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "file"}, "source_kind_unknown"),
        ({"kind": "reddit"}, "config_invalid"),
        ({"kind": "webhook", "config": {"unknown": 1}}, "setting_unknown"),
        ({"kind": "webhook", "name": " "}, "invalid"),
        ({"kind": "sentry", "secret": "short"}, "secret_invalid"),
        ({"kind": "webhook", "config": "no object"}, "invalid"),
        ({}, "invalid"),
    ],
)
def test_what_cannot_be_used_is_refused(
    client: Client, bob: User, project: Project, fields: dict[str, Any], code: str
) -> None:
    client.force_login(bob)
    answer = client.post(of(project), fields, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Source.objects.exists()


def test_a_source_is_changed_paused_tried_and_removed(
    client: Client, bob: User, project: Project
) -> None:
    client.force_login(bob)
    address = f"/api/sources/{connect(client, project)['id']}"
    changes = {"name": "Tickets", "enabled": False, "masks_personal_data": True}
    changed = client.patch(address, changes, content_type=JSON).json()
    assert changes.items() <= changed.items()
    assert changed["health"]["state"] == "paused"
    assert client.post(f"{address}/test").json()["ok"] is True
    assert client.post(f"{address}/sync").json()["code"] == "source_not_asked"
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert AuditEvent.objects.latest("id").verb == "source.removed"


def test_reports_go_only_where_that_is_said(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    for query, left in (("", 1), ("?items=delete", 1)):
        source = Source.objects.get(pk=connect(client, project)["id"])
        factories.make_item(source)
        client.delete(f"/api/sources/{source.pk}{query}")
        source_removal.finish(source.pk)
        assert FeedbackItem.objects.count() == left


def test_what_is_asked_is_asked_soon(
    client: Client, bob: User, project: Project, request_sync: mock.Mock
) -> None:
    client.force_login(bob)
    made = connect(client, project, kind="reddit", config={"subreddit": "selfhosted"})
    assert made["address"] is None
    assert client.post(f"/api/sources/{made['id']}/sync").status_code == 202
    assert request_sync.call_count == 2


def test_a_secret_is_replaced(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    made = connect(client, project)
    fresh = client.post(f"/api/sources/{made['id']}/secret").json()["secret"]
    assert fresh != made["secret"]
    assert wiring.source_secret(Source.objects.get()) == fresh
    given = {"secret": "one of my own making"}
    answer = client.post(f"/api/sources/{made['id']}/secret", given, content_type=JSON)
    assert answer.json() == {"secret": ""}
    assert wiring.source_secret(Source.objects.get()) == "one of my own making"


def test_a_viewer_reads_without_addresses_and_changes_nothing(
    client: Client, bob: User, carol: User, project: Project
) -> None:
    client.force_login(bob)
    made = connect(client, project)
    address = f"/api/sources/{made['id']}"
    client.force_login(carol)
    assert client.get(address).json()["address"] is None
    assert client.get(of(project)).json()["results"][0]["address"] is None
    assert client.post(of(project), {"kind": "form"}, content_type=JSON).status_code == 403
    assert client.patch(address, {"enabled": False}, content_type=JSON).status_code == 403
    assert client.delete(address).status_code == 403
    for action in ("test", "sync", "secret"):
        assert client.post(f"{address}/{action}").status_code == 403


def test_others_and_strangers_find_nothing(
    client: Client, bob: User, mallory: User, project: Project
) -> None:
    client.force_login(bob)
    address = f"/api/sources/{connect(client, project)['id']}"
    client.force_login(mallory)
    assert client.get(of(project)).status_code == 404
    assert client.post(of(project), {"kind": "form"}, content_type=JSON).status_code == 404
    for method in (client.get, client.delete):
        assert method(address).status_code == 404
    client.logout()
    assert client.get(address).status_code == 401


def test_a_wrong_verb_is_one(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    address = f"/api/sources/{connect(client, project)['id']}"
    for path in (f"{address}/test", f"{address}/sync", f"{address}/secret"):
        assert client.get(path).status_code == 405
    assert client.put(address, {}, content_type=JSON).status_code == 405

"""A project's metrics over HTTP."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from clusters.models import Project, SourceDay
from credentials.models import User
from tests import factories


@pytest.fixture
def address(project: Project) -> str:
    source = factories.make_source(project)
    SourceDay.objects.create(source=source, day=timezone.localdate(), created=7)
    factories.make_cluster(project)
    return f"/api/projects/{project.pk}/metrics"


def test_a_member_gets_the_weeks(client: Client, carol: User, address: str) -> None:
    client.force_login(carol)
    answer = client.get(address, {"weeks": "4"})
    assert answer.status_code == 200
    found = answer.json()
    assert len(found["weeks"]) == 4
    assert (found["weeks"][-1]["opened"], found["weeks"][-1]["reports"]) == (1, 7)
    assert found["kept"] == 1.0
    assert found["time_to_merge"] is None
    assert found["plans"]["planned"] == 0
    assert (found["sources"][0]["created"], found["sources"][0]["kind"]) == (7, "api")


def test_a_year_is_the_most(client: Client, alice: User, address: str) -> None:
    client.force_login(alice)
    assert len(client.get(address).json()["weeks"]) == 12
    answer = client.get(address, {"weeks": "53"})
    assert answer.status_code == 400
    assert "weeks" in answer.json()["fields"]


def test_others_find_nothing(client: Client, mallory: User, address: str) -> None:
    assert client.get(address).status_code in {401, 403}
    client.force_login(mallory)
    assert client.get(address).status_code == 404


def test_it_is_only_read(client: Client, alice: User, address: str) -> None:
    client.force_login(alice)
    assert client.post(address).status_code == 405
    assert client.delete(address).status_code == 405

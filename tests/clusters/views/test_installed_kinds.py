"""A kind of source that came with another package is connected like ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clusters import wiring
from clusters.models import Project, Source
from clusters.services.sources import health as source_health
from clusters.services.sources.kinds import all_kinds
from clusters.sources import registry
from clusters.sources.base import Answer, Read, Received
from credentials.models import User
from tests.clusters.views.source_pages import at, text_of


class Zendesk:
    """A kind that signs."""

    kind = "zendesk"
    label = "Zendesk"
    signs = True

    def verify(self, received: Received, secret: str, now: datetime) -> None:
        """Everything is fine."""

    def greeting(self, received: Received) -> Answer | None:
        return None

    def delivery_id(self, received: Received) -> str:
        return ""

    def kept_headers(self, received: Received) -> Mapping[str, str]:
        return {}

    def read(
        self, headers: Mapping[str, str], body: bytes, config: Mapping[str, Any]
    ) -> Iterator[Read]:
        yield from ()


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = registry.pushes()
    monkeypatch.setattr(registry, "pushes", lambda: {**ours, "zendesk": Zendesk()})


def test_it_is_connected_with_its_own_settings(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    address = reverse("source_new", args=[project.pk, "zendesk"])
    assert address in text_of(client, reverse("sources", args=[project.pk]))
    fields = {"name": "Tickets", "settings_json": '{"brand": "till"}'}
    page = client.post(address, fields).content.decode()
    source = Source.objects.select_related("secret").get()
    assert source.config == {"brand": "till"}
    assert wiring.source_secret(source) in page
    assert f"/in/zendesk/{source.public_key}" in page
    assert source_health.of(source).state == "waiting"
    assert "There is no sample of this kind" in client.post(at(source, "test")).content.decode()
    assert "till" in text_of(client, at(source, "edit"))


@pytest.mark.parametrize("settings", ["no json", "[1]", '{"removed_at": "now"}', "x" * 20_001])
def test_settings_that_are_none_are_refused(
    client: Client, bob: User, project: Project, settings: str
) -> None:
    client.force_login(bob)
    address = reverse("source_new", args=[project.pk, "zendesk"])
    answer = client.post(address, {"name": "Tickets", "settings_json": settings})
    assert answer.status_code == 200
    assert not Source.objects.exists()


def test_each_kind_is_listed_once() -> None:
    kinds = [info.kind for info in all_kinds()]
    assert len(kinds) == len(set(kinds))
    assert "zendesk" in kinds

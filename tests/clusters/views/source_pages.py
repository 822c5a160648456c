"""What the tests of the pages about sources share."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from clusters.models import Project, Source
from clusters.services import sources
from credentials.models import User

CONFIGS: dict[str, dict[str, Any]] = {
    "reddit": {"subreddit": "selfhosted"},
    "github": {"repository": "octo/till"},
}


def connected(user: User, project: Project, kind: str = "webhook", **fields: Any) -> Source:
    config = CONFIGS.get(kind, {})
    return sources.create(user, project, kind=kind, name="Help desk", config=config, **fields)


def at(source: Source, action: str = "") -> str:
    return reverse(f"source_{action}" if action else "source", args=[source.pk])


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()

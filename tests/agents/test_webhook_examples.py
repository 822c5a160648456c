"""Every payload that GitHub publishes as an example is taken in."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from agents import tasks
from agents.models import WebhookDelivery
from tests import factories
from tests.agents.hooks import SECRET, post
from tests.stand_ins.github.npm import Unavailable, fetch

# How many payloads each edition has at least.
EDITIONS = {"api.github.com": 300, "ghes-31": 45, "ghes-35": 120}


def examples(edition: str) -> list[tuple[str, dict[str, Any]]]:
    """Events and payloads; skips when they cannot be had."""
    try:
        file = fetch("@octokit/webhooks-examples", "7.6.1", f"{edition}/index.json")
    except Unavailable as missing:
        pytest.skip(str(missing))
    events = json.loads(file.read_text())
    return [(event["name"], example) for event in events for example in event["examples"]]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("edition", EDITIONS)
def test_every_published_example_is_done_or_ignored(
    client: Client, settings: Settings, edition: str
) -> None:
    settings.GITHUB_WEBHOOK_SECRETS = [SECRET]
    told = examples(edition)
    assert len(told) > EDITIONS[edition]
    team = factories.make_team()
    names = {str(payload.get("repository", {}).get("full_name")) for _, payload in told}
    for name in names - {"None"}:
        factories.make_project(team, name=name, forge="github", repository=name)
    for event, payload in told:
        assert post(client, payload, event=event).status_code == 202, event
    for row in WebhookDelivery.objects.all():
        tasks.handle_delivery(row.pk)
    outcomes = Counter(WebhookDelivery.objects.values_list("outcome", flat=True))
    assert set(outcomes) == {"done", "ignored"}
    assert outcomes["done"] >= 1  # the pings
    # Every example of an event that is followed was understood.
    misread = WebhookDelivery.objects.filter(note__startswith="The event does not say")
    assert list(misread.values_list("event", "action")) == []

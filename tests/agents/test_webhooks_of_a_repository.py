"""A repository's own webhooks, as they come from GitHub: signed, with whole payloads."""

from __future__ import annotations

import random

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from agents import tasks
from agents.models import PullRequest, WebhookDelivery
from clusters.models import Cluster
from credentials.models import Team
from tests import factories
from tests.agents.hooks import SECRET, URL
from tests.clusters.forges.conftest import _pattern, source
from tests.clusters.forges.github_forges import NAME, Bench, hub
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.webhooks import Delivery

__all__ = ["_pattern", "github", "hub", "source"]

BRANCH = "soulcaster/1-1"


@pytest.fixture
def cluster(team: Team) -> Cluster:
    """A job of it ended with a pull request of BRANCH."""
    project = factories.make_project(team, forge="github", repository=NAME)
    made = factories.make_cluster(project, status="pr_opened")
    factories.make_job(project, made, status="completed", branch=BRANCH)
    return made


def lived(hub: Bench) -> list[Delivery]:
    """The events of a pull request from its first commit to its merge."""
    hub.server.webhook(NAME, "http://127.0.0.1:1/", SECRET)  # nobody is there
    hub.server.commit(NAME, {"a.py": "one\n"}, branch=BRANCH, login="ann")
    number = hub.server.open_pull(NAME, BRANCH, login="ann", draft=True).number
    hub.server.commit(NAME, {"a.py": "two\n"}, branch=BRANCH, login="ann")
    hub.server.set_draft(NAME, number, draft=False, login="ann")
    hub.server.edit_pull(NAME, number, title="A better title", login="ann")
    hub.server.merge_pull(NAME, number, login="ann")
    return hub.server.deliveries


def come_in(client: Client, delivery: Delivery) -> int:
    """One of them arrives, and a worker takes it up."""
    headers = delivery.headers()
    kind = headers.pop("Content-Type")
    answer = client.post(URL, delivery.body, content_type=kind, headers=headers)
    tasks.handle_delivery(WebhookDelivery.objects.get(delivery_id=delivery.id).pk)
    return answer.status_code


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_merged_there_is_resolved_here(
    client: Client, settings: Settings, cluster: Cluster, hub: Bench, seed: int
) -> None:
    settings.GITHUB_WEBHOOK_SECRETS = [SECRET]
    told = lived(hub)
    assert {"ping", "push", "pull_request"} <= {delivery.event for delivery in told}
    order = [*told, *told]
    random.Random(seed).shuffle(order)
    codes = [come_in(client, delivery) for delivery in order]
    assert sorted(codes) == [200] * len(told) + [202] * len(told)
    pull = PullRequest.objects.get()
    cluster.refresh_from_db()
    assert (pull.state, pull.draft, pull.title) == ("merged", False, "A better title")
    assert pull.head_sha == hub.forge().get_pr(pull.number).head_sha
    assert (cluster.status, pull.cluster) == ("resolved", cluster)
    assert not WebhookDelivery.objects.exclude(outcome__in=["done", "ignored"]).exists()

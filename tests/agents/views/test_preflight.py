"""What stands in the way is told on the plan's page, once the page is there."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings
from redis.exceptions import RedisError

from clusters.models import Cluster
from credentials.models import User
from credentials.services import credentials
from tests import factories
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer

__all__ = ["github"]

NAME = "acme/widgets"


@pytest.fixture
def remote(github: GitHubServer, settings: Settings, cluster: Cluster, alice: User) -> Cluster:
    """A cluster of a project on GitHub; alice may write there."""
    settings.GITHUB_URL, settings.GITHUB_API_URL = github.url, github.api_url
    cache.clear()
    credentials.put(alice, alice, "github", github.add_user("alice"))
    github.add_organisation("acme")
    github.add_repository(NAME)
    github.grant(NAME, "alice", "write")
    cluster.project.forge, cluster.project.repository = "github", NAME
    cluster.project.save()
    factories.make_plan(cluster)
    return cluster


def fragment(client: Client, cluster: Cluster) -> str:
    answer = client.get(reverse("cluster_preflight", args=[cluster.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_itself_asks_nobody(
    client: Client, remote: Cluster, alice: User, github: GitHubServer
) -> None:
    client.force_login(alice)
    page = client.get(reverse("cluster_plan", args=[remote.pk])).content.decode()
    assert reverse("cluster_preflight", args=[remote.pk]) in page
    assert github.calls == []


def test_a_finding_comes_with_what_puts_it_right(
    client: Client, remote: Cluster, alice: User, github: GitHubServer
) -> None:
    client.force_login(alice)
    github.archive(NAME)
    shown = fragment(client, remote)
    assert "is archived on GitHub" in shown
    assert f'href="{github.url}/{NAME}/settings"' in shown


def test_nothing_in_the_way_is_nothing_said(client: Client, remote: Cluster, alice: User) -> None:
    client.force_login(alice)
    assert fragment(client, remote).strip() == ""


def test_it_is_asked_with_the_viewer_s_own_token(
    client: Client, remote: Cluster, bob: User
) -> None:
    client.force_login(bob)
    assert "There is no GitHub token of yours" in fragment(client, remote)


def test_a_limit_is_no_obstacle(
    client: Client, remote: Cluster, alice: User, github: GitHubServer
) -> None:
    client.force_login(alice)
    github.limit_next(retry_after=600)
    assert "it goes on in about 10 minutes" in fragment(client, remote)


def test_a_job_that_works_already_is_told(client: Client, remote: Cluster, alice: User) -> None:
    job = factories.make_job(remote.project, remote)
    client.force_login(alice)
    assert f"Job {job.pk} works on this cluster already" in fragment(client, remote)


def test_without_a_cache_the_forge_is_asked_each_time(
    client: Client, remote: Cluster, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise RedisError("Connection refused.")

    monkeypatch.setattr(cache, "get", away)
    monkeypatch.setattr(cache, "set", away)
    client.force_login(alice)
    assert client.get(reverse("cluster_preflight", args=[remote.pk])).status_code == 200


def test_another_team_gets_404(client: Client, remote: Cluster, mallory: User) -> None:
    client.force_login(mallory)
    assert client.get(reverse("cluster_preflight", args=[remote.pk])).status_code == 404


def test_a_difference_is_shown_to_those_whom_github_shows_the_code(
    client: Client, remote: Cluster, alice: User, bob: User
) -> None:
    job = factories.make_job(remote.project, remote, status="completed", outcome="verified",
                             finished_at=remote.created_at)  # fmt: skip
    factories.make_execution(job)
    for user, status in ((alice, 200), (bob, 403)):
        client.force_login(user)
        for name in ("job_diff", "job_prompt", "job_log_text"):
            assert client.get(reverse(name, args=[job.pk])).status_code == status

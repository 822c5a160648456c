"""A cluster's and a plan's buttons."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from clusters.models import Cluster
from clusters.services import plans
from credentials.models import User
from tests.factories import make_plan

BUTTONS = [
    "cluster_dismiss",
    "cluster_reopen",
    "plan_generate",
    "plan_approve",
    "plan_withdraw",
    "start_fix",
]


def _said(client: Client, url: str) -> str:
    return client.get(url).content.decode()


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_is_a_post(client: Client, alice: User, cluster: Cluster, name: str) -> None:
    client.force_login(alice)
    assert client.get(reverse(name, args=[cluster.pk])).status_code == 405


@pytest.mark.parametrize("name", BUTTONS)
def test_a_viewer_may_not(client: Client, carol: User, cluster: Cluster, name: str) -> None:
    client.force_login(carol)
    answer = client.post(reverse(name, args=[cluster.pk]), {"version": 1})
    assert answer.status_code == 403
    assert "member role" in answer.content.decode()


@pytest.mark.parametrize("name", BUTTONS)
def test_for_another_team_it_is_not_there(
    client: Client, mallory: User, cluster: Cluster, name: str
) -> None:
    client.force_login(mallory)
    assert client.post(reverse(name, args=[cluster.pk]), {"version": 1}).status_code == 404


@pytest.mark.parametrize("name", BUTTONS)
def test_a_stranger_is_asked_to_sign_in(client: Client, cluster: Cluster, name: str) -> None:
    assert client.post(reverse(name, args=[cluster.pk])).status_code == 302


def test_a_plan_is_approved_and_the_approval_taken_back(
    client: Client, bob: User, cluster: Cluster
) -> None:
    plan = make_plan(cluster)
    client.force_login(bob)
    client.post(reverse("plan_approve", args=[cluster.pk]), {"version": 1})
    plan.refresh_from_db()
    assert plan.approved_by == bob
    client.post(reverse("plan_withdraw", args=[cluster.pk]))
    plan.refresh_from_db()
    assert not plan.is_approved


@pytest.mark.parametrize("version", ["1", "", "-1", "²"])
def test_only_the_version_that_was_read_is_approved(
    client: Client, bob: User, cluster: Cluster, version: str
) -> None:
    make_plan(cluster)
    make_plan(cluster, summary="Newer")
    client.force_login(bob)
    answer = client.post(
        reverse("plan_approve", args=[cluster.pk]), {"version": version}, follow=True
    )
    assert "in the meantime" in answer.content.decode()
    newest = plans.current(cluster)
    assert newest is not None
    assert not newest.is_approved


def test_dismissing_keeps_the_reason_and_reopening_forgets_it(
    client: Client, bob: User, cluster: Cluster
) -> None:
    client.force_login(bob)
    client.post(reverse("cluster_dismiss", args=[cluster.pk]), {"reason": "Works as intended"})
    cluster.refresh_from_db()
    assert (cluster.status, cluster.dismissed_reason) == ("dismissed", "Works as intended")
    assert "Works as intended" in _said(client, reverse("cluster", args=[cluster.pk]))
    client.post(reverse("cluster_reopen", args=[cluster.pk]))
    cluster.refresh_from_db()
    assert (cluster.status, cluster.dismissed_reason) == ("new", "")


def test_the_title_is_edited(client: Client, bob: User, cluster: Cluster) -> None:
    client.force_login(bob)
    url = reverse("cluster_edit", args=[cluster.pk])
    assert client.get(url).status_code == 200
    client.post(url, {"title": "Better words", "summary": ""})
    cluster.refresh_from_db()
    assert (cluster.title, cluster.titled_by_person) == ("Better words", True)
    assert client.post(url, {"title": ""}).context["form"].errors["title"]


def test_a_viewer_does_not_edit_the_title(client: Client, carol: User, cluster: Cluster) -> None:
    client.force_login(carol)
    assert (
        client.post(reverse("cluster_edit", args=[cluster.pk]), {"title": "x"}).status_code == 403
    )

"""A webhook is processed once, tried again when it fails, and kept for thirty days."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from agents import queue, tasks
from agents.models import PullRequest, WebhookDelivery
from agents.services import deliveries, github_events
from clusters.forges.github.events import Payload
from clusters.models import Cluster, Project
from credentials.models import Team, User
from tests import factories
from tests.agents.hooks import pull_request

pytestmark = pytest.mark.django_db

MERGED = pull_request("closed", "10:00:00", state="closed", merged=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Messages to workers."""
    messages: list[tuple[str, int]] = []
    for module in (queue, tasks):
        monkeypatch.setattr(module, "send", lambda task, row, **_: messages.append((task, row)))
    return messages


@pytest.fixture
def project(team: Team) -> Project:
    return factories.make_project(team, forge="github", repository="till/shop")


def kept(payload: dict[str, Any], event: str = "pull_request") -> WebhookDelivery:
    """A delivery that waits."""
    identity: UUID = uuid4()
    assert deliveries.receive(identity, event, json.dumps(payload), payload)
    return WebhookDelivery.objects.get(delivery_id=identity)


def age(row: WebhookDelivery, **by: float) -> None:
    """It came so long ago."""
    moment = timezone.now() - timedelta(**by)
    WebhookDelivery.objects.filter(pk=row.pk).update(received_at=moment)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Handlers of pull requests fail after they have written something."""
    calls: list[int] = []

    def fail(payload: Payload) -> github_events.Result:
        calls.append(1)
        WebhookDelivery.objects.update(note="half done")
        raise RuntimeError("The disk is full.")

    monkeypatch.setitem(github_events._HANDLERS, "pull_request", fail)
    return calls


def test_it_is_processed_once(cluster: Cluster) -> None:
    factories.make_job(cluster.project, cluster, status="completed", branch="soulcaster/1-1")
    row = kept(MERGED)
    for _ in range(3):
        tasks.handle_delivery(row.pk)
    row.refresh_from_db()
    assert (row.outcome, row.attempts, row.error) == ("done", 1, "")
    assert row.processed_at is not None
    assert PullRequest.objects.get().state == "merged"


def test_a_message_about_nothing_does_nothing() -> None:
    tasks.handle_delivery(4711)


def test_an_unknown_event_is_ignored_and_kept() -> None:
    row = kept({"action": "created"}, event="star")
    tasks.handle_delivery(row.pk)
    row.refresh_from_db()
    assert (row.outcome, row.note) == ("ignored", "Nothing here follows this event.")


def test_what_fails_is_undone_and_tried_again(
    broken: list[int], sent: list[tuple[str, int]]
) -> None:
    row = kept(MERGED)
    with pytest.raises(RuntimeError):
        tasks.handle_delivery(row.pk)
    row.refresh_from_db()
    assert (row.outcome, row.note, row.attempts) == ("failed", "", 1)
    assert row.error == "RuntimeError: The disk is full."
    age(row, minutes=2)
    tasks.sweep_deliveries()
    assert sent == [("agents.handle_delivery", row.pk)]


def test_what_always_fails_is_left_for_an_operator(
    broken: list[int], sent: list[tuple[str, int]]
) -> None:
    row = kept(MERGED)
    age(row, minutes=2)
    for _ in range(deliveries.MOST_ATTEMPTS):
        assert deliveries.forgotten() == [row.pk]
        with pytest.raises(RuntimeError):
            tasks.handle_delivery(row.pk)
    tasks.sweep_deliveries()
    assert sent == []


def test_one_that_just_came_is_not_lost(sent: list[tuple[str, int]]) -> None:
    kept(MERGED)
    tasks.sweep_deliveries()
    assert sent == []


def test_they_are_kept_for_thirty_days(sent: list[tuple[str, int]]) -> None:
    for days in (29.9, 30.1):
        row = kept({}, event="ping")
        tasks.handle_delivery(row.pk)
        age(row, days=days)
    tasks.sweep_deliveries()
    ages = [timezone.now() - row.received_at for row in WebhookDelivery.objects.all()]
    assert [age.days for age in ages] == [29]


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


def process_again(client: Client, *rows: WebhookDelivery) -> int:
    """The action of the list; the answer's status."""
    url = reverse("admin:agents_webhookdelivery_changelist")
    data = {"action": "process_again", "_selected_action": [row.pk for row in rows]}
    return client.post(url, data).status_code


def test_an_operator_has_them_processed_again(
    operator: Client,
    cluster: Cluster,
    sent: list[tuple[str, int]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    row = kept(MERGED)
    tasks.handle_delivery(row.pk)
    row.refresh_from_db()
    assert row.outcome == "ignored"
    # Only now is there a job that made the branch.
    factories.make_job(cluster.project, cluster, status="completed", branch="soulcaster/1-1")
    with django_capture_on_commit_callbacks(execute=True):
        assert process_again(operator, row) == 302
    assert sent == [("agents.handle_delivery", row.pk)]
    tasks.handle_delivery(row.pk)
    row.refresh_from_db()
    assert (row.outcome, row.attempts) == ("done", 1)
    assert PullRequest.objects.get().state == "merged"


def test_looking_is_not_processing(client: Client, sent: list[tuple[str, int]]) -> None:
    looker = factories.make_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_webhookdelivery"))
    client.force_login(looker)
    row = kept(MERGED)
    tasks.handle_delivery(row.pk)
    process_again(client, row)
    row.refresh_from_db()
    assert row.processed_at is not None


def test_a_large_body_is_shown_in_part(operator: Client) -> None:
    row = kept({"x": "y" * 100_000}, event="ping")
    page = operator.get(reverse("admin:agents_webhookdelivery_change", args=[row.pk]))
    assert page.status_code == 200
    assert 10_000 < page.content.count(b"y") < 30_000

"""Operators look and cancel; rows that the machine made are not edited."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.models import Artifact, Execution, Job, PullRequest, Receipt, WebhookDelivery
from clusters.models import Cluster, FeedbackItem, Plan, Project
from credentials.models import ApiToken, AuditEvent, User
from credentials.services import tokens
from tests import factories


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


MACHINE_MADE = [
    Job,
    Execution,
    Receipt,
    Artifact,
    PullRequest,
    WebhookDelivery,
    Plan,
    FeedbackItem,
    Cluster,
    ApiToken,
    AuditEvent,
]


@pytest.mark.parametrize("model", MACHINE_MADE, ids=lambda model: model.__name__)
def test_rows_of_the_machine_are_read_only(operator: Client, model: type) -> None:
    options = model._meta  # type: ignore[attr-defined] # a model
    base = f"admin:{options.app_label}_{options.model_name}"
    assert operator.get(reverse(f"{base}_changelist")).status_code == 200
    assert operator.get(reverse(f"{base}_add")).status_code == 403


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
def test_every_list_of_the_admin_opens(operator: Client, model: type) -> None:
    options = model._meta  # type: ignore[attr-defined] # a model
    assert (
        operator.get(
            reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        ).status_code
        == 200
    )


def test_an_operator_cancels_jobs(operator: Client, cluster: Cluster) -> None:
    waiting = factories.make_job(cluster.project, cluster)
    ended = factories.make_job(cluster.project, status=Job.Status.COMPLETED)
    operator.post(
        reverse("admin:agents_job_changelist"),
        {"action": "cancel", "_selected_action": [waiting.pk, ended.pk]},
    )
    waiting.refresh_from_db()
    ended.refresh_from_db()
    assert (waiting.status, ended.status) == (Job.Status.CANCELLED, Job.Status.COMPLETED)


def test_a_jobs_page_has_nothing_to_save(operator: Client, cluster: Cluster) -> None:
    job = factories.make_job(cluster.project, cluster)
    page = operator.get(reverse("admin:agents_job_change", args=[job.pk]))
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert (
        operator.post(reverse("admin:agents_job_change", args=[job.pk]), {"title": "x"}).status_code
        == 403
    )


def test_no_digest_of_a_token_is_shown(operator: Client, alice: User) -> None:
    token, text = tokens.create(alice, "laptop")
    page = operator.get(
        reverse("admin:credentials_apitoken_change", args=[token.pk])
    ).content.decode()
    assert token.name in page
    assert token.digest not in page
    assert text not in page


def test_a_member_is_no_operator(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(reverse("admin:agents_job_changelist")).status_code == 302


QUEUE = "/admin/agents/job/queue/"


def run_job(project: Project, **fields: Any) -> Job:
    """A job that a worker holds."""
    return factories.make_job(
        project,
        status=Job.Status.RUNNING,
        started_at=timezone.now() - timedelta(seconds=60),
        lease_until=timezone.now() + timedelta(seconds=settings.LEASE_SECONDS - 2),
        lease_owner="host-1:17:4",
        **fields,
    )


@pytest.fixture
def assistant(db: None) -> User:
    """Somebody of the staff with no permission yet."""
    return User.objects.create_user("assistant", is_staff=True)


def allow(user: User, *names: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))


def test_the_queue_of_all_teams(operator: Client, project: Project, mallory: User) -> None:
    running = run_job(project)
    theirs = factories.make_project(mallory.memberships.get().team, name="elsewhere")
    waiting = factories.make_job(theirs, priority=Job.Priority.HIGH)
    content = operator.get(QUEUE).content.decode()
    for job in (running, waiting):
        assert reverse("admin:agents_job_change", args=[job.pk]) in content
        assert job.project.team.name in content
    assert "host-1" in content
    assert re.search(r"renewed [23]\.\d s ago", content)
    assert "high priority" in content


def test_the_list_of_jobs_leads_to_the_queue(operator: Client) -> None:
    assert QUEUE in operator.get("/admin/agents/job/").content.decode()


def test_an_empty_queue_opens(operator: Client) -> None:
    content = operator.get(QUEUE).content.decode()
    assert "Nothing runs." in content
    assert "Nothing waits." in content


def test_the_queue_updates_itself(operator: Client, project: Project) -> None:
    factories.make_job(project)
    found = re.search(r'id="queue-poll"[^>]*hx-get="([^"]+)"', operator.get(QUEUE).content.decode())
    assert found
    address = found[1].replace("&amp;", "&")
    assert operator.get(address).status_code == 204
    run_job(project)
    answer = operator.get(address)
    assert answer.status_code == 200
    assert b"host-1" in answer.content


def test_an_operator_cancels_from_the_queue(operator: Client, project: Project) -> None:
    job = run_job(project)
    assert f"{QUEUE}{job.pk}/cancel/" in operator.get(QUEUE).content.decode()
    answer = operator.post(f"{QUEUE}{job.pk}/cancel/")
    assert answer["Location"] == QUEUE
    job.refresh_from_db()
    assert job.cancel_requested_at is not None
    assert AuditEvent.objects.filter(verb="job.cancelled", target_id=job.pk).exists()
    assert operator.post(f"{QUEUE}999999/cancel/").status_code == 404


def test_the_queue_is_for_those_who_may(client: Client, assistant: User, project: Project) -> None:
    job = run_job(project)
    client.force_login(assistant)
    assert client.get(QUEUE).status_code == 403
    assert client.get(f"{QUEUE}state/").status_code == 403
    allow(assistant, "view_job")
    content = client.get(QUEUE).content.decode()
    assert job.title in content
    assert "cancel-job" not in content
    assert client.post(f"{QUEUE}{job.pk}/cancel/").status_code == 403
    job.refresh_from_db()
    assert job.cancel_requested_at is None


def test_the_queue_takes_its_own_verbs_only(operator: Client, project: Project) -> None:
    job = run_job(project)
    assert operator.post(QUEUE).status_code == 405
    assert operator.post(f"{QUEUE}state/").status_code == 405
    assert operator.get(f"{QUEUE}{job.pk}/cancel/").status_code == 405


def test_a_member_and_a_stranger_sign_in_first(
    client: Client, alice: User, project: Project
) -> None:
    job = run_job(project)
    for login in (False, True):
        if login:
            client.force_login(alice)
        for address in (QUEUE, f"{QUEUE}state/"):
            assert "/login/" in client.get(address)["Location"]
        assert "/login/" in client.post(f"{QUEUE}{job.pk}/cancel/")["Location"]
    job.refresh_from_db()
    assert job.cancel_requested_at is None

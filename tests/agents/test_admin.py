"""Operators look and cancel; rows that the machine made are not edited."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from agents.models import Artifact, Execution, Job, PullRequest, Receipt, WebhookDelivery
from clusters.models import Cluster, FeedbackItem, Plan
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

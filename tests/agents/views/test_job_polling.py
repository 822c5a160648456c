"""An open page of a job asks every two seconds: that is cheap, whatever the job has stored."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agents.models import Execution, Job, Step
from clusters.models import Project
from credentials.models import User
from tests import factories


@pytest.fixture
def job(project: Project) -> Job:
    return factories.make_job(project, status="running", started_at=timezone.now())


@pytest.fixture
def execution(job: Job) -> Execution:
    execution = factories.make_execution(job, memory={"conversation": "long"})
    tests = [{"id": f"test_{number}", "outcome": "passed"} for number in range(1000)]
    Step.objects.create(
        execution=execution, name="baseline", status="completed", result={"tests": tests}
    )
    return execution


@pytest.fixture
def page(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_while_nothing_changes_no_large_column_is_read(
    page: Client, job: Job, execution: Execution
) -> None:
    address = reverse("job_state", args=[job.pk])
    seen = page.get(reverse("job", args=[job.pk])).context["seen"]
    with CaptureQueriesContext(connection) as queries:
        answer = page.get(address, {"seen": seen})

    assert answer.status_code == 204
    asked = " ".join(query["sql"] for query in queries)
    assert "agents_step" in asked
    assert '"agents_step"."result"' not in asked
    assert '"agents_execution"."memory"' not in asked


def test_what_changed_is_answered(page: Client, job: Job, execution: Execution) -> None:
    address = reverse("job_state", args=[job.pk])
    seen = page.get(reverse("job", args=[job.pk])).context["seen"]
    Step.objects.create(execution=execution, name="agent")

    answer = page.get(address, {"seen": seen})

    assert answer.status_code == 200
    assert page.get(address, {"seen": answer.context["seen"]}).status_code == 204


@pytest.mark.parametrize(("query", "text"), [("", "\x1b[31mred\x1b[0m\n"), ("?plain=1", "red\n")])
def test_the_log_is_downloaded_with_and_without_codes(
    page: Client, job: Job, execution: Execution, query: str, text: str
) -> None:
    factories.make_chunks(execution, "\x1b[31mr", "ed\x1b[", "0m\n")

    answer = page.get(reverse("job_log_text", args=[job.pk]) + query)

    assert b"".join(answer).decode() == text

"""How often a page asks the database does not depend on how much there is to show."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Job, PullRequest, Receipt, Step
from clusters.models import Cluster, Project
from credentials.models import User
from credentials.services import audit
from tests import factories

PAGES = [
    "/",
    "/jobs/",
    "/clusters/{cluster}/",
    "/clusters/{cluster}/plan/",
    "/clusters/{cluster}/jobs/",
    "/clusters/{cluster}/activity/",
    "/jobs/{job}/",
    "/jobs/{job}/receipts/",
    "/jobs/{job}/activity/",
    "/jobs/{job}/state/",
    "/usage/",
    "/api/usage",
    "/api/clusters",
    "/api/clusters/{cluster}/feedback",
    "/api/jobs",
    "/api/jobs/{job}",
]


def add(project: Project, cluster: Cluster, job: Job, number: int) -> None:
    """One more of everything that pages list, each by another person."""
    person = factories.make_user(f"person-{number}")
    source = factories.make_source(project, name=f"Source {number}")
    other = factories.make_cluster(project)
    running = factories.make_job(project, other, requested_by=person)
    PullRequest.objects.create(
        project=project, cluster=other, job=running, number=number, branch="b", base_branch="main"
    )
    factories.make_item(source, cluster=cluster, author=f"Author {number}")
    factories.make_plan(cluster, approved_by=person)
    factories.make_job(project, cluster, requested_by=person, status=Job.Status.FAILED)
    for target in (cluster, job):
        audit.record(actor=person, team=project.team, verb="plan.approved", target=target)
    execution = job.executions.get()
    Step.objects.create(execution=execution, name="agent", round=number)
    Receipt.objects.create(
        execution=execution, kind="head", round=number, status="passed", command="x", seconds=1
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_as_often_for_many_as_for_few(
    client: Client, alice: User, project: Project, cluster: Cluster, page: str
) -> None:
    job = factories.make_job(project, cluster)
    factories.make_execution(job)
    client.force_login(alice)
    address = page.format(cluster=cluster.pk, job=job.pk)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    for number in (1, 2):
        add(project, cluster, job, number)
    asked()  # what is asked once, such as content types
    few = asked()
    for number in range(3, 9):
        add(project, cluster, job, number)
    assert asked() == few

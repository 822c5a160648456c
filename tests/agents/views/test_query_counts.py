"""How often a page asks the database does not depend on how much there is to show."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Execution, Job, PullRequest, Receipt, Step
from clusters.models import Cluster, FeedbackItem, Project, Source
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


LISTS = [
    "/",
    "/?status=planned",
    "/?sort=recent",
    "/?q=checkout",
    "/?page=2",
    "/jobs/",
    "/jobs/?status=failed",
    "/jobs/?page=2",
    "/clusters/{cluster}/",
    "/clusters/{cluster}/?author=Dana",
    "/clusters/{cluster}/?page=2",
    "/clusters/{cluster}/jobs/",
    "/usage/",
    "/api/clusters",
    "/api/clusters?status=planned,new",
    "/api/clusters?search=checkout",
    "/api/clusters/{cluster}/feedback",
    "/api/projects/{project}/feedback",
    "/api/jobs",
    "/api/jobs?status=failed",
    "/api/jobs?cluster_id={cluster}",
    "/api/usage",
]


def fill(project: Project, cluster: Cluster, source: Source, count: int) -> None:
    """That many more clusters, reports, jobs with an attempt, and pull requests."""
    first = Cluster.objects.count()
    Cluster.objects.bulk_create(
        Cluster(project=project, title="checkout", status=("new", "planned")[number % 2])
        for number in range(count)
    )
    FeedbackItem.objects.bulk_create(
        FeedbackItem(
            project=project,
            source=source,
            cluster=cluster,
            author="Dana",
            external_id=str(first + number),
        )
        for number in range(count)
    )
    jobs = Job.objects.bulk_create(
        Job(
            project=project,
            cluster=cluster,
            title="Fix",
            status=Job.Status.FAILED,
            outcome="unverified",
            finished_at=timezone.now(),
        )
        for _ in range(count)
    )
    Execution.objects.bulk_create(Execution(job=job, input_tokens=1) for job in jobs)
    PullRequest.objects.bulk_create(
        PullRequest(
            project=project, cluster=cluster, job=job, number=job.pk, branch="b", base_branch="main"
        )
        for job in jobs
    )


@pytest.mark.parametrize("template", LISTS)
def test_a_list_asks_as_often_for_two_hundred_rows_as_for_ten(
    client: Client, alice: User, project: Project, cluster: Cluster, template: str
) -> None:
    client.force_login(alice)
    source = factories.make_source(project)
    address = template.format(cluster=cluster.pk, project=project.pk)
    address = address.replace("page=2", "page=1")  # there is no second one of ten
    fill(project, cluster, source, 10)
    client.get(address)  # what is asked once
    with CaptureQueriesContext(connection) as few:
        assert client.get(address).status_code == 200
    fill(project, cluster, source, 190)
    with CaptureQueriesContext(connection) as many:
        assert (
            client.get(template.format(cluster=cluster.pk, project=project.pk)).status_code == 200
        )
    assert len(many) == len(few)

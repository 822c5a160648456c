"""Hosts whose clocks disagree by ten minutes: only the database's counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from agents.models import Job
from clusters.models import Project
from tests import factories
from tests.agents.services.elsewhere import Host, host

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def early() -> Iterator[Host]:
    with host(-10) as started:
        yield started


@pytest.fixture
def late() -> Iterator[Host]:
    with host(10) as started:
        yield started


def silent_for(job: Job, seconds: float) -> None:
    """As if its worker had not been heard of for so long after the lease ran out."""
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=seconds))


def test_a_lease_is_nobodys_but_the_holders(project: Project, early: Host, late: Host) -> None:
    assert late.ask("clock") - early.ask("clock") > 1190
    for holder, other in ((early, late), (late, early)):
        job = factories.make_job(project)
        fence = holder.ask("claim", job.pk, "holder")
        assert fence == 1
        assert other.ask("claim", job.pk, "other") is None
        assert other.ask("expired") == []
        assert holder.ask("renew", job.pk, "holder", fence)
        lease = Job.objects.annotate(now=Now()).get(pk=job.pk)
        assert lease.lease_until is not None
        assert 25 < (lease.lease_until - lease.now).total_seconds() <= 30  # type: ignore[attr-defined]
        assert lease.started_at is not None
        assert abs((lease.started_at - lease.now).total_seconds()) < 60  # type: ignore[attr-defined]


def test_both_see_the_same_lease_run_out(project: Project, early: Host, late: Host) -> None:
    job = factories.make_job(project)
    fence = late.ask("claim", job.pk, "late")
    silent_for(job, 0.01)
    assert early.ask("expired") == late.ask("expired") == [job.pk]
    assert early.ask("claim", job.pk, "early") == fence + 1
    assert not late.ask("renew", job.pk, "late", fence)


def test_a_job_that_was_put_aside_waits_equally_long_for_both(
    project: Project, early: Host, late: Host
) -> None:
    job = factories.make_job(project)
    Job.objects.filter(pk=job.pk).update(not_before=Now() + timedelta(minutes=5))
    for either in (early, late):
        assert either.ask("next") is None
        assert either.ask("claim", job.pk, "eager") is None
    Job.objects.filter(pk=job.pk).update(not_before=Now())
    assert early.ask("next") == late.ask("next") == job.pk


def test_the_limits_of_an_hour_are_the_same_for_both(
    project: Project, early: Host, late: Host
) -> None:
    for _ in range(10):
        done = factories.make_job(project, status=Job.Status.COMPLETED)
        Job.objects.filter(pk=done.pk).update(started_at=Now() - timedelta(minutes=55))
    job = factories.make_job(project)
    for either in (early, late):
        assert either.ask("next") is None
        assert either.ask("claim", job.pk, "eager") is None
    Job.objects.exclude(pk=job.pk).update(started_at=Now() - timedelta(minutes=61))
    assert early.ask("next") == late.ask("next") == job.pk

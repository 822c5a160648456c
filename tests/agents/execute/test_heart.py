from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from agents.execute.heart import Heart
from agents.models import Job
from agents.pipelines.base import Cancelled, LeaseLost, Stop
from agents.services import jobs, leases
from agents.services.leases import Lease
from clusters.models import Cluster
from credentials.models import User
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lease(cluster: Cluster, settings: Settings) -> Lease:
    settings.LEASE_SECONDS = 0.3
    lease = leases.claim(factories.make_job(cluster.project, cluster).pk, "worker")
    assert lease is not None
    return lease


def never() -> float:
    return time.monotonic() + 3600


def raises(heart: Heart, error: type[Exception], within: float = 10.0) -> bool:
    """Whether the heart says so before the time is over."""
    deadline = time.monotonic() + within
    tick = threading.Event()
    while time.monotonic() < deadline:
        try:
            heart.check()
        except error:
            return True
        tick.wait(0.02)
    return False


def test_a_silent_worker_keeps_its_job(lease: Lease) -> None:
    def lasted_longer_than_a_lease() -> bool:
        return leases.expired() == [] and Job.objects.get(pk=lease.job_id).lease_owner == "worker"

    with Heart(lease, never(), lambda: None) as heart:
        first = Job.objects.get(pk=lease.job_id).lease_until
        deadline = time.monotonic() + 10
        while Job.objects.get(pk=lease.job_id).lease_until == first and time.monotonic() < deadline:
            threading.Event().wait(0.02)
        assert Job.objects.get(pk=lease.job_id).lease_until != first
        assert lasted_longer_than_a_lease()
        heart.check()


def test_a_cancel_ends_what_the_worker_waits_for(lease: Lease, alice: User) -> None:
    ended = threading.Event()
    with Heart(lease, never(), ended.set) as heart:
        jobs.cancel(alice, Job.objects.get(pk=lease.job_id))
        assert raises(heart, Cancelled)
        assert ended.wait(10)
        assert heart.cancelled


def test_the_time_limit_ends_what_the_worker_waits_for(lease: Lease) -> None:
    ended = threading.Event()
    with Heart(lease, time.monotonic(), ended.set) as heart:
        assert raises(heart, Stop)
        assert ended.wait(10)
        assert heart.out_of_time


def test_a_lost_lease_leaves_the_sandbox_to_the_next_worker(lease: Lease) -> None:
    ended = threading.Event()
    Job.objects.filter(pk=lease.job_id).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert leases.claim(lease.job_id, "other") is not None
    with Heart(lease, never(), ended.set) as heart:
        assert raises(heart, LeaseLost)
    assert not ended.is_set()


def test_a_connection_that_broke_is_made_anew(
    lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed, breaks, renew = threading.Event(), [OperationalError, InterfaceError], leases.renew

    def renew_by_a_frail_connection(ours: Lease) -> bool:
        if breaks:
            connection.ensure_connection()
            connection.connection.close()  # as when the server has restarted
            raise breaks.pop(0)("the connection is closed")
        if renew(ours):
            renewed.set()
        return True

    monkeypatch.setattr(leases, "renew", renew_by_a_frail_connection)
    with Heart(lease, never(), lambda: None) as heart:
        assert renewed.wait(10)
        heart.check()

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from agents.execute import heart as hearts
from agents.execute import leaving
from agents.execute.heart import Heart
from agents.models import Job
from agents.pipelines.base import Cancelled, HandedOver, LeaseLost, Stop
from agents.services import jobs, leases
from agents.services.leases import Lease
from clusters.forges.interrupts import Interrupt
from clusters.models import Cluster
from credentials.models import User
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lease(cluster: Cluster, settings: Settings) -> Lease:
    settings.LEASE_SECONDS = 1.5
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


def test_a_cancel_that_came_before_the_worker_is_known_at_once(lease: Lease) -> None:
    with Heart(lease, never(), lambda: None, cancelled=True) as heart, pytest.raises(Cancelled):
        heart.check()


def test_what_the_worker_waits_for_is_interrupted_with_the_reason(
    lease: Lease, alice: User
) -> None:
    interrupt = Interrupt()
    with Heart(lease, never(), lambda: None, interrupt=interrupt):
        jobs.cancel(alice, Job.objects.get(pk=lease.job_id))
        with pytest.raises(Cancelled):
            interrupt.pause(30)


def test_a_worker_that_does_not_come_back_is_not_waited_for(
    lease: Lease, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearts, "CANCEL_GRACE", 0.1)
    stuck, closed = threading.Event(), threading.Event()

    def hang() -> None:  # as a provider may that is asked to close a sandbox
        closed.set()
        stuck.wait(30)

    with Heart(lease, never(), hang, on_stuck=stuck.set):
        jobs.cancel(alice, Job.objects.get(pk=lease.job_id))
        assert stuck.wait(10)
    assert closed.is_set()


def test_a_worker_that_comes_back_writes_the_end_itself(lease: Lease, alice: User) -> None:
    def unexpected() -> None:
        raise AssertionError("the worker was there")

    with Heart(lease, never(), lambda: None, on_stuck=unexpected) as heart:
        jobs.cancel(alice, Job.objects.get(pk=lease.job_id))
        assert raises(heart, Cancelled)


def test_a_process_that_ends_gives_its_jobs_back(
    lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearts, "LEAVING_GRACE", 0.1)
    ended, stuck = threading.Event(), threading.Event()
    with Heart(lease, never(), ended.set, on_stuck=stuck.set) as heart:
        heart.check()
        monkeypatch.setattr(leaving, "is_leaving", lambda: True)
        with pytest.raises(HandedOver):
            heart.check()
        assert stuck.wait(10)  # the worker hangs, so the heart does it
    assert heart.leaves
    assert not ended.is_set(), "the agent goes on for the next worker"


def test_a_database_that_says_nothing_is_a_lost_lease(
    lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answered = threading.Event(), threading.Event()

    def hang(ours: Lease) -> bool:
        asked.set()
        return answered.wait(30)

    monkeypatch.setattr(leases, "renew", hang)
    with Heart(lease, never(), lambda: None) as heart:
        assert asked.wait(10)
        assert raises(heart, LeaseLost)
        answered.set()


def test_a_cancel_is_heard_while_the_lease_needs_no_renewal(
    lease: Lease, alice: User, settings: Settings
) -> None:
    settings.LEASE_SECONDS = 600
    with Heart(lease, never(), lambda: None) as heart:
        jobs.cancel(alice, Job.objects.get(pk=lease.job_id))
        assert raises(heart, Cancelled, within=8)

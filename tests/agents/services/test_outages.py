"""A worker outlasts a database that restarts, and leaves its job alone when that takes too long."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from pytest_django.fixtures import Settings

from agents.models import Execution, Job
from agents.pipelines.base import HandedOver, LeaseLost, Stop
from agents.services import executions, leases, outages
from agents.services.leases import Lease
from clusters.forges.interrupts import Interrupt, working_under
from clusters.models import Cluster
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

AWAY = OperationalError("the connection is refused")
FULL = OperationalError("database or disk is full")


@pytest.fixture
def lease(cluster: Cluster) -> Lease:
    lease = leases.claim(factories.make_job(cluster.project, cluster).pk, "worker")
    assert lease is not None
    return lease


@pytest.fixture
def execution(lease: Lease) -> Execution:
    return executions.begin(lease)


def fails(*errors: Exception) -> Callable[..., Any]:
    """Let the next queries fail with these, one after the other."""
    left = list(errors)

    def wrapper(execute: Callable[..., Any], *arguments: Any) -> Any:
        if left:
            raise left.pop(0)
        return execute(*arguments)

    return wrapper


def test_a_write_is_done_again_until_the_database_is_back(
    lease: Lease, execution: Execution
) -> None:
    broken = InterfaceError("the connection is closed")
    with connection.execute_wrapper(fails(AWAY, AWAY, broken)):
        executions.remember(lease, execution, {"session": "one"})
    assert executions.recall(execution, "session") == "one"


def test_a_job_is_left_as_it_is_when_the_database_stays_away(
    lease: Lease, execution: Execution, settings: Settings
) -> None:
    settings.LEASE_SECONDS = 0

    def refuse(*_: Any) -> None:
        raise AWAY

    with connection.execute_wrapper(refuse), pytest.raises(LeaseLost):
        executions.finish(lease, execution, code="verified")
    assert Job.objects.get(pk=lease.job_id).status == Job.Status.PROVISIONING
    assert Execution.objects.get(pk=execution.pk).status == Execution.Status.RUNNING


def test_nobody_waits_for_the_database_in_a_process_that_ends(
    lease: Lease, execution: Execution
) -> None:
    interrupt = Interrupt()
    interrupt.cut(HandedOver)
    with (
        working_under(interrupt),
        connection.execute_wrapper(fails(AWAY)),
        pytest.raises(HandedOver),
    ):
        executions.remember(lease, execution, {"session": "one"})


def test_a_full_database_ends_the_job_with_that_reason(lease: Lease, execution: Execution) -> None:
    with connection.execute_wrapper(fails(FULL)), pytest.raises(Stop) as stop:
        executions.remember(lease, execution, {"session": "one"})
    assert stop.value.outcome == "disk_full"
    assert "database" in stop.value.detail


def test_a_real_database_without_room_is_recognised(lease: Lease, execution: Execution) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite's size can be limited from a test")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # rows of earlier tests have left room
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {int(cursor.fetchone()[0])}")
    try:
        with pytest.raises(Stop) as stop:
            executions.remember(lease, execution, {"much": "x" * 4_000_000})
    finally:
        connection.close()
    assert stop.value.outcome == "disk_full"
    assert executions.recall(execution, "much") == ""
    assert executions.finish(lease, execution, code="disk_full", detail=stop.value.detail)


def test_the_end_itself_waits_for_room(lease: Lease, execution: Execution) -> None:
    with connection.execute_wrapper(fails(FULL, FULL)):
        assert executions.finish(lease, execution, code="disk_full")
    assert Job.objects.get(pk=lease.job_id).outcome == "disk_full"


def test_a_defect_is_not_waited_out(lease: Lease, execution: Execution) -> None:
    defect = OperationalError("no such table: agents_step")
    with connection.execute_wrapper(fails(defect)), pytest.raises(OperationalError, match="table"):
        executions.remember(lease, execution, {"session": "one"})


@pytest.mark.timeout(20)
def test_a_defect_that_was_told_is_not_its_own_cause(lease: Lease, execution: Execution) -> None:
    # Whoever looks for the cause of an error would never come to the end.
    defect = OperationalError("no such table: agents_step")
    telling: Any = outages.telling(type("Told", (), {"work": fails(defect)}))
    with pytest.raises(OperationalError) as told:
        telling().work(print)
    assert told.value.__cause__ is None
    with connection.execute_wrapper(fails(defect)), pytest.raises(OperationalError) as waited:
        executions.remember(lease, execution, {"session": "one"})
    assert waited.value.__cause__ is not waited.value
    outages.raise_told(waited.value)


def test_what_full_means() -> None:
    assert outages.is_full(OSError(errno.ENOSPC, "No space left on device"))
    assert outages.is_full(OperationalError("could not extend file: No space left on device"))
    assert not outages.is_full(OSError(errno.EACCES, "Permission denied"))
    assert not outages.is_away(FULL)
    assert outages.is_away(AWAY)

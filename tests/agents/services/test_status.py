"""What runs where, what waits and why, from the database alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Job, Step
from agents.services import health, installation, status
from agents.services.findings import State
from agents.services.health import KeyState
from agents.services.status import Pulse
from agents.services.usual import usual_of, usual_seconds
from clusters.models import Project
from credentials.models import Credential, Team, User
from tests import factories


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def run_job(project: Project, *, silent: float = 1.0, **fields: Any) -> Job:
    """A job that a worker holds, which was heard of `silent` seconds ago."""
    lease_until = ago(silent - settings.LEASE_SECONDS)
    fields.setdefault("started_at", ago(60))
    fields.setdefault("lease_owner", "host-1:17:4")
    return factories.make_job(
        project, status=Job.Status.RUNNING, lease_until=lease_until, fence=1, **fields
    )


def end_job(project: Project, seconds: float, **fields: Any) -> Job:
    fields.setdefault("outcome", "verified")
    return factories.make_job(
        project,
        status=Job.Status.COMPLETED,
        started_at=ago(seconds),
        finished_at=timezone.now(),
        **fields,
    )


def look() -> status.Overview:
    return status.overview(Job.objects.all())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Others plan once they know everything")
def test_jobs_that_ended_are_not_read(project: Project) -> None:
    """Of all teams, for operators: however many there were."""
    run_job(project)
    factories.make_job(project)
    plans: list[str] = []

    def explain(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        execute(f"EXPLAIN QUERY PLAN {sql}", parameters, many, context)
        plans.extend(row[-1] for row in context["cursor"].fetchall())
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(explain):
        look()
    read = [plan for plan in plans if plan.startswith("SCAN agents_job")]
    few = ("job_leases", "job_queue", "one_active_job_per_cluster")
    assert read
    assert [plan for plan in read if not plan.endswith(few)] == []


def test_a_running_job_with_its_step_its_sandbox_and_its_time(project: Project) -> None:
    job = run_job(project, paused_seconds=20)
    factories.make_execution(job, status="failed")
    attempt = factories.make_execution(job, sandbox_provider="local", isolation="bwrap")
    Step.objects.create(execution=attempt, name="setup", status="completed")
    Step.objects.create(execution=attempt, name="agent", round=2)
    (entry,) = look().running
    assert (entry.attempt, entry.sandbox, entry.isolation) == (2, "local", "bwrap")
    assert entry.step is not None
    assert (entry.step.name, entry.step.round) == ("agent", 2)
    assert entry.elapsed == pytest.approx(40, abs=5)
    assert (entry.lease.host, entry.lease.process) == ("host-1", "17")


@pytest.mark.parametrize(
    ("silent", "pulse"),
    [(1, Pulse.BEATS), (settings.LEASE_SECONDS * 0.6, Pulse.LATE), (45, Pulse.LOST)],
)
def test_a_lease_is_as_healthy_as_its_last_renewal(
    project: Project, silent: float, pulse: Pulse
) -> None:
    run_job(project, silent=silent)
    (entry,) = look().running
    assert entry.lease.pulse == pulse
    assert entry.lease.seconds_ago == pytest.approx(silent, abs=3)


def test_waiting_jobs_stand_in_their_order_and_say_why(project: Project) -> None:
    late = factories.make_job(project)
    urgent = factories.make_job(project, priority=Job.Priority.URGENT)
    asked = factories.make_job(
        project, status=Job.Status.AWAITING_APPROVAL, lease_until=ago(90), approval="push"
    )
    waiting = look().waiting
    assert [each.job for each in waiting] == [urgent, late, asked]
    assert [each.position for each in waiting] == [1, 2, None]
    assert all(each.reason.endswith(".") for each in waiting)
    assert "person" in waiting[2].reason
    assert waiting[2].since == asked.lease_until


def test_what_ended_is_not_in_the_queue(project: Project) -> None:
    end_job(project, 10)
    found = look()
    assert (found.running, found.waiting, found.workers, found.sandboxes) == ((), (), [], {})


def test_sandboxes_and_workers_are_counted(project: Project) -> None:
    for owner, provider in (("a:1:7", "local"), ("a:1:8", "e2b"), ("b:2:9", "local")):
        job = run_job(project, lease_owner=owner)
        factories.make_execution(job, sandbox_provider=provider)
    found = look()
    assert found.sandboxes == {"e2b": 1, "local": 2}
    assert {(each.host, each.process, each.jobs) for each in found.workers} == {
        ("a", "1", 2),
        ("b", "2", 1),
    }


def test_a_long_queue_is_cut_but_counted(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "SHOWN", 2)
    for _ in range(3):
        run_job(project)
        factories.make_job(project)
    found = look()
    assert (len(found.running), found.running_count) == (2, 3)
    assert (len(found.waiting), found.waiting_count) == (2, 3)


def test_it_asks_as_often_for_fifty_jobs_as_for_one(team: Team) -> None:
    def add(number: int) -> None:
        project = factories.make_project(team, name=f"project {number}")
        person = factories.make_user(f"person-{number}")
        job = run_job(project, requested_by=person)
        Step.objects.create(execution=factories.make_execution(job), name="agent")
        factories.make_job(project, requested_by=person)
        end_job(project, 10)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            for job in look().jobs:
                assert str(job.project.team)
                assert str(job.requested_by)
        return len(queries)

    add(0)
    one = asked()
    for number in range(1, 50):
        add(number)
    assert asked() == one


def test_the_usual_is_the_median_of_proven_jobs(project: Project) -> None:
    for seconds in (10, 1000, 30):
        end_job(project, seconds)
    for _ in range(4):
        end_job(project, 5, outcome="unverified")
    assert usual_seconds(project.pk) == pytest.approx(30, abs=1)
    run_job(project)
    (entry,) = look().running
    assert entry.usual == pytest.approx(30, abs=1)


def test_the_usual_leaves_pauses_out_and_old_jobs_too(project: Project) -> None:
    for _ in range(20):
        end_job(project, 9000)
    for _ in range(20):
        end_job(project, 100, paused_seconds=40)
    assert usual_seconds(project.pk) == pytest.approx(60, abs=1)


def test_two_jobs_are_not_enough_for_a_usual(project: Project, team: Team) -> None:
    other = factories.make_project(team, name="other")
    for _ in range(2):
        end_job(project, 10)
    for _ in range(3):
        end_job(other, 20)
    found = usual_of([project.pk, other.pk])
    assert found[project.pk] is None
    assert found[other.pk] == pytest.approx(20, abs=1)


def test_keys_that_were_refused_or_expire(alice: User, team: Team, mallory: User) -> None:
    def key(provider: str, **fields: Any) -> None:
        Credential.objects.create(provider=provider, last_four="abcd", **fields)

    key("anthropic", user=alice, verified_at=ago(5), verify_error="The key was refused.")
    key("openai", user=alice, verified_at=ago(5))
    key("e2b", team=team, expires_at=ago(-3600), verified_at=ago(5))
    key("aws", team=team, expires_at=ago(1))
    key("openai", user=mallory)
    assert {(each.provider, each.team): each.state for each in health.keys(alice)} == {
        ("anthropic", None): KeyState.REFUSED,
        ("openai", None): KeyState.GOOD,
        ("e2b", team): KeyState.EXPIRES,
        ("aws", team): KeyState.EXPIRED,
    }
    troubled = {(each.provider, each.state) for each in health.troubled_keys()}
    assert troubled == {("e2b", KeyState.EXPIRES), ("aws", KeyState.EXPIRED)}


def test_runners_are_known_without_trying_one(
    alice: User, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tried(*_: object) -> None:
        raise AssertionError("something was tried")

    monkeypatch.setattr("agents.services.doctor.sandbox", tried)
    lines = {line.name: line for line in health.runner_lines(alice, team)}
    assert lines["local_scripted"].state is State.OK
    assert lines["local_claude"].state is State.PROBLEM
    unfit = health.unfit(["local_scripted", "local_claude"], alice, team)
    assert [line.name for line in unfit] == ["local_claude"]


def test_how_long_ago_a_worker_was_reached(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "cache", {})
    assert status.seconds_since_beat() is None
    monkeypatch.undo()
    installation.note_beat()
    found = status.seconds_since_beat()
    assert found is not None
    assert found < 5

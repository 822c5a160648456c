"""Whatever people and workers do, in any order: some things always hold, and every job ends."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from unittest.mock import patch

import hypothesis.strategies as st
import pytest
from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Now
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from agents.models import Execution, Job
from agents.services import approvals, executions, jobs, leases, queueing
from agents.services.leases import Lease
from clusters.models import Cluster
from clusters.services.projects import repositories
from credentials.errors import Conflict
from credentials.models import User
from tests import factories

AT_ONCE, PER_HOUR = 2, 5
Held = tuple[Lease, Execution]
some = st.integers(min_value=0, max_value=1000)


class JobMachine(RuleBasedStateMachine):
    """Three clusters of one project and one of another team's, two people, any number of workers."""

    def __init__(self) -> None:
        super().__init__()
        self._rolled_back = transaction.atomic()
        self._rolled_back.__enter__()
        self.people = [factories.make_user(name) for name in ("alice", "zoe")]
        self.clusters: list[tuple[int, Cluster]] = []
        for owner, (name, count) in enumerate((("Till", 3), ("Elsewhere", 1))):
            team = factories.make_team(name, owner=self.people[owner])
            project = factories.make_project(team, runner="local_scripted", allow_unisolated=True)
            for _ in range(count):
                cluster = factories.make_cluster(project)
                factories.make_plan(cluster, approved_by=self.people[owner])
                self.clusters.append((owner, cluster))
        self.held: list[Held] = []
        self.lost: list[Held] = []
        self.ended: dict[int, tuple[object, ...]] = {}
        self.workers = 0

    def teardown(self) -> None:
        self._bring_to_an_end()
        transaction.set_rollback(True)
        self._rolled_back.__exit__(None, None, None)

    # --- people ---

    @rule(n=some, priority=st.sampled_from(Job.Priority.values))
    def start(self, n: int, priority: int) -> None:
        owner, cluster = self.clusters[n % len(self.clusters)]
        jobs.start_fix(self.people[owner], _fresh(cluster), priority=priority)

    @rule(n=some)
    def propose(self, n: int) -> None:
        jobs.propose_fix(_fresh(self.clusters[n % len(self.clusters)][1]))

    @precondition(lambda self: Job.objects.exists())
    @rule(n=some)
    def cancel(self, n: int) -> None:
        job = self._job(n)
        jobs.cancel(self._owner(job), job)

    @precondition(lambda self: Job.objects.exists())
    @rule(n=some)
    def retry(self, n: int) -> None:
        job = self._job(n)
        refusal = nullcontext() if job.is_ended else pytest.raises(Conflict, match="not ended yet")
        with refusal:
            jobs.retry(self._owner(job), job)

    @precondition(lambda self: Job.objects.filter(status="awaiting_approval").exists())
    @rule(n=some, yes=st.booleans())
    def decide(self, n: int, yes: bool) -> None:
        waits = list(Job.objects.filter(status="awaiting_approval").order_by("pk"))
        job = waits[n % len(waits)]
        (approvals.approve if yes else approvals.reject)(self._owner(job), job)

    # --- workers ---

    @rule()
    def take_the_next(self) -> None:
        job = queueing.next_job()
        if job is not None:
            assert self._claim(job), "what is next can be claimed"

    @precondition(lambda self: Job.objects.exists())
    @rule(n=some)
    def claim_any(self, n: int) -> None:
        self._claim(self._job(n).pk)

    @precondition(lambda self: self.held)
    @rule(n=some, code=st.sampled_from(["verified", "no_changes", "internal_error", "cancelled"]))
    def finish(self, n: int, code: str) -> None:
        lease, execution = self.held.pop(n % len(self.held))
        assert executions.finish(lease, execution, code=code)

    @precondition(lambda self: self.held)
    @rule(n=some, keep=st.booleans())
    def put_aside(self, n: int, keep: bool) -> None:
        lease, execution = self.held.pop(n % len(self.held))
        assert executions.put_aside(lease, execution, seconds=60, reason="Later.", keep_steps=keep)

    @precondition(lambda self: self.held)
    @rule(n=some)
    def try_again(self, n: int) -> None:
        lease, execution = self.held.pop(n % len(self.held))
        assert executions.try_again(lease, execution, code="agent_idle")

    @precondition(lambda self: self.held)
    @rule(n=some)
    def await_approval(self, n: int) -> None:
        lease, _ = self.held.pop(n % len(self.held))
        assert executions.await_approval(lease, approval=approvals.PUSH)

    @precondition(lambda self: self.held)
    @rule(n=some)
    def hand_over(self, n: int) -> None:
        lease, execution = self.held.pop(n % len(self.held))
        assert leases.hand_over(lease)
        self.lost.append((lease, execution))

    @precondition(lambda self: self.held)
    @rule(n=some)
    def fall_silent(self, n: int) -> None:
        lease, execution = self.held.pop(n % len(self.held))
        Job.objects.filter(pk=lease.job_id).update(lease_until=Now() - timedelta(seconds=1))
        self.lost.append((lease, execution))

    @rule()
    def reap(self) -> None:
        for job in leases.expired():
            assert self._claim(job), "what runs has its place"

    @precondition(lambda self: self.lost)
    @rule(n=some)
    def come_back_too_late(self, n: int) -> None:
        lease, execution = self.lost[n % len(self.lost)]
        if Job.objects.get(pk=lease.job_id).fence == lease.fence:
            return  # nobody has taken it over yet
        assert not leases.renew(lease)
        assert not leases.hand_over(lease)
        assert not executions.finish(lease, execution, code="verified")

    # --- time ---

    @rule()
    def come_due(self) -> None:
        Job.objects.filter(not_before__isnull=False).update(not_before=Now())

    @rule()
    def an_hour_passes(self) -> None:
        for job in Job.objects.filter(started_at__isnull=False):
            assert job.started_at is not None
            Job.objects.filter(pk=job.pk).update(started_at=job.started_at - timedelta(hours=1))

    # --- what always holds ---

    @invariant()
    def an_ended_job_never_changes(self) -> None:
        now = _ended()
        for job, row in self.ended.items():
            assert now.get(job) == row
        self.ended = now

    @invariant()
    def a_cluster_has_one_active_fix_at_most(self) -> None:
        active = Job.objects.filter(status__in=Job.ACTIVE, kind=Job.Kind.FIX)
        assert all(n == 1 for _, n in active.values_list("cluster").annotate(n=Count("pk")))

    @invariant()
    def no_limit_is_passed(self) -> None:
        working = Job.objects.filter(status__in=Job.HELD, cancel_requested_at=None)
        assert all(n <= AT_ONCE for _, n in working.values_list("project").annotate(n=Count("pk")))
        began = Job.objects.filter(started_at__gt=Now() - timedelta(minutes=59))
        assert all(n <= PER_HOUR for _, n in began.values_list("project").annotate(n=Count("pk")))

    @invariant()
    def everybody_who_waits_is_told_why(self) -> None:
        waiting = Job.objects.filter(status=Job.Status.PENDING).values_list("pk", flat=True)
        places = queueing.places()
        assert set(places) == set(waiting)
        assert all(place.reason for place in places.values())

    def _bring_to_an_end(self) -> None:
        """Time passes, people answer and workers work: nothing is stuck."""
        for _ in range(20):
            if not Job.objects.filter(status__in=Job.ACTIVE).exists():
                return
            for job in Job.objects.filter(status="awaiting_approval"):
                approvals.reject(self._owner(job), job)
            Job.objects.filter(status__in=Job.HELD).update(lease_until=Now())
            Job.objects.update(started_at=None, not_before=None)
            self.held.clear()
            self.reap()
            while (job_id := queueing.next_job()) is not None:
                assert self._claim(job_id)
            for lease, execution in self.held:
                assert executions.finish(lease, execution, code="verified")
        raise AssertionError(list(Job.objects.filter(status__in=Job.ACTIVE).values()))

    def _claim(self, job: int) -> bool:
        self.workers += 1
        lease = leases.claim(job, f"worker-{self.workers}")
        if lease is not None:
            self.held.append((lease, executions.begin(lease)))
        return lease is not None

    def _job(self, n: int) -> Job:
        found = list(Job.objects.order_by("pk"))
        return found[n % len(found)]

    def _owner(self, job: Job) -> User:
        return self.people[0 if job.project.team.name == "Till" else 1]


def _fresh(cluster: Cluster) -> Cluster:
    return Cluster.objects.select_related("project__team").get(pk=cluster.pk)


def _ended() -> dict[int, tuple[object, ...]]:
    rows = Job.objects.filter(status__in=Job.ENDED)
    told = rows.values_list("pk", "status", "outcome", "finished_at", "fence", "decision")
    return {row[0]: row for row in told}


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.timeout(300)
def test_jobs_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repositories, "require_read", lambda project, user: None)
    limits = {"PROJECT_JOBS_AT_ONCE": AT_ONCE, "PROJECT_JOBS_PER_HOUR": PER_HOUR}
    with override_settings(**limits), patch("agents.queue.run_job"):
        run_state_machine_as_test(
            JobMachine,
            settings=settings(
                max_examples=15,
                stateful_step_count=30,
                deadline=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
        )

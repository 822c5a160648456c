"""What one worker does with one execution: the pipeline under a heart, and its end in the rows."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models.functions import Now

from agents import wiring
from agents.execute import ends, refusals, scratch
from agents.execute.ends import End
from agents.execute.heart import Heart
from agents.execute.journal import ExecutionJournal
from agents.execute.meter import Meter
from agents.logs.recorder import Recorder
from agents.models import Execution, Job, PullRequest
from agents.outcomes import outcome
from agents.pipelines import records
from agents.pipelines.base import AwaitsApproval, Cancelled, HandedOver, LeaseLost, Stop
from agents.pipelines.fix import run_fix
from agents.pipelines.plan import run_plan
from agents.sandboxes.base import SandboxError
from agents.sandboxes.patience import PatientProvider
from agents.services import (
    approvals,
    contexts,
    executions,
    leases,
    outages,
    plan_jobs,
    prices,
    pulls,
)
from agents.services.leases import Lease
from clusters.forges import interrupts
from clusters.forges.base import ForgeError, PullState, RateLimited
from clusters.forges.interrupts import Interrupt, sheltered, working_under
from clusters.models import Cluster
from clusters.services.projects import repositories

log = structlog.get_logger(__name__)

# Seconds that a call of the forge may hold a worker back; a longer wait puts the job aside.
_PATIENCE = 8.0
# Seconds in all that a job may be put aside.
_LONGEST_PAUSE = 6 * 3600
# Seconds to read what a job is about.
_LONGEST_READING = 60.0


class Worker:
    """What one worker holds while it works on one execution."""

    def __init__(self, lease: Lease, execution: Execution) -> None:
        self.lease = lease
        self.execution = execution
        self.job = Job.objects.select_related(
            "project__team", "cluster", "requested_by", "drafting__cluster__project__team"
        ).get(pk=lease.job_id)
        self.prepared = wiring.prepare(
            self.job.runner,
            user=self.job.requested_by,
            team=self.job.project.team,
            job=self.job.pk,
            chosen=self.job.credential_id,
            model=self.job.model,
        )
        self.tariff = prices.tariff(
            self.job.runner,
            self.prepared.model,
            elsewhere=any(key.base_url for key in self.prepared.revealed),
        )
        place = wiring.sandbox_provider(
            self.job.runner, self.job.requested_by, self.job.project.team, self.job.pk
        )
        self.sandboxes, self.place_keys = place.provider, place.revealed
        self.sandbox_id = execution.sandbox_id
        known = PullRequest.objects.filter(job=self.job).order_by("-number")
        self.pull_number = known.values_list("number", flat=True).first()
        # What came to the gate is kept in the journal, and a person may have said something about it.
        at_gate = self.job.approval == approvals.PUSH
        self.has_worked = at_gate and executions.has_worked(execution)

    def to_its_end(self) -> None:
        """Run the pipeline and write its end down."""
        try:
            self.connection = repositories.connect(
                self.job.project, self.job.requested_by, job=self.job.pk, patience=_PATIENCE
            )
        except ForgeError as error:
            # Without the requester's key there is nothing to go on with.
            self._end_sandbox()
            code, detail = self._told(error)
            executions.finish(self.lease, self.execution, code=code, detail=detail)
            return
        self.forge = self.connection.forge
        key = self.connection.key
        revealed = [*self.prepared.revealed, *self.place_keys, *([key] if key else [])]
        recorder = Recorder(self.execution.pk, self.lease.fence, wiring.scrubber(revealed))
        interrupt = Interrupt()
        self.heart = Heart(
            self.lease,
            time.monotonic() + self._seconds_left(),
            self._end_sandbox,
            on_stuck=self._end_without_the_worker,
            interrupt=interrupt,
            cancelled=self.job.cancel_requested_at is not None,
        )
        own = scratch.folder(settings.HOME / "scratch", self.execution.pk, self.lease.fence)
        try:
            with own as folder, self.heart:
                with working_under(interrupt):
                    end = self._work(recorder, folder)
                self._write_down(recorder, end)
        except HandedOver:
            recorder.close()
            raise

    def _work(self, recorder: Recorder, folder: Path) -> End:
        """Run the pipeline; how it ended. Raises LeaseLost when that is not ours to say."""
        meter = Meter(self.lease, self.execution, self.tariff, self.job)
        journal = ExecutionJournal(
            self.lease, self.execution, recorder, self.heart, meter, self._after
        )
        try:
            meter.begin(journal)
            end = self._pipeline(journal, folder)
        except LeaseLost:
            raise
        except AwaitsApproval:
            return End(awaits_approval=True)
        except RateLimited as error:
            end = self._limited(error)
        except Cancelled:
            end = End("cancelled")
        except Stop as stop:
            end = End(stop.outcome, stop.detail)
        except ForgeError as error:
            self._end_sandbox()
            code, detail = self._told(error)
            end = End(code, detail, again=self._may_try_again(code))
        except SandboxError as error:
            end = End("sandbox_failed", str(error))
        except Exception as error:  # the last line of defence: the job must end, the log says why
            outages.raise_told(error)
            log.exception("job_broke")
            end = ends.of_error(error)
        return self._as_heard(end)

    def _limited(self, error: RateLimited) -> End:
        if self.job.paused_seconds - approvals.seconds_at_gate(self.job) < _LONGEST_PAUSE:
            return End(aside=error)
        return End("rate_limited", str(error))

    def _as_heard(self, end: End) -> End:
        """Closing the sandbox under a running command shows as that command's failure."""
        if end.again:  # the draft was kept: the next worker closes it when there is no next attempt
            return end
        if self.heart.cancelled:
            return End("cancelled")
        return End("time_limit") if self.heart.out_of_time and not end.aside else end

    def _may_try_again(self, code: str) -> bool:
        """What the pipeline asks at its end, for what ended the job before it."""
        left = executions.attempts_left(self.execution) > 0 and self._seconds_left() > 0
        return outcome(code).transient and left and not self.has_worked

    def _write_down(self, recorder: Recorder, end: End) -> None:
        """Close the log and write the end into the rows: of the job, or of what it waits for."""
        recorder.close(final=end.aside is None and not end.awaits_approval)
        if end.aside is not None:
            self._put_aside(end.aside)
        elif end.awaits_approval:
            executions.await_approval(self.lease, approval=approvals.PUSH)
            log.info("job_awaits_approval")
        elif end.again:
            executions.try_again(self.lease, self.execution, code=end.code, detail=end.detail)
            log.info("job_tried_again", outcome=end.code)
        else:
            refusals.note(end.code, self.job.pk, self.prepared.revealed, self.connection.key)
            executions.finish(
                self.lease,
                self.execution,
                code=end.code,
                detail=end.detail,
                cluster_status=self._cluster_status(),
            )
            log.info("job_ended", outcome=end.code)

    def _end_without_the_worker(self) -> None:
        """From the heart's thread: what the main thread still does then fails at the fence."""
        if self.heart.leaves:
            leases.hand_over(self.lease)
            return
        code = "cancelled" if self.heart.cancelled else "time_limit"
        executions.finish(self.lease, self.execution, code=code)

    def _pipeline(self, journal: ExecutionJournal, folder: Path) -> End:
        patient = PatientProvider(self.sandboxes, interrupts.check, _spare)
        tools = wiring.tools(self.prepared.runner, self.forge, patient, folder)
        # Also for a job that was stopped before: whoever tidies up needs to know it.
        silent = partial(ForgeError, "forge_unavailable", "The forge did not answer.")
        if self.job.kind == Job.Kind.PLAN:
            with sheltered(_LONGEST_READING, silent):
                about = contexts.plan_context(self.job, self.forge)
            self._require_key(needed=True)
            found = run_plan(about, tools, journal)
            return End(*plan_jobs.ended(self.lease, self.job, self.execution, found))
        with sheltered(_LONGEST_READING, silent):
            context = contexts.fix_context(self.job, self.forge)
        self._require_key(needed=context.needs_agent)
        result = run_fix(context, tools, journal)
        if result.pull_number is not None:
            self._store_pull(result.pull_number, verified=result.verified)
        return End(result.outcome, result.detail, again=result.again)

    def _require_key(self, *, needed: bool) -> None:
        """At the gate the agent's work is done: its key is not needed any more."""
        if self.prepared.problem and needed:
            raise Stop("runner_not_configured", self.prepared.problem)

    def _after(self, result: object) -> None:
        """Rows that follow a step's result."""
        match result:
            case records.Provision(sandbox_id=sandbox_id, isolation=isolation):
                self.sandbox_id = sandbox_id
                executions.provisioned(
                    self.lease,
                    self.execution,
                    provider=self.sandboxes.name,
                    sandbox_id=sandbox_id,
                    isolation=isolation,
                )
            case records.Checkout(base=base):
                executions.store_commits(self.lease, self.execution, base_sha=base)
            case records.Draft(number=int(number)):
                self._store_pull(number, verified=False)
            case records.Verification():
                self.has_worked = True
            case records.Published(head=head):
                executions.store_commits(self.lease, self.execution, head_sha=head)
            case _:
                pass

    def _store_pull(self, number: int, *, verified: bool) -> None:
        self.pull_number = number
        try:
            pull = self.forge.recall(number)
        except ForgeError:
            # The work is done all the same; reconciling tells the rest.
            log.warning("pull_not_stored", number=number, exc_info=True)
            return
        outages.patiently(partial(pulls.store, self.lease, self.job, pull, verified=verified))

    def _cluster_status(self) -> str:
        if self.pull_number is None:
            return Cluster.Status.PLANNED
        try:
            pull = self.forge.recall(self.pull_number)
        except ForgeError:
            log.warning("pull_not_refreshed", number=self.pull_number, exc_info=True)
            return Cluster.Status.PR_OPENED
        outages.patiently(partial(pulls.refresh, self.lease, self.job, pull))
        return Cluster.Status.PR_OPENED if pull.state == PullState.OPEN else Cluster.Status.PLANNED

    def _put_aside(self, error: RateLimited) -> None:
        """Wait until the forge is there for us again, without holding a worker."""
        executions.put_aside(
            self.lease,
            self.execution,
            seconds=error.until - time.time(),
            reason=str(error),
            keep_steps=self.has_worked,
        )
        log.info("job_put_aside", reason=str(error))

    def _told(self, error: ForgeError) -> tuple[str, str]:
        """An error of the forge as an outcome; once work has begun, a key that fails ran out."""
        code = error.code if outcome(error.code).code == error.code else "forge_unavailable"
        if code in {"token_invalid", "token_missing"} and self.sandbox_id:
            code = "credential_expired"
        return code, f"{error} {error.fix_url}".strip()

    def _end_sandbox(self) -> None:
        """From the heart's thread: end what the main thread waits for."""
        if self.sandbox_id:
            with suppress(SandboxError):
                self.sandboxes.connect(self.sandbox_id).close()

    def _seconds_left(self) -> float:
        """Of the time limit, by the database's clock: the hosts' own may disagree."""
        clock = Job.objects.annotate(now=Now()).values_list("now", "started_at")
        now, began = clock.get(pk=self.job.pk)
        assert began is not None  # the claim wrote it
        limit = float(self.job.time_limit_seconds + self.job.paused_seconds)
        return limit - (now - began).total_seconds()


def _spare(why: Exception) -> float:
    """Seconds for a call that goes on: whoever takes the job over must not meet it half done."""
    return 8.0 if isinstance(why, HandedOver) else 0.0

"""One execution, from lease to end."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import structlog
from django.conf import settings

from agents import wiring
from agents.execute.heart import Heart
from agents.execute.journal import ExecutionJournal
from agents.execute.meter import Meter
from agents.logs.recorder import Recorder
from agents.models import Execution, Job
from agents.outcomes import outcome
from agents.pipelines import records
from agents.pipelines.base import AwaitsApproval, Cancelled, LeaseLost, Stop
from agents.pipelines.context import Result
from agents.pipelines.fix import run_fix
from agents.runners.registry import UnknownRunner
from agents.sandboxes.base import SandboxError
from agents.services import approvals, contexts, executions, leases, prices, pulls
from agents.services.leases import Lease
from clusters.forges.base import ForgeError, PullState, RateLimited
from clusters.models import Cluster
from clusters.services import repositories
from credentials.services import credentials

log = structlog.get_logger(__name__)

# Seconds that a call of the forge may hold a worker back; a longer wait puts the job aside.
PATIENCE = 8.0
# Seconds in all that a job may be put aside.
LONGEST_PAUSE = 6 * 3600
# A job that killed this many workers will kill the next one too.
MOST_CLAIMS = 10


def run(job_id: int) -> None:
    """Work on a job if nobody else does; every end is written down."""
    lease = leases.claim(job_id, owner_name())
    if lease is None:
        log.info("job_not_free", job=job_id)
        return
    structlog.contextvars.bind_contextvars(job=job_id, fence=lease.fence)
    execution = executions.begin(lease)
    structlog.contextvars.bind_contextvars(execution=execution.pk)
    try:
        if lease.fence > MOST_CLAIMS:
            executions.finish(lease, execution, code="worker_lost")
            return
        _Run(lease, execution).to_its_end()
    except LeaseLost:
        log.warning("lease_lost")
    except Exception as error:  # before or after the pipeline: else ten workers would try in vain
        log.exception("job_broke")
        code, detail = _broken(error)
        executions.finish(lease, execution, code=code, detail=detail)
    finally:
        structlog.contextvars.unbind_contextvars("job", "fence", "execution")


def _broken(error: Exception) -> tuple[str, str]:
    """The outcome of an error that no pipeline was there to tell."""
    match error:
        case SandboxError():
            return "sandbox_failed", str(error)
        case UnknownRunner():  # it was there when the job began to wait
            return "runner_not_configured", str(error)
        case _:
            return "internal_error", ""


def owner_name() -> str:
    """Names this thread of this process on this host."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{threading.get_ident()}"


class _Run:
    """What one worker holds while it works on one execution."""

    def __init__(self, lease: Lease, execution: Execution) -> None:
        self.lease = lease
        self.execution = execution
        self.job = Job.objects.select_related("project__team", "cluster", "requested_by").get(
            pk=lease.job_id
        )
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
        self.pull_number: int | None = None
        # What came to the gate is kept in the journal, and a person may have said something about it.
        at_gate = self.job.approval == approvals.PUSH
        self.has_worked = at_gate and executions.has_worked(execution)
        self.scratch = settings.HOME / "scratch" / str(execution.pk)

    def to_its_end(self) -> None:
        """Run the pipeline and write its end down."""
        try:
            self.connection = repositories.connect(
                self.job.project, self.job.requested_by, job=self.job.pk, patience=PATIENCE
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
        scrubber = wiring.scrubber(revealed)
        recorder = Recorder(self.execution.pk, self.lease.fence, scrubber)
        deadline = time.monotonic() + self._seconds_left()
        _fresh(self.scratch)
        try:
            with Heart(self.lease, deadline, self._end_sandbox) as heart:
                try:
                    code, detail = self._work(recorder, heart)
                except RateLimited as error:
                    recorder.close()
                    self._put_aside(error)
                    return
                except AwaitsApproval:
                    recorder.close()
                    executions.await_approval(self.lease, approval=approvals.PUSH)
                    log.info("job_awaits_approval")
                    return
                recorder.close()
                self._note_refusal(code)
                executions.finish(
                    self.lease,
                    self.execution,
                    code=code,
                    detail=detail,
                    cluster_status=self._cluster_status(),
                )
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)
        log.info("job_ended", outcome=code)

    def _work(self, recorder: Recorder, heart: Heart) -> tuple[str, str]:
        """The outcome's code, and a sentence that says more."""
        meter = Meter(self.lease, self.execution, self.tariff, self.job)
        journal = ExecutionJournal(self.lease, self.execution, recorder, heart, meter, self._after)
        try:
            meter.begin(journal)
            result = self._pipeline(journal)
        except (LeaseLost, AwaitsApproval):
            raise
        except RateLimited as error:
            if heart.cancelled:
                return "cancelled", ""
            if self.job.paused_seconds - approvals.seconds_at_gate(self.job) < LONGEST_PAUSE:
                raise
            code, detail = "rate_limited", str(error)
        except Cancelled:
            return "cancelled", ""
        except Stop as stop:
            code, detail = stop.outcome, stop.detail
        except ForgeError as error:
            self._end_sandbox()
            code, detail = self._told(error)
        except SandboxError as error:
            code, detail = "sandbox_failed", str(error)
        except Exception:  # the last line of defence: the job must end, the log says why
            log.exception("job_broke")
            code, detail = "internal_error", ""
        else:
            code, detail = result.outcome, result.detail
        # Closing the sandbox under a running command shows as that command's failure.
        if heart.cancelled:
            return "cancelled", ""
        return ("time_limit", "") if heart.out_of_time else (code, detail)

    def _pipeline(self, journal: ExecutionJournal) -> Result:
        context = contexts.fix_context(self.job, self.forge)
        # At the gate the agent's work is done: its key is not needed any more.
        if self.prepared.problem and context.gate is None:
            raise Stop("runner_not_configured", self.prepared.problem)
        tools = wiring.tools(self.prepared.runner, self.forge, self.sandboxes, self.scratch)
        result = run_fix(context, tools, journal)
        if result.pull_number is not None:
            self._store_pull(result.pull_number, verified=result.verified)
        return result

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
        pulls.store(self.lease, self.job, pull, verified=verified)

    def _cluster_status(self) -> str:
        if self.pull_number is None:
            return Cluster.Status.PLANNED
        try:
            pull = self.forge.recall(self.pull_number)
        except ForgeError:
            log.warning("pull_not_refreshed", number=self.pull_number, exc_info=True)
            return Cluster.Status.PR_OPENED
        pulls.refresh(self.lease, self.job, pull)
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

    def _note_refusal(self, code: str) -> None:
        """The page of keys shows it, so that the next job does not run into it again."""
        said = f"The provider refused it while job {self.job.pk} used it."
        if code == "agent_key_refused":
            refused = [key.credential_id for key in self.prepared.revealed]
        elif code in {"token_invalid", "credential_expired"} and self.connection.key:
            refused = [self.connection.key.credential_id]
        else:
            return
        for credential_id in refused:
            if credential_id is not None:
                credentials.refused(credential_id, said, revoked=code != "agent_key_refused")

    def _end_sandbox(self) -> None:
        """From the heart's thread: end what the main thread waits for."""
        if self.sandbox_id:
            with suppress(SandboxError):
                self.sandboxes.connect(self.sandbox_id).close()

    def _seconds_left(self) -> float:
        began = self.job.started_at
        assert began is not None  # the claim wrote it
        limit = self.job.time_limit_seconds + self.job.paused_seconds
        return limit - (time.time() - began.timestamp())


def _fresh(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)

"""One execution, from lease to end."""

from __future__ import annotations

import os
import socket
import threading

import structlog

from agents.execute import ends
from agents.execute.worker import Worker
from agents.models import Execution, Job
from agents.pipelines.base import HandedOver, LeaseLost
from agents.services import executions, leases, outages
from agents.services.leases import Lease

log = structlog.get_logger(__name__)

# A job that killed this many workers within one step will kill the next one too.
MOST_CLAIMS = 10


def run(job_id: int) -> None:
    """Work on a job if nobody else does; every end is written down."""
    lease = leases.claim(job_id, owner_name())
    if lease is None:
        log.info("job_not_free", job=job_id)
        return
    work_on(lease)


def work_on(lease: Lease) -> None:
    """Work on a job that was claimed; every end is written down."""
    structlog.contextvars.bind_contextvars(job=lease.job_id, fence=lease.fence)
    execution = executions.begin(lease)
    structlog.contextvars.bind_contextvars(execution=execution.pk)
    try:
        if Job.objects.filter(pk=lease.job_id, claims_in_vain__gt=MOST_CLAIMS).exists():
            executions.finish(lease, execution, code="worker_lost")
            return
        Worker(lease, execution).to_its_end()
    except HandedOver:
        leases.hand_over(lease)
        log.info("job_handed_over")
    except LeaseLost as lost:
        log.warning("lease_lost", because=repr(lost.__cause__ or lost))
    except Exception as error:  # before or after the pipeline: else ten workers would try in vain
        log.exception("job_broke")
        _end_broken(lease, execution, error)
    finally:
        structlog.contextvars.unbind_contextvars("job", "fence", "execution")


def _end_broken(lease: Lease, execution: Execution, error: Exception) -> None:
    """End a job whose error no pipeline was there to tell, unless that is the database's absence."""
    if outages.is_away(error):
        return  # it is taken up again when the lease has run out
    end = ends.of_error(error)
    try:
        executions.finish(lease, execution, code=end.code, detail=end.detail)
    except LeaseLost as lost:
        log.warning("lease_lost", because=repr(lost.__cause__ or lost))


def owner_name() -> str:
    """Names this thread of this process on this host."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{threading.get_ident()}"

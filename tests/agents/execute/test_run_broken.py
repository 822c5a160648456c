"""What breaks before the pipeline begins ends the job as well."""

from __future__ import annotations

import pytest

from agents import wiring
from agents.execute.run import run
from agents.models import Job
from agents.runners.registry import UnknownRunner
from agents.sandboxes.base import SandboxError
from clusters.models import Cluster
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("error", "outcome", "detail"),
    [
        (SandboxError("No command can be run here."), "sandbox_failed", "No command can be run"),
        (UnknownRunner("There is none."), "runner_not_configured", "There is none."),
        (KeyError("secret"), "internal_error", ""),
    ],
    ids=["sandbox", "runner", "anything"],
)
def test_a_job_that_cannot_begin_ends_with_its_reason(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, error: Exception, outcome: str, detail: str
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(wiring, "sandbox_provider", refuse)
    job = factories.make_job(cluster.project, cluster, runner="local_scripted")
    run(job.pk)
    job.refresh_from_db()
    cluster.refresh_from_db()
    assert (job.status, job.outcome) == (Job.Status.FAILED, outcome)
    assert job.outcome_detail.startswith(detail)
    assert "secret" not in job.outcome_detail
    assert cluster.status == Cluster.Status.PLANNED

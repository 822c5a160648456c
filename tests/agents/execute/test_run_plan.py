"""A whole job that plans: real git, a real sandbox, a recorded model; nothing of the forge changes."""

from __future__ import annotations

import pytest

from agents.execute.run import run
from agents.models import Artifact, PullRequest, Receipt
from agents.services import plan_jobs
from clusters.models import Cluster, PlanDrafting
from clusters.services import plans
from clusters.services.projects import repositories
from credentials.models import User

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_an_agents_plan_is_the_next_version(alice: User, main_cluster: Cluster) -> None:
    before = plans.current(main_cluster)
    assert before is not None
    mirror = repositories.forge_of(main_cluster.project, alice).mirror()
    branches = set(mirror.branches())
    job, _ = plan_jobs.start(alice, main_cluster, hint="Mind the receipts.")
    run(job.pk)
    job.refresh_from_db()
    plan = plans.current(main_cluster)
    assert plan is not None
    assert (job.status, job.outcome) == ("completed", "planned"), job.outcome_detail
    assert (plan.version, plan.made_by) == (before.version + 1, "agent")
    assert [file.path for file in plan.draft.files] == ["src/tillwork/coupons.py"]
    assert (plan.base_sha, plan.is_approved) == (before.base_sha, False)
    assert PlanDrafting.objects.get().plan == plan
    steps = list(job.executions.get().steps.values_list("name", flat=True))
    assert steps == ["preflight", "provision", "checkout", "agent"]
    prompt = Artifact.objects.get(execution__job=job, kind="prompt")
    assert "For this plan: Mind the receipts." in prompt.file.read().decode()
    assert not PullRequest.objects.filter(job=job).exists()
    assert not Receipt.objects.filter(execution__job=job).exists()
    mirror = repositories.forge_of(main_cluster.project, alice).mirror()
    assert set(mirror.branches()) == branches
    main_cluster.refresh_from_db()
    assert (main_cluster.status, main_cluster.last_outcome) == (Cluster.Status.PLANNED, "")

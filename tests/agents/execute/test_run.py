"""Whole executions: real git, real sandbox, real tests; only the model's words are recorded."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.apps import apps
from pytest_django.fixtures import Settings

from agents.execute.run import run
from agents.models import Execution, Job, LogChunk, PullRequest, Receipt
from agents.services import jobs, pulls
from clusters.models import Cluster, Project
from clusters.services.projects import repositories
from credentials.models import User
from tests.soulcaster.demo.plant import plant_other

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

Work = Callable[..., Job]


def log_of(job: Job) -> str:
    chunks = LogChunk.objects.filter(execution__job=job).order_by("execution", "seq")
    return "".join(chunks.values_list("text", flat=True))


def test_a_fix_is_proven_by_its_receipts(main_cluster: Cluster, work: Work) -> None:
    job = work(main_cluster)
    main_cluster.refresh_from_db()
    pull = PullRequest.objects.get(job=job)
    receipts = {(r.kind, r.round): r for r in Receipt.objects.filter(execution__job=job)}
    assert (job.status, job.outcome) == ("completed", "verified"), log_of(job)
    assert (pull.state, pull.draft, pull.verified) == ("open", False, True)
    assert main_cluster.status == Cluster.Status.PR_OPENED
    assert receipts["baseline", 1].status == "failed"
    assert receipts["head", 1].status == "failed"  # the first try is wrong, the receipts correct it
    assert receipts["head", 2].status == "passed"
    assert receipts["reproduction", 2].status == "failed"


def test_the_log_has_no_gap_and_belongs_to_its_steps(main_cluster: Cluster, work: Work) -> None:
    job = work(main_cluster)
    execution = job.executions.get()
    sequence = list(execution.chunks.order_by("seq").values_list("seq", flat=True))
    assert sequence == list(range(1, execution.log_seq + 1))
    assert {step.name for step in execution.steps.all()} >= {
        "preflight",
        "checkout",
        "agent",
        "verify",
        "publish",
        "finish",
    }
    assert all(step.status == "completed" for step in execution.steps.all())


def test_nothing_is_left_behind(main_cluster: Cluster, work: Work, settings: Settings) -> None:
    job = work(main_cluster)
    assert list(settings.SANDBOX_HOME.glob("job-*")) == []
    assert list((settings.HOME / "scratch").glob(f"{job.executions.get().pk}-*")) == []


def test_the_users_own_repository_is_only_read(
    main_cluster: Cluster, work: Work, repository: Path
) -> None:
    def state() -> str:
        command = ["git", "-C", str(repository), "for-each-ref"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    before = state()
    work(main_cluster)
    assert state() == before


def test_another_defect_stays_an_unverified_draft(
    alice: User, shop: Project, repository: Path, main_cluster: Cluster, work: Work
) -> None:
    plant_other(repository)
    command = ["git", "-C", str(repository), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*command, "commit", "--quiet", "--all", "--message=Another defect"], check=True)
    job = work(main_cluster)
    pull = PullRequest.objects.get(job=job)
    view = pulls.view(alice, pull)
    assert (job.status, job.outcome) == ("completed", "unverified"), log_of(job)
    assert job.outcome_detail
    assert (pull.draft, pull.verified) == (True, False)
    assert job.outcome_detail.split(".")[0][:40] in view.pull.body.replace("\\", "")


def test_without_a_model_the_run_ends_after_the_baseline(main_cluster: Cluster, work: Work) -> None:
    job = work(main_cluster, runner="local_builtin")
    main_cluster.refresh_from_db()
    assert (job.status, job.outcome) == ("completed", "no_model")
    assert list(job.executions.get().receipts.values_list("kind", flat=True)) == ["baseline"]
    assert not PullRequest.objects.exists()
    assert (main_cluster.status, main_cluster.last_outcome) == ("planned", "no_model")


def test_merging_resolves_the_cluster(alice: User, main_cluster: Cluster, work: Work) -> None:
    job = work(main_cluster)
    pull = pulls.merge(alice, PullRequest.objects.get(job=job))
    main_cluster.refresh_from_db()
    assert (pull.state, main_cluster.status) == ("merged", Cluster.Status.RESOLVED)


def test_closing_puts_the_cluster_back(alice: User, main_cluster: Cluster, work: Work) -> None:
    job = work(main_cluster)
    pulls.close(alice, PullRequest.objects.get(job=job))
    main_cluster.refresh_from_db()
    assert main_cluster.status == Cluster.Status.PLANNED


def test_a_job_that_was_cancelled_before_its_first_step_makes_nothing(
    alice: User, main_cluster: Cluster
) -> None:
    job, _ = jobs.start_fix(alice, main_cluster)
    jobs.cancel(alice, job)
    run(job.pk)
    assert not Execution.objects.exists()


def test_a_broken_repository_ends_the_job_with_a_sentence(
    main_cluster: Cluster, work: Work, repository: Path
) -> None:
    repository.rename(repository.with_name("gone"))
    job = work(main_cluster)
    assert (job.status, job.outcome) == ("failed", "repository_unavailable")
    assert job.outcome_detail


def test_a_canary_of_the_worker_appears_nowhere(
    alice: User,
    main_cluster: Cluster,
    shop: Project,
    work: Work,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    canary = "sk-ant-canary-7f3a9c51d2e84b60"
    monkeypatch.setenv("ANTHROPIC_API_KEY", canary)
    settings.MODEL_KEYS = {**settings.MODEL_KEYS, "anthropic": canary}
    # The tests of the repository print what they can see, as a hostile one would.
    shop.test_command = "python3 -c \"import os, subprocess; print(dict(os.environ)); subprocess.run(['sh', '-c', 'cat /proc/*/environ']); print(open('tests/test_money.py').read())\""
    shop.save()
    job = work(main_cluster)
    assert "PATH" in log_of(job)
    pull = PullRequest.objects.filter(job=job).first()
    texts = [log_of(job), pulls.view(alice, pull).pull.body if pull else ""]
    texts += [str(list(model._default_manager.values())) for model in apps.get_models()]
    texts += [
        path.read_text(errors="replace")
        for path in settings.MEDIA_ROOT.rglob("*")
        if path.is_file()
    ]
    forge = repositories.forge_of(shop, alice)
    mirror = forge.mirror()
    texts += [
        "".join(f.text for f in mirror.files(mirror.resolve(name)))
        for name in {"main", job.branch}
        if pull or name == "main"
    ]
    assert os.environ["ANTHROPIC_API_KEY"] == canary
    assert not [text[:200] for text in texts if canary in text]

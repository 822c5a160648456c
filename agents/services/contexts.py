"""A job's rows as what the pipeline is given."""

from __future__ import annotations

import time
from dataclasses import replace

from django.conf import settings
from django.db.models.functions import Now
from django.urls import reverse
from pydantic import TypeAdapter

from agents.models import Execution, Job
from agents.pipelines.context import Allowed, AtGate, FixContext, Quote, Settings
from agents.pipelines.plan import PlanContext
from agents.runners.base import AgentHook, McpServer
from agents.sandboxes.base import Reach
from agents.services import approvals, retries
from agents.services.pulls import author_of
from agents.wiring import runner_info
from clusters.forges.base import Forge
from clusters.planner.base import Criterion, PlanDraft
from clusters.services import feedback
from clusters.services.plans import questions
from clusters.services.projects import hosts as host_rules

_ALLOWED = TypeAdapter(Allowed)
_SERVER = TypeAdapter(McpServer)
_HOOK = TypeAdapter(AgentHook)

_NONE = Criterion(text="There is a plan.")
QUOTES = 30
QUOTE_LENGTH = 4_000


def fix_context(job: Job, forge: Forge, plan: PlanDraft | None = None) -> FixContext:
    """Everything a fix needs to know, from the rows as they are now; the plan from the snapshot.

    Raises Stop when a retry's earlier job has lost what is taken over from it.
    """
    info = runner_info(job.runner, job.requested_by, job.project.team, job.model)
    return FixContext(
        job_id=job.pk,
        title=job.title,
        runner_name=job.runner,
        runner_title=info.title,
        agent_note=info.note,
        plan=plan or PlanDraft.model_validate(job.plan_snapshot),
        plan_version=job.plan.version if job.plan else 0,
        quotes=_quotes(job),
        requester=author_of(job.requested_by, forge),
        settings=_settings(job, job.project.base_branch or forge.access().default_branch),
        job_url=settings.SITE_URL + reverse("job", args=[job.pk]),
        issues=feedback.issue_numbers(job.cluster_id, forge.repository),
        paused=float(job.paused_seconds),
        began=_began(job),
        gate=_at_gate(job),
        cancelled=job.cancel_requested_at is not None,
        earlier=retries.earlier(job),
        begun_on=_begun_on(job),
        attempts_left=max(0, settings.ATTEMPTS - job.executions.count()),
    )


def plan_context(job: Job, forge: Forge) -> PlanContext:
    """Everything that an agent which only plans needs to know; there is no plan to carry out."""
    title = job.cluster.title if job.cluster else job.title
    nothing = PlanDraft(summary=title or "Untitled", steps=["Plan."], criteria=[_NONE])
    fix = replace(fix_context(job, forge, nothing), title=title)
    if job.cluster is None:
        return PlanContext(fix)
    hint = job.drafting.hint if job.drafting else ""
    return PlanContext(fix, job.cluster.summary, hint, questions.answers(job.cluster))


def _began(job: Job) -> float:
    """When the job began, by this host's clock: hosts may disagree, and the database decides."""
    now = Job.objects.annotate(now=Now()).values_list("now", flat=True).get(pk=job.pk)
    return time.time() - (now - (job.started_at or now)).total_seconds()


def _begun_on(job: Job) -> str:
    """The commit that the newest attempt so far began on, or ''."""
    begun = Execution.objects.filter(job=job).exclude(base_sha="").order_by("-number")
    return begun.values_list("base_sha", flat=True).first() or ""


def _at_gate(job: Job) -> AtGate | None:
    """What is known of the human gate; None for a job that has not come to it."""
    if job.approval != approvals.PUSH:
        return None
    return AtGate(
        decision=approvals.decision_of(job),
        by=str(job.decided_by or "A person"),
        comment=job.decision_comment,
        waited=approvals.seconds_at_gate(job),
    )


def _reach(chosen: str) -> Reach:
    """A project's choice, which the operator may have closed since."""
    reach = Reach(chosen)
    return Reach.LIST if reach is Reach.OPEN and not settings.OPEN_NETWORK else reach


def _settings(job: Job, base_branch: str) -> Settings:
    project = job.project
    return Settings(
        base_branch=base_branch,
        branch=job.branch,
        setup_network=_reach(project.setup_network),
        agent_network=_reach(project.agent_network),
        allowed=[_allowed(each) for each in project.allowed_hosts],
        folder=project.folder,
        lint_command=project.lint_command,
        before=project.before_agent,
        after=project.after_agent,
        mcp_servers=[_SERVER.validate_python(each) for each in project.mcp_servers],
        hooks=[_HOOK.validate_python(each) for each in project.agent_hooks],
        setup_command=project.setup_command,
        test_command=project.test_command,
        rounds=project.rounds,
        test_timeout=float(project.test_limit_seconds),
        time_limit=float(job.time_limit_seconds),
        setup_timeout=float(project.setup_limit_seconds),
        agent_timeout=float(project.agent_limit_seconds),
        idle_timeout=float(project.idle_limit_seconds),
        allow_unisolated=project.allow_unisolated and settings.UNISOLATED_RUNS,
        guard=project.guard,
        protected=project.protected_paths,
        gate=project.gate,
        instructions=project.instructions,
        labels=project.labels,
        reviewers=project.reviewers,
    )


def _allowed(entry: dict[str, object]) -> Allowed:
    """A host of the project; private ones only while the operator lets people name them."""
    host = _ALLOWED.validate_python(entry)
    return replace(host, trusted=settings.PRIVATE_ADDRESSES and host_rules.is_private(host.host))


def _quotes(job: Job) -> list[Quote]:
    if job.cluster_id is None:
        return []
    items = feedback.of_cluster(job.cluster_id)[:QUOTES]
    return [
        Quote(item.pk, item.source.get_kind_display(), item.title, item.body[:QUOTE_LENGTH])
        for item in items
    ]

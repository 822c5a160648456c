"""Rows for tests: plain functions with sensible defaults, everything overridable by name."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from agents.models import Execution, Job, LogChunk
from clusters.models import Cluster, FeedbackItem, Plan, Project, Source
from clusters.models.plans import digest
from credentials.models import Membership, Role, Team, User

PASSWORD = "correct horse battery staple"


def make_user(username: str, **fields: Any) -> User:
    """A person who can sign in with PASSWORD."""
    return User.objects.create_user(username, password=PASSWORD, **fields)


def make_team(name: str = "Till", **members: User) -> Team:
    """A team; `owner=alice, viewer=carol` adds members by role."""
    team = Team.objects.create(name=name, slug=slugify(name))
    for role, user in members.items():
        add_member(team, user, Role(role))
    return team


def add_member(team: Team, user: User, role: Role = Role.MEMBER) -> Membership:
    """Put a person into a team."""
    return Membership.objects.create(team=team, user=user, role=role)


def make_project(team: Team, **fields: Any) -> Project:
    """A project with a local repository (whose folder need not exist)."""
    fields.setdefault("name", "tillwork")
    fields.setdefault("repository", "/srv/repositories/tillwork")
    fields.setdefault("setup_network", Project.Network.NONE)  # else a run would install
    return Project.objects.create(team=team, **fields)


def make_source(project: Project, **fields: Any) -> Source:
    """A source of reports."""
    fields.setdefault("kind", Source.Kind.API)
    fields.setdefault("name", "API")
    return Source.objects.create(project=project, **fields)


def make_item(source: Source, **fields: Any) -> FeedbackItem:
    """One report."""
    count = FeedbackItem.objects.filter(source=source).count()
    fields.setdefault("external_id", f"report-{count + 1}")
    fields.setdefault("title", "Total is wrong")
    fields.setdefault("body", "The checkout total is wrong with two coupons.")
    return FeedbackItem.objects.create(project=source.project, source=source, **fields)


def make_cluster(project: Project, **fields: Any) -> Cluster:
    """A group of reports (without the reports)."""
    fields.setdefault("title", "Checkout total is wrong with two coupons")
    return Cluster.objects.create(project=project, **fields)


def make_plan(cluster: Cluster, *, approved_by: User | None = None, **content: Any) -> Plan:
    """The next version of a cluster's plan; approved when a person is given."""
    content.setdefault("summary", "Apply every coupon once.")
    content.setdefault("steps", ["Correct the sum in the basket."])
    content.setdefault("criteria", [{"text": "Two coupons are both applied.", "evidence": []}])
    return Plan.objects.create(
        cluster=cluster,
        version=cluster.plans.count() + 1,
        content=content,
        digest=digest(content),
        made_by=Plan.MadeBy.EVIDENCE,
        approved_by=approved_by,
        approved_at=timezone.now() if approved_by else None,
    )


def make_job(project: Project, cluster: Cluster | None = None, **fields: Any) -> Job:
    """A job; one that ended gets the time and the outcome that such a row needs."""
    fields.setdefault("title", "Checkout total is wrong with two coupons")
    fields.setdefault("runner", "scripted")
    if fields.get("status") in Job.ENDED:
        fields.setdefault("finished_at", timezone.now())
        fields.setdefault("outcome", "unverified")
    return Job.objects.create(project=project, cluster=cluster, **fields)


def make_execution(job: Job, **fields: Any) -> Execution:
    """The next attempt at a job, under the job's fence."""
    fields.setdefault("number", job.executions.count() + 1)
    fields.setdefault("fence", job.fence)
    return Execution.objects.create(job=job, **fields)


def make_chunks(execution: Execution, *texts: str, stream: str = "output") -> list[LogChunk]:
    """More log of an execution, one chunk per text, numbered after what is there."""
    chunks = [
        LogChunk(execution=execution, seq=execution.log_seq + place, stream=stream, text=text)
        for place, text in enumerate(texts, start=1)
    ]
    LogChunk.objects.bulk_create(chunks)
    execution.log_seq += len(chunks)
    execution.log_bytes += sum(len(text.encode()) for text in texts)
    execution.save(update_fields=["log_seq", "log_bytes"])
    return chunks

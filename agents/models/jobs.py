"""Jobs, the attempts at them, and their named steps."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.outcomes import Outcome, outcome
from clusters.models import Cluster, Plan, PlanDrafting, Project
from credentials.models import Credential
from credentials.querysets import TeamScoped


class JobQuerySet(TeamScoped["Job"]):
    """Jobs of a viewer's projects."""

    team_path = "project__team"


class Job(models.Model):
    """What a person or a webhook asked for."""

    class Kind(models.TextChoices):
        """What is asked."""

        FIX = "fix", "Fix"
        ISSUE = "issue", "Issue"
        REVIEW = "review", "Review"
        TEST = "test", "Test"
        CUSTOM = "custom", "Custom"
        PLAN = "plan", "Plan"  # an agent reads and plans; nothing is changed

    class Status(models.TextChoices):
        """Where the job is; `outcome` says why it ended."""

        PENDING = "pending", "Waiting"
        AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
        PROVISIONING = "provisioning", "Preparing"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class Priority(models.IntegerChoices):
        """Higher goes first."""

        LOW = 0
        MEDIUM = 10
        HIGH = 20
        URGENT = 30

    # Every status is in exactly one of these sets.
    WAITING = frozenset({Status.PENDING, Status.AWAITING_APPROVAL})
    HELD = frozenset({Status.PROVISIONING, Status.RUNNING})  # a worker has a lease
    ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
    ACTIVE = WAITING | HELD

    project = models.ForeignKey(Project, models.CASCADE, related_name="jobs")
    cluster = models.ForeignKey(
        Cluster, models.SET_NULL, null=True, blank=True, related_name="jobs"
    )
    plan = models.ForeignKey(Plan, models.SET_NULL, null=True, blank=True, related_name="jobs")
    # What a job of the kind "plan" writes for.
    drafting = models.ForeignKey(
        PlanDrafting, models.SET_NULL, null=True, blank=True, related_name="jobs"
    )
    # The plan as it was when the job began, and its hash: later edits do not reach the agent.
    plan_snapshot = models.JSONField(default=dict)
    plan_digest = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FIX)
    title = models.CharField(max_length=300)
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    outcome = models.CharField(max_length=40, blank=True)
    outcome_detail = models.TextField(blank=True)
    runner = models.CharField(max_length=64)
    model = models.CharField(max_length=100, blank=True)
    # The key that was chosen for the runner; none: the requester's own, then the team's.
    credential = models.ForeignKey(
        Credential, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    branch = models.CharField(max_length=250, blank=True)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.MEDIUM)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    retry_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="retries"
    )
    from_step = models.CharField(max_length=40, blank=True)
    time_limit_seconds = models.PositiveIntegerField(default=1800)
    pipeline_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Put aside: nobody takes it up before this moment; why, as a sentence; and the seconds that
    # were waited in all, which the time limit leaves out.
    not_before = models.DateTimeField(null=True, blank=True)
    waiting_reason = models.TextField(blank=True)
    paused_seconds = models.PositiveIntegerField(default=0)
    # A person's word on what the job waits for: "push" (the gate before anything leaves) or
    # "start" (nobody started it), asked for and then decided, with a comment.
    approval = models.CharField(max_length=10, blank=True)
    decision = models.CharField(max_length=10, blank=True)  # approved | rejected
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_comment = models.TextField(blank=True)
    # What it may cost, in USD, as it was when the job began.
    budget_usd = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    # The lease: who works on it, until when by the database's clock, and a number that goes up
    # with every claim, so that a worker that lost its lease can write nothing more. While the job
    # awaits approval, `lease_until` is when the last lease was given back; after it, when somebody
    # approved or rejected.
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    # Claims since the last step that ended: a job that kills its workers comes no further.
    claims_in_vain = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[JobQuerySet] = JobQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            # A double click is one job.
            models.UniqueConstraint(
                fields=["cluster", "kind"],
                name="one_active_job_per_cluster",
                condition=Q(status__in=["pending", "awaiting_approval", "provisioning", "running"]),
            ),
            models.CheckConstraint(
                name="ended_jobs_have_a_time_and_an_outcome",
                condition=Q(
                    status__in=["completed", "failed", "cancelled"], finished_at__isnull=False
                )
                & ~Q(outcome="")
                | Q(
                    status__in=["pending", "awaiting_approval", "provisioning", "running"],
                    finished_at__isnull=True,
                    outcome="",
                ),
            ),
        ]
        indexes = [
            # Lists of jobs, newest first: a project's, by status, a cluster's.
            models.Index(fields=["project", "-id"], name="job_newest"),
            models.Index(fields=["project", "status", "-id"], name="job_list"),
            models.Index(fields=["cluster", "-id"], name="job_of_cluster"),
            # The queue: most urgent first.
            models.Index(
                fields=["-priority", "id"], name="job_queue", condition=Q(status="pending")
            ),
            # The limits: what a project, and all of them, began lately.
            models.Index(fields=["project", "started_at"], name="job_starts"),
            models.Index(fields=["started_at"], name="job_starts_overall"),
            # The reaper: leases that ran out.
            models.Index(
                fields=["lease_until"],
                name="job_leases",
                condition=Q(status__in=["provisioning", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"job {self.pk}: {self.title}"

    @property
    def is_ended(self) -> bool:
        """It will never change again."""
        return self.status in self.ENDED

    @property
    def asked_at(self) -> datetime | None:
        """Since when a person's word is awaited; None when it is not."""
        return self.lease_until if self.status == self.Status.AWAITING_APPROVAL else None

    @property
    def outcome_info(self) -> Outcome | None:
        """The outcome's sentence and what it implies; None while the job is active."""
        return outcome(self.outcome) if self.outcome else None


class Execution(models.Model):
    """One attempt at a job in one sandbox."""

    class Status(models.TextChoices):
        """Where the attempt is."""

        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    job = models.ForeignKey(Job, models.CASCADE, related_name="executions")
    number = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    outcome = models.CharField(max_length=40, blank=True)
    fence = models.PositiveIntegerField(default=0)  # the job's fence that may write here
    sandbox_provider = models.CharField(max_length=40, blank=True)
    sandbox_id = models.CharField(max_length=250, blank=True)
    isolation = models.CharField(max_length=20, blank=True)
    base_sha = models.CharField(max_length=64, blank=True)
    head_sha = models.CharField(max_length=64, blank=True)
    # What a runner stores to go on after its worker died: conversation, offset, session.
    memory = models.JSONField(default=dict)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cached_tokens = models.PositiveBigIntegerField(default=0)  # of the input, read from a cache
    cache_written_tokens = models.PositiveBigIntegerField(default=0)
    usage_is_estimated = models.BooleanField(default=False)
    model = models.CharField(max_length=100, blank=True)  # the one that did most of the work
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    cost_is_estimated = models.BooleanField(default=False)
    # Places that commands tried to reach and may not: [{"host", "port", "phase"}].
    blocked = models.JSONField(default=list)
    log_seq = models.PositiveBigIntegerField(default=0)  # of the last stored chunk
    log_bytes = models.PositiveBigIntegerField(default=0)
    log_truncated = models.BooleanField(default=False)
    # How many characters of each source of output the log holds, so that the next worker reads
    # the source from its beginning and stores neither a gap nor a repeat: {"agent-1": 5120}.
    log_sources = models.JSONField(default=dict)
    # How many reports of usage of each source are counted: {"agent-1": 12}.
    usage_counted = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="one_execution_per_number"),
        ]

    def __str__(self) -> str:
        return f"execution {self.number} of job {self.job_id}"


class Step(models.Model):
    """One named stage of an execution, with its times and its stored result."""

    class Status(models.TextChoices):
        """Where the step is."""

        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    execution = models.ForeignKey(Execution, models.CASCADE, related_name="steps")
    name = models.CharField(max_length=40)
    round = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=1)
    first_seq = models.PositiveBigIntegerField(default=0)  # log chunks of this step: (first, last]
    last_seq = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["execution", "name", "round"], name="one_step_per_round"
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.round})"

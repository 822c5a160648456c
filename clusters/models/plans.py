"""Plans: versioned, edited by people, approved by a person."""

from __future__ import annotations

import hashlib
import json
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from clusters.models.feedback import Cluster
from clusters.planner.base import PlanDraft
from credentials.querysets import TeamScoped


class PlanQuerySet(TeamScoped["Plan"]):
    """Plans of a viewer's clusters."""

    team_path = "cluster__project__team"


class Plan(models.Model):
    """One version of a cluster's plan. Its content never changes; an edit is a new version."""

    class MadeBy(models.TextChoices):
        """Who wrote this version."""

        EVIDENCE = "evidence", "From the evidence"
        MODEL = "model", "By a model"
        PERSON = "person", "By a person"
        AGENT = "agent", "By a coding agent"

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="plans")
    version = models.PositiveIntegerField()
    content = models.JSONField()  # a PlanDraft
    digest = models.CharField(max_length=64, editable=False)
    made_by = models.CharField(max_length=10, choices=MadeBy)
    model_name = models.CharField(max_length=100, blank=True)
    note = models.TextField(blank=True)  # e.g. why the model's plan was not used
    base_sha = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    rejected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    rejected_at = models.DateTimeField(null=True, blank=True)
    rejected_reason = models.TextField(blank=True)
    hint = models.TextField(blank=True)  # what a person asked this version to heed
    # How it was written: {"seconds", "requests", "tokens_in", "tokens_out", "cost_usd", "events"}.
    audit = models.JSONField(default=dict, blank=True)

    objects: ClassVar[PlanQuerySet] = PlanQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "version"], name="one_plan_per_version"),
        ]

    def __str__(self) -> str:
        return f"plan {self.version} of cluster {self.cluster_id}"

    @property
    def draft(self) -> PlanDraft:
        """The content, validated."""
        return PlanDraft.model_validate(self.content)

    @property
    def is_approved(self) -> bool:
        """A person approved this very version."""
        return self.approved_at is not None


class PlanDrafting(models.Model):
    """A plan that is being written in the background, or why it could not be."""

    class Way(models.TextChoices):
        """Who writes it."""

        EVIDENCE = "evidence", "From the evidence"
        MODEL = "model", "By a model"
        AGENT = "agent", "By a coding agent"

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="draftings")
    way = models.CharField(max_length=10, choices=Way)
    hint = models.TextField(blank=True)
    after_version = models.PositiveIntegerField(default=0)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    progress = models.CharField(max_length=200, blank=True)  # a sentence: what it does now
    message = models.TextField(blank=True)  # why it failed
    plan = models.ForeignKey(Plan, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    # While it runs: a worker that is gone renews it no more, and another one begins again.
    expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cluster"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_drafting_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"drafting {self.pk} of cluster {self.cluster_id}"


class PlanComment(models.Model):
    """What somebody says about a section of a plan."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="comments")
    section = models.CharField(max_length=40, blank=True)  # empty: the plan as a whole
    body = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return self.body[:80]


class PlanQuestion(models.Model):
    """What the planner wants to know from a maintainer: at most three for a cluster at a time."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="questions")
    plan = models.ForeignKey(Plan, models.SET_NULL, null=True, related_name="questions")
    text = models.CharField(max_length=500)
    why = models.CharField(max_length=500, blank=True)  # what would change with the answer
    choices = models.JSONField(default=list, blank=True)  # likely answers to choose from
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.text[:80]


def digest(content: object) -> str:
    """A hash of a plan's content that does not depend on the order of keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

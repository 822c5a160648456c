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


def digest(content: object) -> str:
    """A hash of a plan's content that does not depend on the order of keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

"""Pull requests as the forge last told them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from agents.models.jobs import Job
from clusters.models import Cluster, Project
from credentials.querysets import TeamScoped


class PullRequestQuerySet(TeamScoped["PullRequest"]):
    """Pull requests of a viewer's projects."""

    team_path = "project__team"


class PullRequest(models.Model):
    """A copy of what the forge knows, so that lists and pages need not ask it."""

    class State(models.TextChoices):
        """Where it is."""

        OPEN = "open", "Open"
        MERGED = "merged", "Merged"
        CLOSED = "closed", "Closed"

    project = models.ForeignKey(Project, models.CASCADE, related_name="pull_requests")
    cluster = models.ForeignKey(
        Cluster, models.SET_NULL, null=True, blank=True, related_name="pull_requests"
    )
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="pull_requests"
    )
    number = models.PositiveIntegerField()
    url = models.URLField(max_length=1000, blank=True)  # '' on the local forge: the page is ours
    title = models.CharField(max_length=300)
    branch = models.CharField(max_length=250)
    base_branch = models.CharField(max_length=250)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    draft = models.BooleanField(default=True)
    verified = models.BooleanField(default=False)
    head_sha = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # When the forge says that this state began: older news never replaces newer.
    forge_updated_at = models.DateTimeField(null=True, blank=True)
    merged_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[PullRequestQuerySet] = PullRequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "number"], name="one_pull_request_per_number"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"

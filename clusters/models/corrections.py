"""What people changed about clusters, so that it can be undone and learnt from."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from clusters.models.feedback import Cluster, FeedbackItem
from clusters.models.projects import Project
from credentials.querysets import TeamScoped


class ChangeQuerySet(TeamScoped["ClusterChange"]):
    """Changes of a viewer's projects."""

    team_path = "project__team"


class ClusterChange(models.Model):
    """One change by a person: what it touched, as it was before and as it was after."""

    class Kind(models.TextChoices):
        """What was done."""

        MERGE = "merge", "Merged"
        SPLIT = "split", "Split"
        MOVE = "move", "Moved"
        LOCK = "lock", "Locked"
        UNLOCK = "unlock", "Unlocked"
        EDIT = "edit", "Renamed"
        DISMISS = "dismiss", "Dismissed"
        REOPEN = "reopen", "Reopened"

    project = models.ForeignKey(Project, models.CASCADE, related_name="changes", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    # {"items": {id: {field: value}}, "clusters": {id: {field: value}}}: only what was touched.
    before = models.JSONField()
    after = models.JSONField()
    clusters: models.ManyToManyField[Cluster, models.Model] = models.ManyToManyField(
        Cluster, related_name="changes"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[ChangeQuerySet] = ChangeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="changes_newest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.pk})"


class GroupingConstraint(models.Model):
    """Two reports that people put together, or took apart. Gone when the change is undone."""

    change = models.ForeignKey(ClusterChange, models.CASCADE, related_name="constraints")
    project = models.ForeignKey(Project, models.CASCADE, related_name="constraints")
    one = models.ForeignKey(FeedbackItem, models.CASCADE, related_name="+")
    other = models.ForeignKey(FeedbackItem, models.CASCADE, related_name="+")
    together = models.BooleanField()
    likeness = models.FloatField(null=True, blank=True)  # as grouping saw it then; teaches it

    def __str__(self) -> str:
        return f"{self.one_id} {'with' if self.together else 'not with'} {self.other_id}"

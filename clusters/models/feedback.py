"""What people say, and the groups that reports of the same work form."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from clusters.models.projects import Project, Source
from credentials.querysets import TeamScoped


class ClusterQuerySet(TeamScoped["Cluster"]):
    """Clusters of a viewer's projects."""

    team_path = "project__team"


class Cluster(models.Model):
    """Feedback items about the same work."""

    class Status(models.TextChoices):
        """Where the work is."""

        NEW = "new", "New"
        PLANNED = "planned", "Planned"
        FIXING = "fixing", "Fixing"
        PR_OPENED = "pr_opened", "PR open"
        RESOLVED = "resolved", "Resolved"
        DISMISSED = "dismissed", "Dismissed"

    # The indexes below begin with it.
    project = models.ForeignKey(Project, models.CASCADE, related_name="clusters", db_index=False)
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    # Kept beside the items, so that the inbox sorts without counting.
    item_count = models.PositiveIntegerField(default=0)
    reporter_count = models.PositiveIntegerField(default=0)
    source_count = models.PositiveIntegerField(default=0)
    first_seen = models.DateTimeField(null=True, blank=True)
    last_seen = models.DateTimeField(null=True, blank=True)
    # How the last job ended (an outcome code), shown until the next one starts.
    last_outcome = models.CharField(max_length=40, blank=True)
    dismissed_reason = models.TextField(blank=True)
    locked = models.BooleanField(default=False)  # people fixed its members in place
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True)
    # What lists sort by, kept by the database: 2 while it is open, 1 resolved, 0 dismissed; and
    # when it was reported last, never empty.
    rank = models.GeneratedField(
        expression=Case(
            When(status="dismissed", then=Value(0)),
            When(status="resolved", then=Value(1)),
            default=Value(2),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    seen_at = models.GeneratedField(
        expression=Coalesce("last_seen", "created_at"),
        output_field=models.DateTimeField(),
        db_persist=True,
    )

    objects: ClassVar[ClusterQuerySet] = ClusterQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        # The inbox, all and by status: largest first, reported last first, newest first.
        indexes = [
            models.Index(
                fields=["project", "-rank", "-reporter_count", "-item_count", "-id"],
                name="cluster_inbox",
            ),
            models.Index(
                fields=["project", "status", "-reporter_count", "-item_count", "-id"],
                name="cluster_by_status",
            ),
            models.Index(fields=["project", "status", "-seen_at", "-id"], name="cluster_seen"),
            models.Index(fields=["project", "status", "-id"], name="cluster_newest"),
        ]

    def __str__(self) -> str:
        return self.title


class FeedbackQuerySet(TeamScoped["FeedbackItem"]):
    """Feedback of a viewer's projects."""

    team_path = "project__team"


class FeedbackItem(models.Model):
    """One report."""

    # The indexes below begin with project and with cluster.
    project = models.ForeignKey(Project, models.CASCADE, related_name="feedback", db_index=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="items")
    external_id = models.CharField(max_length=255)
    title = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    author = models.CharField(max_length=200, blank=True)
    url = models.URLField(max_length=2000, blank=True)
    occurred_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    metadata = models.JSONField(default=dict, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    cluster = models.ForeignKey(
        Cluster, models.SET_NULL, null=True, blank=True, related_name="items", db_index=False
    )
    # Why it belongs to its cluster: rule, nearest item, score, shared words.
    reason = models.JSONField(default=dict, blank=True)
    # When it was said, as far as is known: never empty.
    seen_at = models.GeneratedField(
        expression=Coalesce("occurred_at", "received_at"),
        output_field=models.DateTimeField(),
        db_persist=True,
    )

    objects: ClassVar[FeedbackQuerySet] = FeedbackQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            # The same report twice is one item.
            models.UniqueConstraint(
                fields=["source", "external_id"], name="one_item_per_external_id"
            ),
        ]
        indexes = [
            # Items that wait for a cluster, oldest first.
            models.Index(
                fields=["project", "id"],
                name="feedback_unclustered",
                condition=models.Q(cluster=None),
            ),
            models.Index(fields=["project", "-id"], name="feedback_newest"),
            # A cluster's evidence, newest first: all, one source's, one person's.
            models.Index(fields=["cluster", "-seen_at", "-id"], name="feedback_by_cluster"),
            models.Index(
                fields=["cluster", "source", "-seen_at", "-id"], name="feedback_by_source"
            ),
            models.Index(
                fields=["cluster", "author", "-seen_at", "-id"], name="feedback_by_author"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.body[:80]


class ImportQuerySet(TeamScoped["FeedbackImport"]):
    """Imports of a viewer's projects."""

    team_path = "project__team"


class FeedbackImport(models.Model):
    """One file that was imported, with what was refused and why."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="imports")
    source = models.ForeignKey(Source, models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=255)
    created = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=list)  # [{row, reason, excerpt}], the first thousand
    refused_count = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[ImportQuerySet] = ImportQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.file_name

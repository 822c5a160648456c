"""What people say, and the groups that reports of the same work form."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from clusters.models.projects import Project
from clusters.models.sources import Source
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

    class Severity(models.TextChoices):
        """How bad it is for whom it happens to."""

        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"
        CRITICAL = "critical", "Critical"

    class Actionability(models.TextChoices):
        """Whether somebody could start on it now."""

        ACTIONABLE = "actionable", "Actionable"
        NEEDS_INFORMATION = "needs_info", "Needs information"
        NOT_ACTIONABLE = "not_actionable", "Not actionable"

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
    # People's own title and summary, which later reports do not change.
    titled_by_person = models.BooleanField(default=False)
    # People closed it: by likeness nothing joins it, and nothing leaves it by itself.
    locked = models.BooleanField(default=False)
    # Where its items went; it is dismissed itself. Undoing the merge empties this again.
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="absorbed"
    )
    # How much it hurts (larger is more), and what that is made of, for people to read.
    impact = models.FloatField(default=0.0)
    impact_reasons = models.JSONField(default=list, blank=True)  # [{name, value, text}]
    severity = models.CharField(max_length=10, choices=Severity, blank=True)
    actionability = models.CharField(max_length=16, choices=Actionability, blank=True)
    actionability_reason = models.TextField(blank=True)
    # Why it may be done already: {"kind", "text", "url", "at"}; empty: nothing says so.
    addressed = models.JSONField(default=dict, blank=True)
    # Whether one change could settle all of it: {"verdict", "by", "text", "items"}.
    coherence = models.JSONField(default=dict, blank=True)
    # Sentences of the summary with the items they are from: [{"text", "item"}].
    summary_quotes = models.JSONField(default=list, blank=True)
    described_by = models.CharField(max_length=100, blank=True)  # the model; empty: extracted
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
            models.Index(fields=["project", "-rank", "-impact", "-id"], name="cluster_impact"),
            models.Index(
                fields=["project", "status", "-impact", "-id"], name="cluster_status_impact"
            ),
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
    # Exceptions with their frames, outermost first: see `clusters.sources.traces`; else empty.
    trace = models.JSONField(default=list, blank=True)
    # When its source says that it was changed last: an older state never replaces a newer one.
    revised_at = models.DateTimeField(null=True, blank=True)
    # Closed where it came from. It stays as evidence.
    archived_at = models.DateTimeField(null=True, blank=True)
    cluster = models.ForeignKey(
        Cluster, models.SET_NULL, null=True, blank=True, related_name="items", db_index=False
    )
    # Why it belongs to its cluster: rule, nearest item, score, shared words.
    reason = models.JSONField(default=dict, blank=True)
    # A person put it where it is: only people move it.
    pinned = models.BooleanField(default=False)
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
            models.Index(
                fields=["project", "fingerprint"],
                name="feedback_by_fingerprint",
                condition=~models.Q(fingerprint=""),
            ),
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


class FeedbackComment(models.Model):
    """What somebody added to a report where it came from: evidence that goes where it goes."""

    item = models.ForeignKey(FeedbackItem, models.CASCADE, related_name="comments", db_index=False)
    external_id = models.CharField(max_length=255)
    body = models.TextField(blank=True)
    author = models.CharField(max_length=200, blank=True)
    url = models.URLField(max_length=2000, blank=True)
    occurred_at = models.DateTimeField(null=True, blank=True)
    revised_at = models.DateTimeField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "external_id"], name="one_comment_per_id"),
        ]

    def __str__(self) -> str:
        return self.body[:80]


class Embedding(models.Model):
    """What a report means, as numbers: computed once on a worker, kept."""

    item = models.OneToOneField(
        FeedbackItem, models.CASCADE, primary_key=True, related_name="embedding"
    )
    model = models.CharField(max_length=40)  # the encoder and its version; another one's is stale
    digest = models.CharField(max_length=64)  # of the text that was encoded
    # Its meaning as float16, little endian, then its words: see `clusters.embedding.kept`.
    vector = models.BinaryField()

    def __str__(self) -> str:
        return f"embedding of item {self.item_id}"


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

"""Where feedback comes from, what waits to be read, and how it went day by day."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from clusters.models.projects import Project
from credentials.models import SharedSecret
from credentials.querysets import TeamScoped


class SourceQuerySet(TeamScoped["Source"]):
    """Sources of a viewer's projects."""

    team_path = "project__team"


class Source(models.Model):
    """Where a project's feedback comes from."""

    class Kind(models.TextChoices):
        """The kinds that people know."""

        MANUAL = "manual", "Written here"
        API = "api", "API"
        FILE = "file", "File"
        GITHUB = "github", "GitHub issues"
        SENTRY = "sentry", "Sentry"
        SDK = "sdk", "Sentry SDK"
        REDDIT = "reddit", "Reddit"
        SLACK = "slack", "Slack"
        WEBHOOK = "webhook", "Webhook"
        FORM = "form", "Feedback form"
        EMAIL = "email", "Support mail"
        REVIEW = "review", "Store reviews"
        CHAT = "chat", "Chat"
        SURVEY = "survey", "Survey"

    project = models.ForeignKey(Project, models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=200)
    config = models.JSONField(default=dict, blank=True)  # never a secret
    enabled = models.BooleanField(default=True)  # off: nothing is taken in, and nothing fetched
    # E-mail addresses, telephone and card numbers and the like are replaced on entry.
    masks_personal_data = models.BooleanField(default=False)
    # Names the source in addresses that strangers post to. Not secret: what signs is `secret`.
    public_key = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001 - many have none
    secret = models.ForeignKey(
        SharedSecret, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    # Whose GitHub token fetches; the person who connected it.
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # How far fetching has come, in the words of its kind; saved with the reports themselves.
    cursor = models.JSONField(default=dict, blank=True, editable=False)
    sync_owner = models.CharField(max_length=100, blank=True, editable=False)
    sync_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_sync_at = models.DateTimeField(
        null=True, blank=True, editable=False
    )  # none: never fetched
    synced_at = models.DateTimeField(null=True, blank=True, editable=False)  # to its end, last time
    last_event_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[SourceQuerySet] = SourceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind", "name"], name="one_source_name_per_project"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_sync_at"],
                name="sources_to_sync",
                condition=models.Q(next_sync_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Intake(models.Model):
    """Something that was sent to a source: kept before it is answered, read by a worker."""

    class State(models.TextChoices):
        """How far reading has come."""

        WAITING = "waiting", "Waiting"
        DONE = "done", "Read"
        REFUSED = "refused", "Refused"

    source = models.ForeignKey(Source, models.CASCADE, related_name="intakes", db_index=False)
    # The sender's own id of the message, so that the same one twice is one; empty: none was given.
    delivery_id = models.CharField(max_length=200, blank=True)
    headers = models.JSONField(default=dict)  # those that the source's kind reads; no secrets
    body = models.BinaryField()  # as it came, decompressed; emptied when it was read
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    result = models.CharField(max_length=300, blank=True)  # a sentence: what became of it
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "delivery_id"],
                condition=~models.Q(delivery_id=""),
                name="one_intake_per_delivery",
            ),
        ]
        indexes = [
            models.Index(
                fields=["source", "id"],
                name="intake_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["source", "-id"], name="intake_newest"),
        ]

    def __str__(self) -> str:
        return f"intake {self.pk} of source {self.source_id}"


class SourceDay(models.Model):
    """What came from a source on one day (UTC), counted as it came."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)  # edited, closed or opened again upstream
    duplicates = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)  # could not be used
    filtered = models.PositiveIntegerField(default=0)  # left out by the source's own settings
    limited = models.PositiveIntegerField(default=0)  # sent away: too much at once

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "day"], name="one_row_per_source_and_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} of source {self.source_id}"

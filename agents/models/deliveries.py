"""What GitHub told us, kept so that it can be told again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone


class WebhookDelivery(models.Model):
    """One signed webhook. Its own id makes sure that it is kept once."""

    class Outcome(models.TextChoices):
        """What came of it; empty while it waits."""

        DONE = "done", "Done"
        IGNORED = "ignored", "Ignored"
        FAILED = "failed", "Failed"

    delivery_id = models.UUIDField(unique=True)
    event = models.CharField(max_length=64)
    action = models.CharField(max_length=64, blank=True)
    repository = models.CharField(max_length=250, blank=True)  # owner/name as the event told it
    # GitHub's own number of the repository, which outlives its names.
    repository_id = models.BigIntegerField(null=True, blank=True)
    # The JSON as it was sent, as text: PostgreSQL's own JSON refuses some that GitHub may send.
    body = models.TextField()
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    processed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    note = models.CharField(max_length=300, blank=True)  # a sentence: what was done, or why nothing
    error = models.TextField(blank=True)  # of the last attempt, when it failed

    objects: ClassVar[models.Manager[WebhookDelivery]] = models.Manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        indexes = [
            # The sweep: what waits, and what is too old.
            models.Index(
                fields=["received_at"],
                name="delivery_waiting",
                condition=models.Q(processed_at=None),
            ),
            models.Index(fields=["received_at"], name="delivery_received"),
            # What became of a repository's name.
            models.Index(fields=["repository_id", "event"], name="delivery_repository"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.delivery_id}"

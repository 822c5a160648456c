"""The output of an execution. The database is the truth, the live stream a copy."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from agents.models.jobs import Execution


class LogChunk(models.Model):
    """A piece of an execution's output: already decoded and scrubbed."""

    class Stream(models.TextChoices):
        """Who speaks."""

        PLATFORM = "platform", "Platform"
        OUTPUT = "output", "Output"
        AGENT = "agent", "Agent"

    execution = models.ForeignKey(Execution, models.CASCADE, related_name="chunks")
    seq = models.PositiveBigIntegerField()  # 1, 2, 3, ... without a gap
    stream = models.CharField(max_length=10, choices=Stream)
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["execution", "seq"], name="one_chunk_per_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.execution_id}/{self.seq}"

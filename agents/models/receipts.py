"""Facts that the platform measured itself, and files it keeps."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from agents.models.jobs import Execution


class Receipt(models.Model):
    """One run of tests that the platform started and counted."""

    class Kind(models.TextChoices):
        """Which tests ran on which code."""

        BASELINE = "baseline", "Before"
        HEAD = "head", "After"
        REPRODUCTION = "reproduction", "Reproduction"

    class Status(models.TextChoices):
        """What it showed."""

        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"
        NO_TESTS = "no_tests", "No tests"
        TIMED_OUT = "timed_out", "Timed out"
        ERROR = "error", "Broken"

    execution = models.ForeignKey(Execution, models.CASCADE, related_name="receipts")
    kind = models.CharField(max_length=12, choices=Kind)
    round = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status)
    command = models.TextField()
    commit = models.CharField(max_length=64)
    exit_code = models.IntegerField(null=True)
    seconds = models.FloatField()
    passed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    tests = models.JSONField(default=list)  # [{id, outcome, seconds, message}]
    coverage = models.FloatField(null=True, blank=True)  # percent of lines
    note = models.TextField(blank=True)
    first_seq = models.PositiveBigIntegerField(default=0)  # log chunks: (first, last]
    last_seq = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["execution", "kind", "round"], name="one_receipt_per_round"
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.round}: {self.status}"

    @property
    def total(self) -> int:
        """Tests that were counted."""
        return self.passed + self.failed + self.skipped


class Artifact(models.Model):
    """A kept file: diff, JUnit XML, coverage, agent transcript, prompt."""

    execution = models.ForeignKey(Execution, models.CASCADE, related_name="artifacts")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="artifacts/%Y/%m/", max_length=300)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["execution", "kind", "name"], name="one_artifact_per_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name

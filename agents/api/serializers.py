"""How jobs look in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agents.models import Execution, Job, PullRequest, Receipt, Step


class StepSerializer(serializers.ModelSerializer[Step]):
    """One named stage."""

    class Meta:
        model = Step
        fields = ["name", "round", "status", "error", "attempts", "started_at", "finished_at"]


class ReceiptSerializer(serializers.ModelSerializer[Receipt]):
    """A run of tests that the platform measured."""

    class Meta:
        model = Receipt
        fields = [
            "kind", "round", "status", "command", "commit", "exit_code", "seconds", "passed",
            "failed", "skipped", "tests", "coverage", "note", "first_seq", "last_seq",
        ]  # fmt: skip


class PullSerializer(serializers.ModelSerializer[PullRequest]):
    """A pull request as the forge last told it."""

    class Meta:
        model = PullRequest
        fields = [
            "id", "number", "url", "title", "branch", "base_branch", "state", "draft", "verified",
            "head_sha", "created_at", "merged_at", "closed_at",
        ]  # fmt: skip


class ExecutionSerializer(serializers.ModelSerializer[Execution]):
    """One attempt, with its steps and receipts."""

    steps = StepSerializer(many=True)
    receipts = ReceiptSerializer(many=True)

    class Meta:
        model = Execution
        fields = [
            "number", "status", "sandbox_provider", "isolation", "base_sha", "head_sha",
            "input_tokens", "output_tokens", "cost_usd", "log_seq", "log_truncated",
            "started_at", "finished_at", "steps", "receipts",
        ]  # fmt: skip


class JobListSerializer(serializers.ModelSerializer[Job]):
    """A job in a list."""

    outcome_sentence = serializers.SerializerMethodField()
    requested_by = serializers.CharField(source="requested_by.username", default=None)

    class Meta:
        model = Job
        fields = [
            "id", "project", "cluster", "kind", "title", "status", "outcome", "outcome_sentence",
            "outcome_detail", "runner", "branch", "priority", "requested_by", "created_at",
            "started_at", "finished_at", "cancel_requested_at",
        ]  # fmt: skip

    def get_outcome_sentence(self, job: Job) -> str:
        """What the outcome means and what to do."""
        return job.outcome_info.sentence if job.outcome_info else ""


class JobSerializer(JobListSerializer):
    """A job with its attempts and its pull request."""

    executions = ExecutionSerializer(many=True)
    pull_requests = PullSerializer(many=True)

    class Meta(JobListSerializer.Meta):
        fields = [
            *JobListSerializer.Meta.fields,
            "plan_snapshot",
            "plan_digest",
            "executions",
            "pull_requests",
        ]


class StartSerializer(serializers.Serializer[Any]):
    """Which runner; empty: the project's or the platform's default.

    `credential`: the id of the key it works with; none: your own, then the team's.
    """

    runner = serializers.CharField(required=False, allow_blank=True, max_length=64)
    credential = serializers.IntegerField(required=False, allow_null=True)


class StartedSerializer(serializers.Serializer[Any]):
    """The job, and whether this request made it."""

    job = JobListSerializer()
    created = serializers.BooleanField()


class JobChangeSerializer(serializers.Serializer[Any]):
    """The only change a job takes: `{"status": "cancelled"}`."""

    status = serializers.ChoiceField(choices=["cancelled"])


class ChunkSerializer(serializers.Serializer[Any]):
    """A piece of the log."""

    seq = serializers.IntegerField()
    stream = serializers.CharField()
    text = serializers.CharField()


class LogSerializer(serializers.Serializer[Any]):
    """Chunks after a position. Ask again with `after=last` until `ended`."""

    execution = serializers.IntegerField(allow_null=True)
    chunks = ChunkSerializer(many=True)
    last = serializers.IntegerField()
    ended = serializers.BooleanField()


class RunnerSerializer(serializers.Serializer[Any]):
    """A runner, and whether it is ready here."""

    name = serializers.CharField()
    title = serializers.CharField()
    configured = serializers.BooleanField()
    reason = serializers.CharField()
    note = serializers.CharField()

"""How jobs look in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agents.models import Execution, Job, PullRequest, Receipt, Step
from agents.services import runners, usage
from agents.services.provenance import measured_in
from agents.wiring import RunnerInfo

PRIORITIES = {each.name.lower(): each.value for each in Job.Priority}


@extend_schema_field({"type": "string", "enum": list(PRIORITIES)})
class PriorityField(serializers.Field[int, str, str, Any]):
    """A priority by its name."""

    def to_representation(self, value: int) -> str:
        """As people say it."""
        return Job.Priority(value).name.lower()

    def to_internal_value(self, data: object) -> int:
        """As the database keeps it."""
        if not isinstance(data, str) or data not in PRIORITIES:
            raise serializers.ValidationError(f"One of {', '.join(PRIORITIES)}.")
        return PRIORITIES[data]


class TotalsSerializer(serializers.Serializer[Any]):
    """What agents used. `cost_usd` is null where no price is known.

    `input_tokens` are all that went in, the cached ones included. `unpriced` is how many attempts
    used tokens whose price is not known.
    """

    jobs = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    cache_written_tokens = serializers.IntegerField()
    cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6, allow_null=True)
    is_estimated = serializers.BooleanField()
    unpriced = serializers.IntegerField()


class ShareSerializer(serializers.Serializer[Any]):
    """What one project or person used; `id` is null for jobs that nobody asked for."""

    id = serializers.IntegerField(source="key", allow_null=True)
    name = serializers.CharField()
    totals = TotalsSerializer()


class MonthSerializer(serializers.Serializer[Any]):
    """What was used in a month."""

    month = serializers.DateField(source="first", format="%Y-%m")
    totals = TotalsSerializer()


class UsageSerializer(serializers.Serializer[Any]):
    """A month of usage, and the twelve months up to it."""

    month = serializers.CharField()
    total = TotalsSerializer()
    projects = ShareSerializer(many=True)
    people = ShareSerializer(many=True)
    months = MonthSerializer(many=True)


class DecisionSerializer(serializers.Serializer[Any]):
    """What somebody says to their approval or rejection."""

    comment = serializers.CharField(required=False, allow_blank=True, max_length=2_000)


class StepSerializer(serializers.ModelSerializer[Step]):
    """One named stage."""

    class Meta:
        model = Step
        fields = ["name", "round", "status", "error", "attempts", "started_at", "finished_at"]


class ReceiptSerializer(serializers.ModelSerializer[Receipt]):
    """A run of tests that the platform measured.

    `taken_from` is the job in which it was measured, when this one took it over: the lines of
    the log, `first_seq` and `last_seq`, only say so then.
    """

    taken_from = serializers.SerializerMethodField()

    class Meta:
        model = Receipt
        fields = [
            "kind", "round", "status", "command", "commit", "exit_code", "seconds", "passed",
            "failed", "skipped", "tests", "coverage", "note", "first_seq", "last_seq", "taken_from",
        ]  # fmt: skip

    def get_taken_from(self, receipt: Receipt) -> int | None:
        """The earlier job, by the attempt's steps."""
        known = measured_in(receipt.execution.steps.all())
        return known.get((receipt.kind, receipt.round))


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
            "input_tokens", "output_tokens", "cached_tokens", "cache_written_tokens",
            "usage_is_estimated", "model", "cost_usd", "cost_is_estimated", "log_seq",
            "log_truncated",
            "started_at", "finished_at", "steps", "receipts",
        ]  # fmt: skip


class JobListSerializer(serializers.ModelSerializer[Job]):
    """A job in a list."""

    outcome_sentence = serializers.SerializerMethodField()
    priority = PriorityField()
    requested_by = serializers.CharField(source="requested_by.username", default=None)
    decided_by = serializers.CharField(source="decided_by.username", default=None)

    class Meta:
        model = Job
        fields = [
            "id", "project", "cluster", "kind", "title", "status", "outcome", "outcome_sentence",
            "outcome_detail", "runner", "branch", "priority", "requested_by", "created_at",
            "started_at", "finished_at", "cancel_requested_at", "approval", "decision",
            "decision_comment", "decided_by", "decided_at", "retry_of", "from_step",
        ]  # fmt: skip

    def get_outcome_sentence(self, job: Job) -> str:
        """What the outcome means and what to do."""
        return job.outcome_info.sentence if job.outcome_info else ""


class JobSerializer(JobListSerializer):
    """A job with its attempts and its pull request."""

    executions = ExecutionSerializer(many=True)
    pull_requests = PullSerializer(many=True)
    usage = serializers.SerializerMethodField()

    class Meta(JobListSerializer.Meta):
        fields = [
            *JobListSerializer.Meta.fields,
            "plan_snapshot",
            "plan_digest",
            "executions",
            "pull_requests",
            "budget_usd",
            "usage",
        ]

    @extend_schema_field(TotalsSerializer)
    def get_usage(self, job: Job) -> Any:
        """All attempts together."""
        return TotalsSerializer(usage.of_job(job)).data


class StartSerializer(serializers.Serializer[Any]):
    """Which runner; empty: the project's or the platform's default.

    `credential`: the id of the key it works with; none: your own, then the team's. `model`: as
    provider:name; empty: the usual one. `priority`: low, medium, high or urgent.
    """

    runner = serializers.CharField(required=False, allow_blank=True, max_length=64)
    credential = serializers.IntegerField(required=False, allow_null=True)
    model = serializers.CharField(required=False, allow_blank=True, max_length=100)
    priority = PriorityField(required=False)


class RetrySerializer(StartSerializer):
    """From which step, and with what; empty: from the beginning, with what it had before."""

    from_step = serializers.CharField(required=False, allow_blank=True, max_length=40)


class RetryStepSerializer(serializers.Serializer[Any]):
    """A step that a retry may begin with; `why_not` is a sentence when this job does not offer it."""

    name = serializers.CharField()
    title = serializers.CharField()
    says = serializers.CharField()
    offered = serializers.BooleanField(source="is_offered")
    why_not = serializers.CharField()


class StartedSerializer(serializers.Serializer[Any]):
    """The job, and whether this request made it."""

    job = JobListSerializer()
    created = serializers.BooleanField()


class JobChangeSerializer(serializers.Serializer[Any]):
    """The changes a job takes: `{"status": "cancelled"}`, or a `priority` while it waits."""

    status = serializers.ChoiceField(choices=["cancelled"], required=False)
    priority = PriorityField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One change at a time."""
        if len(attrs) != 1:
            raise serializers.ValidationError("Give either a status or a priority.")
        return attrs


class ChunkSerializer(serializers.Serializer[Any]):
    """A piece of the log."""

    seq = serializers.IntegerField()
    stream = serializers.CharField()
    text = serializers.CharField()
    at = serializers.DateTimeField()


class LogSerializer(serializers.Serializer[Any]):
    """Chunks after a position. Ask again with `after=last` until `ended`."""

    execution = serializers.IntegerField(allow_null=True)
    chunks = ChunkSerializer(many=True)
    last = serializers.IntegerField()
    ended = serializers.BooleanField()


class RunnerSerializer(serializers.Serializer[Any]):
    """A runner, and whether it is ready here.

    `remedy` is what to do about the `reason`; `model` is the one it would work with;
    `is_default`: it is the platform's own choice.
    """

    name = serializers.CharField()
    title = serializers.CharField()
    configured = serializers.BooleanField()
    reason = serializers.CharField()
    note = serializers.CharField()
    remedy = serializers.CharField()
    sandbox = serializers.CharField()
    agent = serializers.CharField()
    model = serializers.CharField()
    is_default = serializers.SerializerMethodField()

    def get_is_default(self, info: RunnerInfo) -> bool:
        """Whether a project without a choice of its own gets it."""
        return info.name == runners.default()

"""What a worker says again after another's death is in the log once, and its usage counted once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agents.execute.heart import Heart
from agents.execute.journal import ExecutionJournal
from agents.execute.meter import Meter
from agents.logs.recorder import Recorder
from agents.logs.scrubber import Scrubber
from agents.models import Execution, Job, LogChunk
from agents.pricing import Price, Tariff
from agents.runners.base import AgentEvent, BudgetSpent, Message, Usage
from agents.services import executions, leases
from clusters.models import Cluster
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

TARIFF = Tariff("openai", "m", {("openai", "m"): Price(Decimal(1000), Decimal(1000))})
EVENTS: list[AgentEvent] = [
    Message("I look."),
    Usage(500, 0, model="m"),
    Message("I change."),
    Usage(1200, 0, model="m"),
    Message("Done."),
]


class Worker:
    """One claim of the job, with a journal."""

    def __init__(self, job: Job) -> None:
        lease = leases.claim(job.pk, "worker")
        if lease is None:  # the one before is dead, and its lease over
            Job.objects.filter(pk=job.pk).update(status=Job.Status.PENDING, not_before=None)
            lease = leases.claim(job.pk, "worker")
        assert lease is not None
        self.execution = executions.begin(lease)
        self.recorder = Recorder(self.execution.pk, lease.fence, Scrubber([]))
        job = Job.objects.select_related("project").get(pk=job.pk)
        self.journal = ExecutionJournal(
            lease,
            self.execution,
            self.recorder,
            Heart(lease, 1e12, lambda: None),
            Meter(lease, self.execution, TARIFF, job),
            lambda value: None,
        )


@pytest.fixture
def job(cluster: Cluster) -> Job:
    return factories.make_job(cluster.project, cluster, budget_usd=Decimal("2.00"))


def log_of(job: Job) -> str:
    chunks = LogChunk.objects.filter(execution__job=job).order_by("seq")
    return "".join(chunks.values_list("text", flat=True))


def test_a_round_that_is_told_from_its_beginning_again_is_counted_once(job: Job) -> None:
    for told in (2, 4, len(EVENTS)):
        worker = Worker(job)
        for event in EVENTS[:told]:
            worker.journal.emit(event, "agent-1")
        worker.recorder.flush()
    row = Execution.objects.get()
    assert (row.input_tokens, row.cost_usd) == (1700, Decimal("1.7"))
    assert row.usage_counted == {"agent-1": 2}
    worker.recorder.close()
    assert log_of(job).count("I look.") == log_of(job).count("I change.") == 1
    assert log_of(job).count("of the budget are used") == 1


def test_a_budget_that_was_crossed_ends_the_round_at_the_same_event_again(job: Job) -> None:
    for _ in range(2):
        worker = Worker(job)
        for event in EVENTS:
            worker.journal.emit(event, "agent-1")
        with pytest.raises(BudgetSpent):
            worker.journal.emit(Usage(400, 0, model="m"), "agent-1")
        worker.recorder.close()
    assert log_of(job).count("Done.") == 1
    assert Execution.objects.get().cost_usd == Decimal("2.1")


def test_usage_of_another_source_is_counted_for_itself(job: Job) -> None:
    worker = Worker(job)
    worker.journal.emit(Usage(10, 0, model="m"), "agent-1")
    worker.journal.emit(Usage(10, 0, model="m"), "agent-2")
    worker.journal.emit(Usage(10, 0, model="m"))
    assert Execution.objects.get().input_tokens == 30
    worker.recorder.close()


def test_a_step_that_is_begun_again_says_its_lines_once(job: Job) -> None:
    def work(*lines: str) -> str:
        for line in lines:
            worker.journal.say(line)
        if "dies" in lines:
            worker.recorder.flush()
            raise SystemExit
        return "done"

    worker = Worker(job)
    with pytest.raises(SystemExit):
        worker.journal.step("setup", str, lambda: work("same", "same", "dies"))
    worker = Worker(job)
    worker.journal.step("setup", str, lambda: work("same", "same", "same", "new"))
    worker.journal.say("between")
    worker.recorder.flush()
    worker = Worker(job)
    worker.journal.step("setup", str, lambda: work("never"))
    worker.journal.say("between")
    worker.journal.step("baseline", str, lambda: work("same"))
    worker.recorder.close()

    assert log_of(job).split() == ["same", "same", "dies", "same", "new", "between", "same"]


def test_what_a_command_prints_is_stored_once(job: Job) -> None:
    for printed in (b"one\ntw", b"one\ntwo\n"):
        worker = Worker(job)
        worker.journal.output(printed, "baseline-1")
        worker.recorder.flush()
    worker.journal.ended("baseline-1")
    worker.recorder.close()
    assert log_of(job) == "one\ntwo\n"

"""A budget is kept over all rounds, attempts and workers of a job."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agents.execute.meter import Meter
from agents.models import Execution, Job
from agents.pricing import Price, Tariff
from agents.runners.base import BudgetSpent, Usage
from agents.services import executions, leases
from agents.services.leases import Lease
from clusters.models import Cluster
from tests import factories

# One dollar for a thousand tokens.
OWN = {("openai", "gpt-5"): Price(Decimal(1000), Decimal(1000))}
TARIFF = Tariff("openai", "gpt-5", OWN)


class Voice:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.kept: dict[str, str] = {}

    def say(self, text: str) -> None:
        self.said.append(text)

    def recall(self, key: str) -> str:
        return self.kept.get(key, "")

    def remember(self, key: str, value: str) -> None:
        self.kept[key] = value


@pytest.fixture
def voice() -> Voice:
    return Voice()


@pytest.fixture
def job(cluster: Cluster) -> Job:
    return factories.make_job(cluster.project, cluster, budget_usd=Decimal("2.00"))


@pytest.fixture
def lease(job: Job) -> Lease:
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    return lease


def meter(lease: Lease, tariff: Tariff = TARIFF) -> Meter:
    job = Job.objects.select_related("project").get(pk=lease.job_id)
    return Meter(lease, executions.begin(lease), tariff, job)


def tokens(count: int, model: str = "gpt-5") -> Usage:
    return Usage(count, 0, model=model)


def test_the_share_is_told_once(lease: Lease, voice: Voice) -> None:
    counting = meter(lease)
    for count in (1000, 599, 1, 200):
        counting.count(tokens(count), voice)
    assert voice.said == [
        "80 % of the budget are used: $1.60 of $2.00. At the whole the agent stops."
    ]


def test_the_whole_ends_the_round_and_is_counted(lease: Lease, voice: Voice) -> None:
    counting = meter(lease)
    counting.count(tokens(1500), voice)
    with pytest.raises(BudgetSpent, match=r"budget of \$2.00 is used up: it cost \$2.10 so far"):
        counting.count(tokens(600), voice)
    assert Execution.objects.get().cost_usd == Decimal("2.1")


def test_the_next_worker_goes_on_counting(lease: Lease, voice: Voice) -> None:
    meter(lease).count(tokens(1999), voice)
    with pytest.raises(BudgetSpent):
        meter(lease).count(tokens(1), voice)


def test_earlier_attempts_count(job: Job, lease: Lease, voice: Voice) -> None:
    factories.make_execution(job, cost_usd=Decimal("1.9"), status=Execution.Status.FAILED)
    with pytest.raises(BudgetSpent):
        meter(lease).count(tokens(100), voice)


def test_without_a_budget_nothing_ends(job: Job, lease: Lease, voice: Voice) -> None:
    Job.objects.filter(pk=job.pk).update(budget_usd=None)
    meter(lease).count(tokens(1_000_000), voice)
    assert voice.said == []
    assert Execution.objects.get().cost_usd == Decimal(1000)


def test_a_model_without_a_price_is_told_once_and_the_job_goes_on(
    lease: Lease, voice: Voice
) -> None:
    for counting in (
        meter(lease, Tariff("openai", "mock")),
        meter(lease, Tariff("openai", "mock")),
    ):
        counting.begin(voice)
        counting.count(tokens(10**9, "mock"), voice)
    assert len(voice.said) == 1
    assert "The price of mock is not known here" in voice.said[0]
    assert "budget of $2.00 cannot be kept" in voice.said[0]


def test_the_model_that_did_most_of_the_work_is_named(lease: Lease, voice: Voice) -> None:
    first = meter(lease)
    first.count(tokens(10, "small"), voice)
    first.count(tokens(30, "gpt-5"), voice)
    first.count(tokens(15, "small"), voice)
    assert Execution.objects.get().model == "gpt-5"
    meter(lease).count(tokens(5, "small"), voice)
    assert Execution.objects.get().model == "gpt-5"


def test_an_agent_that_names_no_model_works_with_the_chosen_one(lease: Lease, voice: Voice) -> None:
    meter(lease).count(Usage(10, 0), voice)
    assert Execution.objects.get().model == "gpt-5"

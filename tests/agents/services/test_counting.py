"""Tokens and costs add up in the database, whichever worker counts them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agents.models import Execution, Job
from agents.pipelines.base import LeaseLost
from agents.pricing import Cost
from agents.runners.base import Usage
from agents.services import counting, executions, leases
from agents.services.leases import Lease
from clusters.models import Cluster
from tests import factories

USAGE = Usage(100, 20, cached_tokens=50, cache_written_tokens=10)


@pytest.fixture
def job(cluster: Cluster) -> Job:
    return factories.make_job(cluster.project, cluster)


@pytest.fixture
def lease(job: Job) -> Lease:
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    return lease


def count(lease: Lease, *costs: Cost | None, usage: Usage = USAGE) -> Execution:
    execution = executions.begin(lease)
    for cost in costs:
        counting.count_usage(lease, execution, usage, cost, model="gpt-5")
    execution.refresh_from_db()
    return execution


def test_exchanges_add_up(lease: Lease) -> None:
    row = count(lease, Cost(Decimal("0.1")), Cost(Decimal("0.2")))
    assert (row.input_tokens, row.output_tokens) == (200, 40)
    assert (row.cached_tokens, row.cache_written_tokens) == (100, 20)
    assert (row.cost_usd, row.cost_is_estimated, row.usage_is_estimated) == (
        Decimal("0.3"),
        False,
        False,
    )
    assert row.model == "gpt-5"


def test_without_a_price_there_are_tokens_and_no_cost(lease: Lease) -> None:
    row = count(lease, None, None)
    assert (row.input_tokens, row.cost_usd, row.cost_is_estimated) == (200, None, False)


@pytest.mark.parametrize(
    "costs",
    [
        (Cost(Decimal(1)), Cost(Decimal(1), estimated=True)),
        (Cost(Decimal(1)), None),
        (None, Cost(Decimal(1))),
    ],
    ids=["one is estimated", "one is not known", "the first is not known"],
)
def test_a_sum_with_a_doubtful_part_is_an_estimate(
    lease: Lease, costs: tuple[Cost | None, Cost | None]
) -> None:
    assert count(lease, *costs).cost_is_estimated


def test_estimated_tokens_are_marked(lease: Lease) -> None:
    row = count(lease, None, usage=Usage(1, 1, estimated=True))
    assert row.usage_is_estimated


def test_a_cost_never_outgrows_its_column(lease: Lease) -> None:
    row = count(lease, *[Cost(Decimal(600_000))] * 3)
    assert row.cost_usd == counting.MOST_COST


def test_all_attempts_at_a_job_are_spent(job: Job, lease: Lease) -> None:
    factories.make_execution(job, cost_usd=Decimal("1.5"), status=Execution.Status.FAILED)
    factories.make_execution(job, cost_usd=None, status=Execution.Status.FAILED)
    count(lease, Cost(Decimal("0.25")))
    assert counting.spent(job.pk) == Decimal("1.75")


def test_a_worker_that_lost_its_lease_counts_nothing(lease: Lease) -> None:
    execution = executions.begin(lease)
    stale = Lease(lease.job_id, lease.owner, lease.fence - 1)
    with pytest.raises(LeaseLost):
        counting.count_usage(stale, execution, USAGE, Cost(Decimal(1)), model="")
    execution.refresh_from_db()
    assert (execution.input_tokens, execution.cost_usd) == (0, None)

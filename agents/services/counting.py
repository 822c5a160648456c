"""Adding up what an execution uses while it works."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from agents.models import Execution
from agents.pricing import Cost
from agents.runners.base import Usage
from agents.services.leases import Lease, fenced
from agents.services.outages import outlasting

MOST_COST = Decimal(999_999)  # USD: what the column takes

_COUNTED = (
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_written_tokens",
    "usage_is_estimated",
    "model",
    "cost_usd",
    "cost_is_estimated",
    "usage_counted",
)


@dataclass(frozen=True, slots=True)
class Report:
    """Which of a source's reports it is, from 1."""

    source: str
    number: int


@outlasting
def count_usage(
    lease: Lease,
    execution: Execution,
    usage: Usage,
    cost: Cost | None,
    *,
    model: str,
    report: Report | None = None,
) -> None:
    """Add one exchange's tokens and its cost, if that is known.

    `model` is the one that did most of the work so far. A sum of costs that leaves a part of the
    tokens out is marked as estimated. A report that was counted before is not counted again.
    """
    with fenced(lease):
        row = Execution.objects.defer("memory", "blocked", "log_sources").get(pk=execution.pk)
        if report is not None:
            if report.number <= row.usage_counted.get(report.source, 0):
                return
            row.usage_counted[report.source] = report.number
        used = row.input_tokens + row.output_tokens > 0
        if cost is not None:
            partly = used and row.cost_usd is None
            row.cost_is_estimated |= cost.estimated or partly
            row.cost_usd = min((row.cost_usd or Decimal(0)) + cost.usd, MOST_COST)
        elif row.cost_usd is not None:
            row.cost_is_estimated = True
        row.input_tokens += usage.input_tokens
        row.output_tokens += usage.output_tokens
        row.cached_tokens += usage.cached_tokens
        row.cache_written_tokens += usage.cache_written_tokens
        row.usage_is_estimated |= usage.estimated
        row.model = model[:100]
        row.save(update_fields=_COUNTED)


def spent(job_id: int) -> Decimal:
    """USD that all attempts at a job cost so far, as far as that is known."""
    total = Execution.objects.filter(job=job_id).aggregate(usd=Sum("cost_usd"))["usd"]
    return total or Decimal(0)

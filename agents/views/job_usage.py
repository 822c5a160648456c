"""What a job used so far, and how much of its budget that is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from agents.models import Execution, Job
from agents.services import usage
from agents.services.usage import Totals


@dataclass(frozen=True, slots=True)
class BudgetShare:
    """`percent` of the budget, at most 100; `tone`: good | warn | bad."""

    budget: Decimal
    percent: int
    tone: str


@dataclass(frozen=True, slots=True)
class JobUsage:
    """All attempts together; `model` did most of the work of the newest."""

    totals: Totals
    model: str
    share: BudgetShare | None


def job_usage(job: Job, execution: Execution | None) -> JobUsage:
    """One query, whatever the job did."""
    totals = usage.of_job(job)
    return JobUsage(totals, execution.model if execution else "", _share(job, totals))


def _share(job: Job, totals: Totals) -> BudgetShare | None:
    if job.budget_usd is None:
        return None
    percent = int(100 * (totals.cost_usd or Decimal(0)) / job.budget_usd) if job.budget_usd else 100
    warned = percent >= job.project.budget_warning_percent
    tone = "bad" if percent >= 100 else "warn" if warned else "good"
    return BudgetShare(job.budget_usd, min(percent, 100), tone)

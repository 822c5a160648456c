"""Counts what an agent uses, and keeps the job's budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from agents import pricing
from agents.models import Execution, Job
from agents.pricing import Cost, Tariff
from agents.runners.base import BudgetSpent, Usage
from agents.services import counting, prices
from agents.services.leases import Lease

_TOLD = "budget-unpriced"


class Voice(Protocol):
    """Where the meter says what people should know, and what it has said already."""

    def say(self, text: str) -> None:
        """A line of the platform in the log."""
        ...

    def recall(self, key: str) -> str:
        """A text stored with `remember`, or ''."""
        ...

    def remember(self, key: str, value: str) -> None:
        """Store a text for the next worker."""
        ...


@dataclass(frozen=True, slots=True)
class Budget:
    """USD for a whole job, and the share in percent at which people are told."""

    usd: Decimal
    warning_percent: int

    @property
    def warning(self) -> Decimal:
        """USD."""
        return self.usd * self.warning_percent / 100

    def warning_text(self, cost: Decimal) -> str:
        """What people are told at the share."""
        share = f"{100 * cost / self.usd:.0f} % of the budget"
        return f"{share} are used: {_usd(cost)} of {_usd(self.usd)}. At the whole the agent stops."

    def spent_text(self, cost: Decimal) -> str:
        """What people are told at the whole."""
        said = f"The job's budget of {_usd(self.usd)} is used up: it cost {_usd(cost)} so far."
        return f"{said} What was done until then is kept."


class Meter:
    """Of one execution. Sums are the database's, so that the next worker goes on counting."""

    def __init__(self, lease: Lease, execution: Execution, tariff: Tariff, job: Job) -> None:
        self._lease = lease
        self._execution = execution
        self._tariff = tariff
        self._budget = budget_of(job)
        # Reports of each source: those that are counted, and those that this worker has heard of.
        self._counted: Mapping[str, int] = execution.usage_counted
        self._heard: Counter[str] = Counter()
        # Which model did most of the work.
        self._tokens: Counter[str] = Counter()
        if execution.model:
            self._tokens[execution.model] = execution.input_tokens + execution.output_tokens

    def begin(self, voice: Voice) -> None:
        """Say before the work if the budget cannot be kept."""
        if self._tariff.model and not self._tariff.knows():
            self._tell_unpriced(voice, self._tariff.model)

    def count(self, usage: Usage, voice: Voice, source: str = "") -> None:
        """Add one exchange; raises BudgetSpent when the budget of all attempts is used up.

        A source is told from its beginning again by the next worker: what was counted of it is
        not counted again. The last of that may still have to be told.
        """
        usage = pricing.cleaned(usage)
        cost = self._tariff.cost(usage)
        name = usage.model or self._tariff.model
        self._heard[source] += 1
        report, counted = self._heard[source], self._counted.get(source, 0) if source else 0
        if report > counted:
            self._add(usage, cost, name, counting.Report(source, report) if source else None)
        if self._budget is None or report < counted:
            return
        if cost is None:
            self._tell_unpriced(voice, name or "this model")
        self._keep_budget(self._budget, cost.usd if cost else Decimal(0), voice)

    def _add(
        self, usage: Usage, cost: Cost | None, name: str, report: counting.Report | None
    ) -> None:
        self._tokens[name] += usage.input_tokens + usage.output_tokens
        leading = self._tokens.most_common(1)[0][0]
        counting.count_usage(
            self._lease, self._execution, usage, cost, model=leading, report=report
        )

    def _keep_budget(self, budget: Budget, added: Decimal, voice: Voice) -> None:
        total = counting.spent(self._lease.job_id)
        if total >= budget.usd:
            raise BudgetSpent(budget.spent_text(total))
        # Only the exchange that crosses the line is told, whichever worker counts it.
        if total - added < budget.warning <= total:
            voice.say(budget.warning_text(total))

    def _tell_unpriced(self, voice: Voice, model: str) -> None:
        if self._budget is not None and not voice.recall(_TOLD):
            voice.say(prices.unpriced_text(model, self._budget.usd))
            voice.remember(_TOLD, "yes")


def budget_of(job: Job) -> Budget | None:
    """What a job may cost; None without a limit."""
    if job.budget_usd is None:
        return None
    return Budget(job.budget_usd, job.project.budget_warning_percent)


def _usd(amount: Decimal) -> str:
    return f"${amount:.2f}"

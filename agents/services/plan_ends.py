"""What becomes of a drafting whose job ends."""

from __future__ import annotations

from clusters.models import PlanDrafting
from clusters.services.plans import drafting


def without_a_plan(job_id: int, message: str) -> None:
    """Write down why there is no plan, unless one was delivered before or the job never planned."""
    for row in PlanDrafting.objects.filter(jobs=job_id, state__in=drafting.ACTIVE):
        drafting.fail(row, message)

"""What became of plans: approved, rejected, carried out, verified, merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.models import PullRequest
from agents.services.metrics.weeks import MOST, Span
from clusters.models import Plan


@dataclass(frozen=True, slots=True)
class Planned:
    """Clusters whose plan was first written in these weeks, and how far each of them has come."""

    planned: int = 0
    approved: int = 0
    rejected: int = 0
    opened: int = 0  # have a pull request
    verified: int = 0
    merged: int = 0


def planned_in(project_ids: Sequence[int], span: Span) -> Planned:
    """One query over the newest plans and one over their clusters' pull requests."""
    rows = (
        Plan.objects.filter(cluster__project__in=project_ids, created_at__gte=span.begin)
        .order_by("-id")
        .values_list("cluster", "approved_at", "rejected_at")[:MOST]
    )
    clusters: set[int] = set()
    approved: set[int] = set()
    rejected: set[int] = set()
    for cluster, approved_at, rejected_at in rows:
        clusters.add(cluster)
        approved |= {cluster} if approved_at else set()
        rejected |= {cluster} if rejected_at else set()
    pulls = PullRequest.objects.filter(
        project__in=project_ids, created_at__gte=span.begin, cluster__isnull=False
    ).values_list("cluster", "state", "verified")
    kept = [row for row in pulls.order_by("-id")[:MOST] if row[0] in clusters]
    return Planned(
        planned=len(clusters),
        approved=len(approved),
        rejected=len(rejected - approved),
        opened=len({cluster for cluster, _, _ in kept}),
        verified=len({cluster for cluster, _, verified in kept if verified}),
        merged=len({cluster for cluster, state, _ in kept if state == PullRequest.State.MERGED}),
    )

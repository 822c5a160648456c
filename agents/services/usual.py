"""How long a project's jobs usually take: the median of its latest proven ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import median
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from agents.models import Job
from clusters.models import Project

COMPARED = 20  # proven jobs
LOOKED_AT = 100  # completed jobs among which they are looked for, however many there are
FEWEST = 3  # below that there is no "usual"


def usual_seconds(project_id: int) -> float | None:
    """The median; None before there are three to compare with."""
    return usual_of([project_id])[project_id]


def usual_of(project_ids: Iterable[int]) -> dict[int, float | None]:
    """The median of each project; two queries, however many projects there are."""
    found = times(project_ids)
    return {key: median(seconds) if len(seconds) >= FEWEST else None for key, seconds in found}


def times(project_ids: Iterable[int]) -> list[tuple[int, list[float]]]:
    """The seconds of each project's latest proven jobs, shortest first, without their pauses."""
    wanted = sorted(set(project_ids))
    found = defaultdict[int, list[float]](list)
    for project, started, finished, paused in _proven(wanted):
        if len(found[project]) < COMPARED:
            seconds = (finished - started).total_seconds() - paused
            found[project].append(max(0.0, seconds))
    return [(project, sorted(found[project])) for project in wanted]


def _proven(project_ids: list[int]) -> QuerySet[Job, tuple[Any, ...]]:
    """Newest first. Where to begin is asked first: each project costs a walk of one index."""
    completed = Job.objects.filter(status=Job.Status.COMPLETED)
    oldest = completed.filter(project=OuterRef("pk")).order_by("-id").values("pk")
    begins = Project.objects.filter(pk__in=project_ids).annotate(
        oldest=Subquery(oldest[LOOKED_AT - 1 : LOOKED_AT])
    )
    among = Q(pk__in=[])
    for project, first in begins.values_list("pk", "oldest"):
        among |= Q(project=project, pk__gte=first or 0)
    return (
        completed.filter(among, outcome="verified", started_at__isnull=False)
        .order_by("-id")
        .values_list("project", "started_at", "finished_at", "paused_seconds")
    )

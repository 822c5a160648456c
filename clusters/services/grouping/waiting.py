"""Waiting feedback gets its clusters; people's corrections are kept."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.utils import timezone

from clusters import queue
from clusters.models import FeedbackItem, Project
from clusters.services.grouping import embeddings, indexes, placing, refining, settling

GROUPED_AT_ONCE = 500
_TRIES = 10  # in a row in which others were faster

log = structlog.get_logger(__name__)


def group_waiting(project: Project) -> int:
    """Give every waiting item of the project a cluster; how many got one.

    Comparing takes seconds, so it holds no transaction: with SQLite nobody else could write.
    """
    count, tries = 0, 0
    before: dict[int, int] = {}
    while tries < _TRIES and (batch := _waiting(project)):
        stored = _group(project, batch)
        tries = tries + 1 if stored is None else 0
        if stored is None:
            continue
        count += len(batch)
        before = {**stored, **before}
        if refining.is_due(project):
            _refine(project, more=len(batch) == GROUPED_AT_ONCE)
    if tries:
        log.warning("grouping_overtaken", project=project.pk)
    settling.describe(before)
    return count


def projects_with_waiting_feedback() -> list[Project]:
    """Projects with items that wait for a cluster for longer than a moment."""
    a_minute_ago = timezone.now() - timedelta(minutes=1)
    waiting = FeedbackItem.objects.filter(cluster=None, received_at__lt=a_minute_ago)
    return list(Project.objects.filter(pk__in=waiting.values("project")))


def _refine(project: Project, *, more: bool) -> None:
    """At once where it takes a moment, or when what comes next would find worse groups."""
    if more or refining.is_small(project):
        refining.refine(project)
    else:
        queue.refine(project.pk)


def _waiting(project: Project) -> list[FeedbackItem]:
    waiting = FeedbackItem.objects.filter(project=project, cluster=None)
    return embeddings.short(waiting.order_by("id")[:GROUPED_AT_ONCE])


def _group(project: Project, batch: list[FeedbackItem]) -> dict[int, int] | None:
    """The clusters that changed, with their counts before; None when others were faster."""
    with indexes.held(project) as known:
        placements = placing.place(known, project, batch)
        stored = settling.settle(project, known, placements)
    if stored is None:
        indexes.forget(project)
    return stored

"""Keeping the workers' copies of repositories small: the least recently used ones go first."""

from __future__ import annotations

import time
from collections.abc import Sequence

import structlog
from django.conf import settings

from agents.models import Job
from clusters.forges import mirror_cache
from clusters.forges.base import GitError
from clusters.forges.mirror_cache import Cached

log = structlog.get_logger(__name__)

# Seconds for which whoever opened a pull request's page may still be reading.
IN_USE = 3600.0


def sweep() -> None:
    """Remove mirrors until they fit the limit, and pack those that are scattered.

    A mirror that a job works with is left alone, even when the limit is exceeded.
    """
    folder = settings.HOME / "mirrors"
    mirror_cache.remove_left_over(folder)
    found = mirror_cache.mirrors(folder)
    busy = _busy()
    idle = [mirror for mirror in found if mirror.path.name not in busy]
    excess = sum(mirror.size for mirror in found) - int(settings.MIRROR_CACHE_GB * 1e9)
    for mirror in _make_room(idle, excess):
        _pack(mirror)


def _busy() -> set[str]:
    projects = Job.objects.filter(status__in=Job.ACTIVE).values_list("project_id", flat=True)
    return {f"{project}.git" for project in projects}


def _make_room(idle: Sequence[Cached], excess: int) -> list[Cached]:
    """Free so many bytes as far as that is possible; the mirrors that stay."""
    kept = []
    for mirror in idle:
        lately = time.time() - mirror.used_at < IN_USE
        if excess > 0 and not lately and mirror_cache.remove(mirror):
            log.info("mirror_removed", mirror=mirror.path.name, size=mirror.size)
            excess -= mirror.size
        else:
            kept.append(mirror)
    if excess > 0:
        log.warning("mirrors_exceed_limit", excess=excess)
    return kept


def _pack(mirror: Cached) -> None:
    try:
        if mirror_cache.pack(mirror):
            log.info("mirror_packed", mirror=mirror.path.name)
    except GitError as error:
        log.warning("mirror_not_packed", mirror=mirror.path.name, error=str(error))

"""Sandboxes that were left over: closed, wherever they are.

The end of a job closes its sandbox. This is for those that a crash, a lost answer or a provider
that was away has left behind.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.core.cache import cache
from django.utils import timezone

from agents import wiring
from agents.models import Execution, Job
from agents.pipelines.labels import job_of
from agents.runners.registry import UnknownRunner, parse
from agents.sandboxes.base import SandboxError, SandboxLost, SandboxProvider
from agents.sandboxes.registry import sandboxes
from agents.wiring import Sandboxes

log = structlog.get_logger(__name__)

# Whose stored keys are used: people whose jobs ended lately.
LATELY = timedelta(days=1)
# What was still being made when its job ended is there by then, or has ended by itself.
SETTLED = timedelta(minutes=10)
MOST_EXECUTIONS = 1000
MOST_CLOSED = 50  # in one place at a time
SECONDS = 120.0  # no place is begun with later than that


@dataclass(frozen=True, slots=True)
class _Place:
    """Where sandboxes may be: `open` gives None when somebody else's turn covers it."""

    name: str
    open: Callable[[], Sandboxes | None]
    done: Callable[[], None] = lambda: None


def sweep() -> int:
    """Close the sandboxes of jobs that have ended or are not there any more; how many.

    Those of active jobs, of other installations, and of no job at all are left alone. What fails
    is logged, and tried again next time.
    """
    deadline = time.monotonic() + SECONDS
    opened = set[int | None]()
    closed = 0
    for place in [*_of_the_operator(), *_of_people()]:
        if time.monotonic() > deadline:
            log.warning("orphans_left_for_later", place=place.name)
            break
        try:
            closed += _sweep(place, opened)
        except SandboxError as error:
            log.warning("orphans_not_found", place=place.name, error=str(error))
        except Exception:  # other packages bring places, too; one must not hide the others
            log.exception("orphans_not_found", place=place.name)
    return closed


def _of_the_operator() -> Iterator[_Place]:
    """Every place that this installation can open by itself."""
    for name in sandboxes():
        if not wiring.sandbox_lacks(name, None, None):
            yield _Place(name, partial(_operators, name))


def _of_people() -> Iterator[_Place]:
    """The accounts of those whose jobs ended since somebody looked there last."""
    since = timezone.now() - LATELY
    ended = Execution.objects.filter(finished_at__gt=since).exclude(sandbox_id="")
    rows = ended.select_related("job__requested_by", "job__project__team").order_by("-finished_at")
    seen = set[str]()
    for execution in rows[:MOST_EXECUTIONS]:
        job, finished = execution.job, execution.finished_at
        try:
            sandbox = parse(job.runner)[0]
        except UnknownRunner:
            continue  # its package is not there any more
        name = f"{sandbox}:{job.requested_by_id}:{job.project.team_id}"
        assert finished is not None  # by the filter
        if name not in seen and not _is_done(name, finished):
            yield _Place(name, partial(_stored, job), partial(_note_done, name, finished))
        seen.add(name)


def _operators(name: str) -> Sandboxes:
    return Sandboxes(wiring.throwaway(name))


def _stored(job: Job) -> Sandboxes | None:
    return wiring.stored_place(job.runner, job.requested_by, job.project.team)


def _is_done(name: str, finished: datetime) -> bool:
    looked: datetime | None = cache.get(f"orphans:{name}")
    return looked is not None and looked >= finished


def _note_done(name: str, finished: datetime) -> None:
    if timezone.now() - finished > SETTLED:
        cache.set(f"orphans:{name}", finished, LATELY.total_seconds())


def _sweep(place: _Place, opened: set[int | None]) -> int:
    """How many were closed; a place that two keys of the same row open is looked at once."""
    found = place.open()
    if found is None:
        place.done()
        return 0
    ids = {key.credential_id for key in found.revealed}
    if ids and ids <= opened:
        return 0
    opened |= ids
    orphans = _orphans(found.provider)
    closed = [each for each in orphans[:MOST_CLOSED] if _close(found.provider, each)]
    if len(closed) == len(orphans):
        place.done()
    return len(closed)


def _orphans(provider: SandboxProvider) -> list[str]:
    jobs = {id_: job_of(label) for id_, label in provider.labels().items()}
    # Asked after the sandboxes: whatever is active by now may be at work in one of them.
    wanted = {job for job in jobs.values() if job is not None}
    active = set(
        Job.objects.filter(pk__in=wanted, status__in=Job.ACTIVE).values_list("pk", flat=True)
    )
    return [id_ for id_, job in jobs.items() if job is not None and job not in active]


def _close(provider: SandboxProvider, sandbox_id: str) -> bool:
    try:
        provider.connect(sandbox_id).close()
    except SandboxLost:
        return True  # somebody was quicker
    except SandboxError as error:
        log.warning("orphan_not_closed", sandbox=sandbox_id, error=str(error))
        return False
    log.info("orphan_closed", sandbox=sandbox_id, place=provider.name)
    return True

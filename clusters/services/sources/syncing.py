"""Sources that are asked: one worker at a time, page by page, each page kept with how far it got."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from clusters import queue
from clusters.forges.base import ForgeError, RateLimited
from clusters.models import Source
from clusters.services import feedback
from clusters.services.feedback import IngestResult
from clusters.services.sources import asking
from clusters.sources.base import Page, PullSource, SourceError
from credentials.errors import AppError
from credentials.services import github

log = structlog.get_logger(__name__)

# Longer than one page can take, with every repetition of its calls.
LEASE = timedelta(minutes=3)
# Nothing gets better before a person has done something; they may also ask for it themselves.
AFTER_REFUSAL = timedelta(hours=1)
AFTER_DEFECT = timedelta(minutes=10)
_ABOUT_A_TOKEN = {
    "token_missing",
    "token_invalid",
    "scope_missing",
    "sso_required",
    "no_write_access",
    "repository_unavailable",
}
_PEOPLE_HELP = _ABOUT_A_TOKEN | {
    "issues_disabled",
    "source_misconfigured",
    "credentials_refused",
    "subreddit_unavailable",
}
_DEFECT = (
    "Reading stopped because of a defect in Soulcaster, which the operator finds in the log. What "
    "was read before is kept, and it goes on from there in ten minutes."
)


class SyncLost(Exception):
    """Somebody else has taken the source over, or it is gone: nothing more may be written."""


@dataclass(slots=True)
class SyncResult:
    """What one turn brought. `finished`: it came to the end of what there is."""

    created: int = 0
    updated: int = 0
    duplicates: int = 0
    filtered: int = 0
    refused: int = 0
    pages: int = 0
    finished: bool = False
    error: str = ""

    def add(self, result: IngestResult) -> None:
        """One page more."""
        self.pages += 1
        self.created += len(result.created)
        self.updated += result.updated
        self.duplicates += result.duplicates
        self.filtered += result.filtered
        self.refused += len(result.refused)


def sync(source_id: int, worker: str) -> SyncResult | None:
    """Fetch everything new of a source; None when somebody else is at it, or it may not be yet.

    What goes wrong is kept with the source for people to read, and tried again later.
    """
    owner = f"{worker[:60]}:{uuid4().hex}"
    if not _claim(source_id, owner):
        return None
    result = SyncResult()
    try:
        with _told(source_id, owner, result):
            source = Source.objects.select_related("project", "connected_by").get(pk=source_id)
            for page in _pages(asking.pull_source(source), source):
                result.add(_keep(source, owner, page))
            _finish(source_id, owner)
            result.finished = True
    except SyncLost:
        log.info("sync_lost", source=source_id)
    return result


def due() -> list[int]:
    """Sources whose time has come, those that wait longest first; also those whose worker died."""
    rows = _free(Source.objects.all()).filter(next_sync_at__lte=Now())
    return list(rows.order_by("next_sync_at", "id").values_list("pk", flat=True)[:200])


def request(source: Source) -> None:
    """Have a source fetched soon."""
    Source.objects.filter(pk=source.pk).update(next_sync_at=Now())
    queue.sync(source.pk)


def _pages(asked: PullSource, source: Source) -> Iterator[Page]:
    return asked.pages(asking.config_of(source), source.cursor)


def _free(rows: QuerySet[Source]) -> QuerySet[Source]:
    nobody = Q(sync_owner="") | Q(sync_expires_at=None) | Q(sync_expires_at__lte=Now())
    return rows.filter(nobody, enabled=True, project__archived_at=None, kind__in=asking.kinds())


def _claim(source_id: int, owner: str) -> bool:
    # The join with the project must not stand in an UPDATE.
    free = _free(Source.objects.filter(pk=source_id)).values("pk")
    due_now = Q(next_sync_at=None) | Q(next_sync_at__lte=Now())
    with transaction.atomic():
        Source.objects.select_for_update(no_key=True).filter(pk=source_id).first()
        rows = Source.objects.filter(due_now, pk__in=free)
        return bool(rows.update(sync_owner=owner, sync_expires_at=_in(LEASE)))


def _keep(source: Source, owner: str, page: Page) -> IngestResult:
    """A page's reports and how far it has come: both or none."""
    with transaction.atomic():
        held = Source.objects.select_for_update(no_key=True).filter(pk=source.pk, sync_owner=owner)
        if held.first() is None:
            raise SyncLost
        result = feedback.take_in(source, page.reports)
        if not held.update(cursor=dict(page.cursor), sync_expires_at=_in(LEASE)):
            raise SyncLost
    return result


def _finish(source_id: int, owner: str) -> None:
    again = timedelta(seconds=settings.SYNC_SECONDS)
    _release(
        source_id,
        owner,
        synced_at=Now(),
        next_sync_at=_in(again),
        last_error="",
        last_error_at=None,
    )


def _release(source_id: int, owner: str, **values: Any) -> None:
    rows = Source.objects.filter(pk=source_id, sync_owner=owner)
    if not rows.update(sync_owner="", sync_expires_at=None, **values):
        raise SyncLost


@contextmanager
def _told(source_id: int, owner: str, result: SyncResult) -> Iterator[None]:
    """Keep with the source what goes wrong inside, and when it is tried again."""
    try:
        yield
    except RateLimited as error:
        result.error = str(error)
        _stop(source_id, owner, result.error, timedelta(seconds=error.until - time.time()))
    except (ForgeError, SourceError) as error:
        result.error = _sentence(source_id, error)
        _note_refusal(source_id, error)
        _stop(source_id, owner, result.error, _pause(error))
    except AppError as error:
        result.error = error.message
        _stop(source_id, owner, result.error, AFTER_REFUSAL)
    except SyncLost:
        raise
    except Exception:
        _stop(source_id, owner, _DEFECT, AFTER_DEFECT)
        raise


def _stop(source_id: int, owner: str, text: str, pause: timedelta) -> None:
    pause = max(pause, timedelta(seconds=1))
    _release(source_id, owner, last_error=text, last_error_at=Now(), next_sync_at=_in(pause))


def _pause(error: ForgeError | SourceError) -> timedelta:
    if isinstance(error, SourceError) and error.retry_after is not None:
        return timedelta(seconds=min(error.retry_after, 86_400.0))
    if error.code in _PEOPLE_HELP:
        return AFTER_REFUSAL
    return timedelta(seconds=settings.SYNC_SECONDS)


def _sentence(source_id: int, error: ForgeError | SourceError) -> str:
    """Whose token it is about, where that matters: the whole team reads this."""
    source = Source.objects.select_related("connected_by").filter(pk=source_id).first()
    person = source.connected_by if source is not None else None
    if error.code not in _ABOUT_A_TOKEN or person is None:
        return str(error)
    return f"It is read with the GitHub token of {person.username}. {error}"


def _note_refusal(source_id: int, error: ForgeError | SourceError) -> None:
    """A token that GitHub does not take is not used again."""
    if error.code != "token_invalid":
        return
    source = Source.objects.select_related("connected_by").filter(pk=source_id).first()
    if source is not None and source.connected_by is not None:
        github.token_refused(source.connected_by, str(error))


def _in(time_to_wait: timedelta) -> CombinedExpression:
    """By the database's clock: the hosts' own may disagree."""
    return Now() + time_to_wait

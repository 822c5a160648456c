"""What is sent to sources: kept before it is answered, read by a worker, tidied away."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone
from redis.exceptions import RedisError

from clusters import queue
from clusters.models import Intake, Source
from credentials.errors import Forbidden, NotFound

log = structlog.get_logger(__name__)

KEPT = timedelta(days=14)
# After this long, the message to the worker is taken for lost.
PATIENCE = timedelta(seconds=30)
REMOVED_AT_ONCE = 1_000
_REMEMBERED = 1_000  # sources in a process
_ERROR_PAUSE = timedelta(minutes=1)
_TRIES = 3

_sources: dict[tuple[str, str], tuple[float, Source]] = {}


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody sent. `delivery_id` is the sender's own id of it, "" without one."""

    delivery_id: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def source_by_key(kind: str, public_key: str) -> Source:
    """The source that strangers know by this key, with its project and its secret.

    Remembered in this process for SOURCE_KNOWN_SECONDS. Raises NotFound `source_not_found`, or
    Forbidden `source_paused`.
    """
    now, place = time.monotonic(), (kind, public_key)
    until, source = _sources.get(place, (0.0, None))
    if source is None or until <= now:
        source = _asked(kind, public_key)
        if len(_sources) >= _REMEMBERED:
            _sources.clear()
        _sources[place] = now + settings.SOURCE_KNOWN_SECONDS, source
    if not source.enabled:
        raise Forbidden(
            "source_paused", "This source is paused: nothing is taken in until it goes on."
        )
    return source


def forget(source: Source) -> None:
    """What was remembered of a source holds no more in this process."""
    for place in [place for place in _sources if place[1] == source.public_key]:
        _sources.pop(place, None)


def keep(source: Source, messages: Sequence[Message]) -> list[int]:
    """Keep messages and have them read soon; the numbers of those that were not here before.

    Raises NotFound when the source was removed in the meantime.
    """
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                rows = _kept(source, messages)
                if rows:
                    queue.read_intake(source.pk)
            return [row.pk for row in rows]
        except IntegrityError:
            # Somebody keeps the same delivery at this moment, or the source is gone.
            if attempt + 1 == _TRIES or not Source.objects.filter(pk=source.pk).exists():
                break
    raise _not_found()


def note_error(source: Source, text: str) -> None:
    """Show on the source's page why something that was sent to it was sent away.

    Strangers can cause this: the same text is written at most once a minute.
    """
    mark = hashlib.sha256(text.encode(errors="replace")).hexdigest()
    try:
        if not cache.add(f"intake:noted:{source.pk}:{mark}", 1, timeout=_ERROR_PAUSE.seconds):
            return
    except RedisError:
        log.warning("intake_error_not_remembered", exc_info=True)
    now = timezone.now()
    Source.objects.filter(pk=source.pk).exclude(
        last_error=text, last_error_at__gt=now - _ERROR_PAUSE
    ).update(last_error=text, last_error_at=now)


def forgotten() -> list[int]:
    """Sources with messages that wait for longer than a moment."""
    waiting = Intake.objects.filter(
        state=Intake.State.WAITING, received_at__lt=timezone.now() - PATIENCE
    )
    return list(waiting.order_by().values_list("source_id", flat=True).distinct())


def remove_old() -> int:
    """Remove messages that were read long ago; how many."""
    old = Intake.objects.filter(received_at__lt=timezone.now() - KEPT).exclude(
        state=Intake.State.WAITING
    )
    count = 0
    while ids := list(old.order_by("pk").values_list("pk", flat=True)[:REMOVED_AT_ONCE]):
        count += Intake.objects.filter(pk__in=ids).delete()[0]
    return count


def _asked(kind: str, public_key: str) -> Source:
    found = Source.objects.select_related("project", "secret").filter(
        public_key=public_key[:64], kind=kind[:20]
    )
    source = found.first() if public_key and "\0" not in public_key + kind else None
    if source is None:
        raise _not_found()
    return source


def _kept(source: Source, messages: Sequence[Message]) -> list[Intake]:
    named = {message.delivery_id for message in messages if message.delivery_id}
    known = set(
        Intake.objects.filter(source=source, delivery_id__in=named).values_list(
            "delivery_id", flat=True
        )
        if named
        else ()
    )
    rows = []
    for message in messages:
        if message.delivery_id in known:
            continue
        if message.delivery_id:
            known.add(message.delivery_id)
        rows.append(
            Intake(
                source_id=source.pk,
                delivery_id=message.delivery_id,
                headers=dict(message.headers),
                body=message.body,
            )
        )
    return Intake.objects.bulk_create(rows)


def _not_found() -> NotFound:
    return NotFound("source_not_found", "There is no source at this address.")

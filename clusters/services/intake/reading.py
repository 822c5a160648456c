"""Reading what was kept: in order, in batches, and nothing that waits is lost or holds others up.

An attempt is counted before it is made, so that a message which ends its worker is known by that:
the second time it is read by itself, and after the third it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from uuid import uuid4

import structlog
from django.core.cache import cache
from django.db import Error, InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Length
from django.utils import timezone
from redis.exceptions import RedisError

from clusters import queue
from clusters.models import Intake, Source
from clusters.services import feedback
from clusters.sources import masking
from clusters.sources.base import Filtered, IncomingReport, PushSource, Read, Refused
from clusters.sources.registry import pushes
from credentials.errors import NotFound

log = structlog.get_logger(__name__)

BATCH = 200  # messages
BATCH_BYTES = 8 * 1024 * 1024
MOST_ATTEMPTS = 3
MOST_READS = 5_000  # reports of one message
# Longer than a batch takes; a worker that died holds nobody up for longer.
_HELD = 60  # seconds
_GIVEN_UP = "Reading it failed three times, so it was left out. The operator finds why in the log."
_AGAIN = "Reading it failed; it is tried again."


@dataclass(slots=True)
class _Message:
    """A message, and what it says."""

    row: Intake
    reads: list[Read] = field(default_factory=list)


def read_waiting(source_id: int) -> int:
    """Read what waits at a source, oldest first; how many messages were settled.

    0 when another worker reads: that one goes on until nothing waits.
    """
    source = Source.objects.select_related("project").filter(pk=source_id).first()
    kind = pushes().get(source.kind) if source else None
    if source is None or kind is None:
        return 0
    count = 0
    while _waiting(source_id).filter(attempts=0).exists() or not count:
        # From here on, whoever keeps a message sends for somebody to read it.
        queue.intake_is_read(source_id)
        with _held(source_id) as mine:
            settled = _read_all(source, kind) if mine else 0
        if not settled:
            break
        count += settled
    return count


def _read_all(source: Source, kind: PushSource) -> int:
    count = last = 0
    while (ids := _next(source.pk, last)) and _as_it_is_now(source):
        last = ids[-1]
        count += _read(source, kind, ids)
        _still_here(source.pk)
    return count


def _as_it_is_now(source: Source) -> bool:
    """Load what people may have set meanwhile; False when they removed it, and what waits with it."""
    config = Source.objects.filter(pk=source.pk).values_list("config", flat=True).first()
    if config is None or "removed_at" in config:
        _waiting(source.pk).delete()
        return False
    source.config = config
    return True


def _next(source_id: int, after: int) -> list[int]:
    """The numbers of those that are read together: of those that were tried before, one."""
    rows = _waiting(source_id).filter(pk__gt=after).annotate(size=Length("body")).order_by("pk")
    found: list[int] = []
    size = 0
    for pk, attempts, length in rows.values_list("pk", "attempts", "size")[:BATCH]:
        size += length
        if found and (attempts or size > BATCH_BYTES):
            break
        found.append(pk)
        if attempts:
            break
    return found


def _read(source: Source, kind: PushSource, ids: Sequence[int]) -> int:
    """One batch; how many messages were settled."""
    mine = Intake.objects.filter(pk__in=ids, state=Intake.State.WAITING)
    count = _give_up(mine.filter(attempts__gte=MOST_ATTEMPTS), source.pk)
    mine.update(attempts=F("attempts") + 1)
    messages = [_Message(row) for row in mine.order_by("pk")]
    readable = [message for message in messages if _parse(kind, source, message)]
    try:
        return count + _store(source, readable)
    except (OperationalError, InterfaceError):
        # Nobody's fault who sent something: the database is away, or had to choose.
        _give_back(ids)
        raise


def _parse(kind: PushSource, source: Source, message: _Message) -> bool:
    row = message.row
    try:
        reads = kind.read(row.headers, bytes(row.body), source.config)
        message.reads = list(islice(reads, MOST_READS))
    except Exception:
        # A defect of ours in one message must not keep the others waiting.
        log.exception("intake_not_read", intake=row.pk, source=source.pk)
        _failed(row)
        return False
    return True


def _store(source: Source, messages: Sequence[_Message]) -> int:
    """Keep what they say, and that they were read, in one transaction; else each by itself."""
    if not messages:
        return 0
    try:
        with transaction.atomic():
            return _settle(source, messages)
    except (OperationalError, InterfaceError):
        raise
    except NotFound:  # the source was removed, and its messages with it
        return 0
    except Exception:
        if len(messages) > 1:
            return sum(_store(source, [message]) for message in messages)
        log.exception("intake_not_stored", intake=messages[0].row.pk, source=source.pk)
        _failed(messages[0].row)
        return 0


def _settle(source: Source, messages: Sequence[_Message]) -> int:
    # The source first, as everywhere.
    if not Source.objects.select_for_update(no_key=True).filter(pk=source.pk).exists():
        raise NotFound("source_not_found", "This source is not there any more.")
    ids = [message.row.pk for message in messages]
    waiting = Intake.objects.filter(pk__in=ids, state=Intake.State.WAITING)
    # Another worker may have read them meanwhile: what is counted, is counted once.
    still = set(waiting.select_for_update().values_list("pk", flat=True))
    mine = [message for message in messages if message.row.pk in still]
    feedback.take_in(source, (read for message in mine for read in message.reads))
    results: dict[tuple[str, str], list[int]] = {}
    for message in mine:
        state, text = _result(message.reads)
        text = masking.mask_text(text) if source.masks_personal_data else text
        results.setdefault((state, text), []).append(message.row.pk)
    for (state, text), settled in results.items():
        _settle_as(Intake.objects.filter(pk__in=settled), state, text)
        if state == Intake.State.REFUSED:
            _note_error(source.pk, text)
    return len(mine)


def _result(reads: Sequence[Read]) -> tuple[str, str]:
    """What became of a message, and the sentence that says it."""
    reports = sum(isinstance(read, IncomingReport) for read in reads)
    refused = [read.reason for read in reads if isinstance(read, Refused)]
    left_out = [read.reason for read in reads if isinstance(read, Filtered)]
    if refused and not reports and not left_out:
        return Intake.State.REFUSED, refused[0]
    parts = [f"{reports:,} report{'' if reports == 1 else 's'}."] if reports else []
    parts += [f"{len(refused):,} could not be used: {refused[0]}"] if refused else []
    parts += [f"{len(left_out):,} left out: {left_out[0]}"] if left_out else []
    return Intake.State.DONE, " ".join(parts) or "There was no report in it."


def _settle_as(rows: QuerySet[Intake], state: str, text: str) -> int:
    return rows.update(state=state, result=text[:300], read_at=timezone.now(), body=b"")


def _failed(row: Intake) -> None:
    rows = Intake.objects.filter(pk=row.pk, state=Intake.State.WAITING)
    if row.attempts >= MOST_ATTEMPTS:
        _give_up(rows, row.source_id)
    else:
        rows.update(result=_AGAIN)


def _give_up(rows: QuerySet[Intake], source_id: int) -> int:
    count = _settle_as(rows, Intake.State.REFUSED, _GIVEN_UP)
    if count:
        _note_error(source_id, _GIVEN_UP)
    return count


def _note_error(source_id: int, text: str) -> None:
    Source.objects.filter(pk=source_id).update(last_error=text, last_error_at=timezone.now())


def _give_back(ids: Sequence[int]) -> None:
    rows = Intake.objects.filter(pk__in=ids, state=Intake.State.WAITING, attempts__gt=0)
    try:
        rows.update(attempts=F("attempts") - 1)
    except Error:
        log.warning("intake_attempts_not_given_back", exc_info=True)


def _waiting(source_id: int) -> QuerySet[Intake]:
    return Intake.objects.filter(source=source_id, state=Intake.State.WAITING)


# --- one worker at a time: saves work only, the rows above are what is true ----------------------


@contextmanager
def _held(source_id: int) -> Iterator[bool]:
    """Whether this worker is the one that reads."""
    owner = uuid4().hex
    try:
        mine = cache.add(_lock(source_id), owner, timeout=_HELD)
    except RedisError:
        log.warning("intake_not_held", exc_info=True)
        yield True
        return
    try:
        yield mine
    finally:
        if mine:
            _let_go(source_id, owner)


def _let_go(source_id: int, owner: str) -> None:
    try:
        if cache.get(_lock(source_id)) == owner:
            cache.delete(_lock(source_id))
    except RedisError:
        log.warning("intake_not_let_go", exc_info=True)


def _still_here(source_id: int) -> None:
    try:
        cache.touch(_lock(source_id), _HELD)
    except RedisError:
        log.warning("intake_not_held", exc_info=True)


def _lock(source_id: int) -> str:
    return f"intake:reading:{source_id}"

"""How a source is doing: its state in a word and a sentence, what came lately, what went wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Min
from django.utils import timezone

from clusters.models import Intake, Source, SourceDay
from clusters.services.sources.kinds import info_for

DAYS = 14
QUIET = timedelta(days=DAYS)
STATES = ("receiving", "waiting", "quiet", "unfinished", "paused", "error", "syncing")
COUNTS = ("created", "updated", "duplicates", "refused", "filtered", "limited")


@dataclass(frozen=True, slots=True)
class Day:
    """What came on one day (UTC)."""

    day: date
    created: int = 0
    updated: int = 0
    duplicates: int = 0
    refused: int = 0
    filtered: int = 0
    limited: int = 0

    @property
    def taken(self) -> int:
        """What changed something here."""
        return self.created + self.updated

    @property
    def left(self) -> int:
        """What changed nothing: known already, or left out."""
        return self.duplicates + self.filtered

    @property
    def lost(self) -> int:
        """What did not get in."""
        return self.refused + self.limited

    @property
    def total(self) -> int:
        """All of it."""
        return self.taken + self.left + self.lost


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fetch has come that is not at its end; `total` is None where nobody knows it."""

    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Health:
    """`state`: receiving, waiting, quiet, unfinished, paused, error or syncing; `word`: its badge's."""

    state: str
    word: str
    sentence: str
    last_event_at: datetime | None = None
    last_error: str = ""
    last_error_at: datetime | None = None
    days: tuple[Day, ...] = ()
    waiting: int = 0  # messages that were not read yet
    lag: timedelta | None = (
        None  # since the oldest of them came, or since it should have been asked
    )
    progress: Progress | None = None
    totals: Mapping[str, int] = field(default_factory=dict)  # of the 14 days


@dataclass(frozen=True, slots=True)
class _Queue:
    """Messages of a source that wait to be read."""

    count: int = 0
    oldest: datetime | None = None


def of(source: Source) -> Health:
    """How one source is doing."""
    return of_all([source])[source.pk]


def of_all(sources: Sequence[Source]) -> dict[int, Health]:
    """By the sources' ids; as many queries for many as for one."""
    now = timezone.now()
    ids = [source.pk for source in sources]
    days, queues = _days(ids, now.date()), _queues(ids)
    return {
        source.pk: _health(source, days[source.pk], queues.get(source.pk, _Queue()), now)
        for source in sources
    }


def _health(source: Source, days: tuple[Day, ...], queue: _Queue, now: datetime) -> Health:
    state, word, sentence = _state(source, queue, now)
    return Health(
        state=state,
        word=word,
        sentence=sentence,
        last_event_at=source.last_event_at,
        last_error=source.last_error,
        last_error_at=source.last_error_at,
        days=days,
        waiting=queue.count,
        lag=_lag(source, queue, now),
        progress=progress_of(source),
        totals={name: sum(getattr(day, name) for day in days) for name in COUNTS},
    )


def _state(source: Source, queue: _Queue, now: datetime) -> tuple[str, str, str]:
    """The state, its word, and a sentence that says what it means."""
    info = info_for(source)
    asked = info.way == "asked"
    if not source.enabled:
        return "paused", "Paused", _PAUSED_ASKED if asked else _PAUSED_TOLD
    if info.signs and source.secret_id is None:
        return (
            "unfinished",
            "Secret missing",
            "All that is sent is refused until the secret is here.",
        )
    if is_syncing(source, now):
        return "syncing", _syncing_word(source), "Reports are being fetched."
    if is_failing(source):
        return "error", "Error", _ERROR_ASKED if asked else _ERROR_TOLD
    if source.last_event_at is None:
        return _nothing_yet(source, asked, queue)
    if now - source.last_event_at > QUIET:
        return "quiet", "Quiet", f"Nothing came for more than {DAYS} days."
    here = "Reports come in when somebody brings some."
    return (
        "receiving",
        "Receiving",
        here if info.way == "here" else "Reports come in by themselves.",
    )


_PAUSED_ASKED = "Nothing is fetched until it goes on. What is here stays."
_PAUSED_TOLD = "What is sent is refused until it goes on. What is here stays."
_ERROR_ASKED = "The last attempt to fetch failed; it is tried again by itself."
_ERROR_TOLD = "Something that was sent last could not be used."


def _nothing_yet(source: Source, asked: bool, queue: _Queue) -> tuple[str, str, str]:
    if queue.count:
        return "receiving", "Receiving", "The first messages are here and about to be read."
    if asked and source.synced_at is not None:
        return "waiting", "Nothing yet", "It was asked, and there was nothing that fits."
    if asked:
        return "waiting", "Waiting for the first fetch", "It is asked within a minute."
    return "waiting", "Waiting for the first report", "Nothing has arrived so far."


def progress_of(source: Source) -> Progress | None:
    """How far a fetch has come; None when none is under way. Kinds keep it in their cursor."""
    cursor = source.cursor if isinstance(source.cursor, dict) else {}
    done, total = cursor.get("done"), cursor.get("total")
    if not isinstance(done, int):
        return None
    return Progress(done, max(total, done) if isinstance(total, int) else None)


def _syncing_word(source: Source) -> str:
    told = progress_of(source)
    if told is None:
        return "Syncing"
    return f"Syncing {told.done:,} of {told.total:,}" if told.total else f"Syncing {told.done:,}"


def is_syncing(source: Source, now: datetime | None = None) -> bool:
    """Whether a worker fetches from it at this moment."""
    until = source.sync_expires_at
    return bool(source.sync_owner) and until is not None and until > (now or timezone.now())


def is_failing(source: Source) -> bool:
    """Whether what went wrong last is newer than all that went well."""
    if not source.last_error:
        return False
    well = [when for when in (source.last_event_at, source.synced_at) if when is not None]
    return source.last_error_at is None or not well or source.last_error_at >= max(well)


def _lag(source: Source, queue: _Queue, now: datetime) -> timedelta | None:
    due = source.next_sync_at if source.enabled else None
    late = [when for when in (queue.oldest, due) if when is not None and when < now]
    return now - min(late) if late else None


def _days(ids: Sequence[int], today: date) -> dict[int, tuple[Day, ...]]:
    first = today - timedelta(days=DAYS - 1)
    rows: dict[int, dict[date, Day]] = defaultdict(dict)
    found = SourceDay.objects.filter(source__in=ids, day__gte=first, day__lte=today)
    for row in found.values("source_id", "day", *COUNTS):
        source_id = row.pop("source_id")
        rows[source_id][row["day"]] = Day(**row)
    span = [first + timedelta(days=number) for number in range(DAYS)]
    return {key: tuple(rows[key].get(day) or Day(day) for day in span) for key in ids}


def _queues(ids: Sequence[int]) -> dict[int, _Queue]:
    waiting = Intake.objects.filter(source__in=ids, state=Intake.State.WAITING)
    rows = waiting.values("source_id").annotate(count=Count("id"), oldest=Min("received_at"))
    return {row["source_id"]: _Queue(row["count"], row["oldest"]) for row in rows.order_by()}

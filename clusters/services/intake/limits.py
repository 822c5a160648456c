"""How much a source may send in a minute, counted across all web processes."""

from __future__ import annotations

import math
import time

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from clusters.models import Source
from clusters.services.sources import days as source_days

log = structlog.get_logger(__name__)

WINDOW = 60  # seconds
# While Redis is away it is not asked for so long, so that nobody waits for it each time.
_LEFT_ALONE = 5.0
# Seconds between two writings of how many were sent away: a flood does not become one of writes.
_WRITTEN_EVERY = 1
_KEPT = 86_400  # seconds that what is not written yet is remembered

_away_until = 0.0


def allow(source: Source, count: int) -> float | None:
    """None when a source may send this many reports more; else the seconds until it may.

    What is sent away is counted in the source's day. While Redis is away nobody is counted.
    """
    global _away_until
    if count <= 0 or time.monotonic() < _away_until:
        return None
    try:
        seconds = _in_window(source.pk, count, time.time())
        if seconds is not None:
            sent_away(source, count)
    except (RedisError, OSError):
        _away_until = time.monotonic() + _LEFT_ALONE
        log.warning("intake_not_counted", exc_info=True)
        return None
    return seconds


def sent_away(source: Source, count: int) -> None:
    """Count what was too much in the source's day, not every time at once. Raises RedisError."""
    _add(_limited(source.pk), count, _KEPT)
    if cache.add(f"intake:limited_written:{source.pk}", 1, timeout=_WRITTEN_EVERY):
        _write(source.pk)


def write_down() -> None:
    """Write what is left of how many were sent away; a sweep does it once a minute."""
    ids = Source.objects.filter(enabled=True, public_key__isnull=False).values_list("pk", flat=True)
    waiting = cache.get_many([_limited(source_id) for source_id in ids])
    for source_id in ids:
        if waiting.get(_limited(source_id)):
            _write(source_id)


def _in_window(source_id: int, count: int, now: float) -> float | None:
    """A minute that slides: what this window has, and of the last one what still counts."""
    limit = settings.SOURCE_PER_MINUTE
    window, into = divmod(now, WINDOW)
    this, last = (f"intake:{source_id}:{int(window) - back}" for back in (0, 1))
    found = cache.get_many([this, last])
    used, before = int(found.get(this, 0)), int(found.get(last, 0))
    # More at once than a whole minute's worth is let in when nothing else was.
    count = min(count, limit)
    if used + before * (1 - into / WINDOW) + count > limit:
        return _wait(limit - count, used, before, into)
    _add(this, count, 2 * WINDOW)
    return None


def _wait(room: int, used: int, before: int, into: float) -> float:
    """Seconds until what counts has shrunk to `room`."""
    if used <= room:
        return max(1.0, math.ceil(WINDOW * (1 - (room - used) / before) - into))
    return max(1.0, math.ceil(WINDOW - into + WINDOW * (1 - room / used)))


def _write(source_id: int) -> None:
    waiting = int(cache.get(_limited(source_id), 0))
    if waiting > 0:  # two who wrote it at once have taken it away twice
        cache.decr(_limited(source_id), waiting)
        source_days.count(source_id, limited=waiting)


def _add(key: str, count: int, seconds: int) -> None:
    """Count up; a count that is not there begins."""
    if cache.add(key, count, timeout=seconds):
        return
    try:
        cache.incr(key, count)
    except ValueError:  # it came to its end in this moment
        cache.add(key, count, timeout=seconds)


def _limited(source_id: int) -> str:
    return f"intake:limited:{source_id}"

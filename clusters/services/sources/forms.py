"""What people write into a project's feedback form: limited, cleaned, taken in like all else."""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from clusters.models import Source
from clusters.services import feedback, intake
from clusters.services.sources import days as source_days
from clusters.sources.base import Refused
from clusters.sources.build import RawReport, build_report
from credentials import one_time
from credentials.errors import AppError, Invalid

log = structlog.get_logger(__name__)

# How many may come from one network address by one form: (seconds, how many). What a form may
# bring from everywhere is limited like every other source.
_LIMITS = ((60, 5), (3600, 30))


class TooMany(AppError):
    """More than a person sends; `seconds` until it may be tried again."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "too_many",
            "Too much was sent from here in a short time. What you wrote is kept in the form below: "
            "send it again in a few minutes.",
        )
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote. `page` is the address of the page that it is about."""

    title: str
    body: str = ""
    email: str = ""
    page: str = ""


def take(source: Source, written: Written, sender: str) -> None:
    """Take it in. Raises TooMany, Invalid.

    `sender` is the network address that it came from, of which a digest is kept for an hour.
    """
    _count(source, sender)
    raw = RawReport(title=written.title, body=written.body, author=written.email, url=written.page)
    report = build_report(1, raw)
    if isinstance(report, Refused):
        raise Invalid("report_refused", report.reason)
    feedback.take_in(source, [report])


def drop(source: Source, sender: str) -> None:
    """Something that no person wrote: counted, as far as one sender is, and not kept."""
    try:
        _count(source, sender)
    except TooMany:
        return
    source_days.count(source.pk, filtered=1)


def _count(source: Source, sender: str) -> None:
    """Raise TooMany when it is more than a person sends, then when it is more than a form takes.

    In this order: what one sender has too much of must not use up what the others may send.
    """
    # The address itself is nobody's business, not even for an hour.
    place = one_time.digest(f"{source.pk}:{_network(sender)}", "feedback-form")[:32]
    for span, most in _LIMITS:
        if _one_more(f"feedback-form:{span}:{place}", span) > most:
            _note(source)
            raise TooMany(span)
    if (seconds := intake.allow(source, 1)) is not None:
        raise TooMany(math.ceil(seconds))


def _note(source: Source) -> None:
    try:
        intake.sent_away(source, 1)
    except RedisError:
        log.warning("form_not_counted", exc_info=True)


def _network(sender: str) -> str:
    """The address; of IPv6 the part that is given to one customer, who chooses the rest freely."""
    try:
        address = ipaddress.ip_address(sender)
    except ValueError:
        return sender
    if isinstance(address, ipaddress.IPv4Address):
        return sender
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(address) >> 64 << 64))


def _one_more(key: str, seconds: int) -> int:
    """How many there were within the time, this one included; while Redis is away nobody counts."""
    try:
        return 1 if cache.add(key, 1, seconds) else cache.incr(key)
    except RedisError:
        log.warning("form_not_counted", exc_info=True)
    except ValueError:
        # It ran out between the two.
        cache.set(key, 1, seconds)
    return 1

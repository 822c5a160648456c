"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format

NOTHING = "\N{EN DASH}"


def duration(value: timedelta | float | None) -> str:
    """`0.4 s`, `14 s`, `3 m 12 s`, `2 h 5 m`; an en dash when there is none."""
    if value is None:
        return NOTHING
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} m"


def ago(value: datetime, now: datetime | None = None) -> str:
    """`just now`, `4 min ago`, `3 h ago`, `5 d ago`, then the date. `page.js` says the same."""
    seconds = ((now or timezone.now()) - value).total_seconds()
    if seconds < -60:
        return f"on {date(value)}"
    if seconds < 45:
        return "just now"
    for size, limit, unit in ((60, 60, "min"), (3600, 24, "h"), (86400, 30, "d")):
        if (count := max(1, round(seconds / size))) < limit:
            return f"{count} {unit} ago"
    return f"on {date(value)}"


def date(value: datetime) -> str:
    """`20 Nov 2026` in the viewer's zone."""
    return date_format(timezone.localtime(value), "j M Y")


def exact(value: datetime) -> str:
    """`Friday, 20 Nov 2026, 05:04:11 UTC` in the viewer's zone."""
    return date_format(timezone.localtime(value), "l, j M Y, H:i:s T")


def plural(count: int, one: str, many: str = "") -> str:
    """`1 report`, `12 reports`, `1,204 people`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def usd(amount: Decimal | None) -> str:
    """`$3.20`, `$1,204.00`, `under $0.01`; an en dash when there is none."""
    if amount is None:
        return NOTHING
    if 0 < amount < Decimal("0.01"):
        return "under $0.01"
    return f"${amount:,.2f}"


def compact(count: int) -> str:
    """`950`, `12.4 k`, `3.1 M`."""
    if count < 1000:
        return str(count)
    if count < 1_000_000:
        return f"{count / 1000:.1f} k"
    return f"{count / 1_000_000:.1f} M"

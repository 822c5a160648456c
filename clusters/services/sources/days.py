"""What came from a source, counted by day (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import F, IntegerField, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Least

from clusters.models import Source, SourceDay

NAMES = frozenset({"created", "updated", "duplicates", "refused", "filtered", "limited"})
_MOST = 2**31 - 1


def count(source_id: int, **counts: int) -> None:
    """Add to today's numbers of a source: created, updated, duplicates, refused, filtered, limited."""
    if unknown := counts.keys() - NAMES:
        raise TypeError(f"There is no count of {', '.join(sorted(unknown))}.")
    more = {name: _more(name, number) for name, number in counts.items() if number > 0}
    if not more:
        return
    day = datetime.now(UTC).date()
    today = SourceDay.objects.filter(source=source_id, day=day)
    if not today.update(**more) and Source.objects.filter(pk=source_id).exists():
        # The day's first: another process may be as quick, and then its row is the one.
        SourceDay.objects.bulk_create(
            [SourceDay(source_id=source_id, day=day)], ignore_conflicts=True
        )
        today.update(**more)


def _more(name: str, number: int) -> CombinedExpression:
    """What a column holds at most is where counting ends: strangers can send any number."""
    room = Least(Value(min(number, _MOST)), _MOST - F(name), output_field=IntegerField())
    return F(name) + room

"""Weeks to count in: they begin on Mondays, by the clock of whoever looks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.utils import timezone

RANGES = (4, 12, 52)  # weeks
MOST = 20_000  # rows of one kind that are read


@dataclass(frozen=True)
class Span:
    """Weeks up to this one, oldest first; each is named by its Monday."""

    mondays: tuple[date, ...]

    @classmethod
    def of(cls, count: int, today: date | None = None) -> Span:
        """The last weeks, this one included."""
        today = today or timezone.localdate()
        monday = today - timedelta(days=today.weekday())
        return cls(tuple(monday - timedelta(weeks=back) for back in reversed(range(count))))

    @property
    def begin(self) -> datetime:
        """The first moment."""
        return _moment(self.mondays[0])

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        return self.mondays[0], self.mondays[-1] + timedelta(days=6)

    def place(self, moment: datetime) -> int | None:
        """The number of the week that a moment is in; None when it is in none."""
        place = bisect_right(self.edges, moment) - 1
        return place if 0 <= place < len(self.mondays) else None

    @cached_property
    def edges(self) -> tuple[datetime, ...]:
        """The first moment of each week, and the end of the last one."""
        end = self.mondays[-1] + timedelta(weeks=1)
        return tuple(_moment(day) for day in (*self.mondays, end))

    def place_of_day(self, day: date) -> int | None:
        """The number of the week that a day is in; None when it is in none."""
        place = bisect_right(self.mondays, day) - 1
        return place if place >= 0 and day < self.mondays[-1] + timedelta(weeks=1) else None

    def counts(self, moments: Iterable[datetime | None]) -> list[int]:
        """How many of these moments are in each week."""
        found = [0] * len(self.mondays)
        for moment in moments:
            place = self.place(moment) if moment is not None else None
            if place is not None:
                found[place] += 1
        return found


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())

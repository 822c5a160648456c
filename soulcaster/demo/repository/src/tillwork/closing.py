"""The figures at the end of a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, tzinfo

from tillwork.money import ZERO, Money, add_up
from tillwork.sale import Sale


@dataclass(frozen=True, slots=True)
class Closing:
    """What a shop took on one day."""

    day: date
    count: int
    takings: Money
    by_method: dict[str, Money]


def close_day(sales: Iterable[Sale], day: date, zone: tzinfo) -> Closing:
    """Add up the sales of `day`, a calendar day in the shop's time zone."""
    todays = [sale for sale in sales if sale.at.astimezone(UTC).date() == day]
    by_method: dict[str, Money] = {}
    for sale in todays:
        by_method[sale.method] = by_method.get(sale.method, ZERO) + sale.total
    return Closing(day, len(todays), add_up([sale.total for sale in todays]), by_method)

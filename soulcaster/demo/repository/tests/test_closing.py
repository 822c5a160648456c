from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tillwork.checkout import Checkout
from tillwork.closing import close_day
from tillwork.money import Money

NOON = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)


def test_a_day_without_sales_took_nothing():
    closing = close_day([], date(2026, 9, 14), UTC)
    assert (closing.count, closing.takings, closing.by_method) == (0, Money(0), {})


def test_sales_of_other_days_do_not_count(breakfast):
    sales = [
        Checkout(breakfast).pay(1, NOON),
        Checkout(breakfast).pay(2, NOON + timedelta(days=1)),
    ]
    assert close_day(sales, date(2026, 9, 14), UTC).count == 1


def test_takings_are_split_by_payment_method(breakfast):
    sales = [
        Checkout(breakfast).pay(1, NOON, "cash"),
        Checkout(breakfast).pay(2, NOON, "card"),
        Checkout(breakfast).pay(3, NOON, "card"),
    ]
    closing = close_day(sales, date(2026, 9, 14), UTC)
    assert closing.takings == Money.of("36.30")
    assert closing.by_method == {"cash": Money.of("12.10"), "card": Money.of("24.20")}

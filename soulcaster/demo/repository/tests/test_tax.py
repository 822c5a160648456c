from __future__ import annotations

from decimal import Decimal

from tillwork.money import Money, add_up
from tillwork.tax import contained_tax, gross_by_rate


def test_tax_is_contained_in_the_price():
    assert contained_tax(Money.of("120.00"), Decimal(20)) == Money.of("20.00")


def test_no_tax_at_rate_zero():
    assert contained_tax(Money.of("120.00"), Decimal(0)) == Money(0)


def test_contained_tax_is_rounded_half_up():
    assert contained_tax(Money(33), Decimal(10)) == Money(3)
    assert contained_tax(Money(3), Decimal(20)) == Money(1)


def test_savings_are_spread_over_the_rates(breakfast):
    gross = gross_by_rate(breakfast, Money.of("1.21"))
    assert gross == {Decimal(20): Money.of("6.84"), Decimal(10): Money.of("4.05")}


def test_nothing_is_lost_in_the_spread(breakfast):
    for cents in range(0, 200, 7):
        gross = gross_by_rate(breakfast, Money(cents))
        assert add_up(list(gross.values())) == breakfast.subtotal - Money(cents)

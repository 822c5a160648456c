from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from conftest import basket_of
from tillwork.checkout import Checkout
from tillwork.coupons import Coupon
from tillwork.money import Money, add_up

TEN = Coupon.percentage("TEN", 10)
FIVER = Coupon.amount_off("FIVER", Money.of("5.00"))


def test_without_coupons_the_total_is_the_subtotal(breakfast):
    assert Checkout(breakfast).total == Money.of("12.10")


def test_a_coupon_lowers_the_total(breakfast):
    assert Checkout(breakfast, [TEN]).total == Money.of("10.89")


def test_a_total_can_reach_zero():
    assert Checkout(basket_of("4.00"), [FIVER]).total == Money(0)


def test_amounts_count_last_whatever_the_order():
    assert Checkout(basket_of("50.00"), [TEN, FIVER]).total == Money.of("40.00")
    assert Checkout(basket_of("50.00"), [FIVER, TEN]).total == Money.of("40.00")


def test_taxes_are_listed_per_rate(breakfast):
    assert Checkout(breakfast).taxes == {
        Decimal(10): Money.of("0.41"),
        Decimal(20): Money.of("1.27"),
    }


def test_a_coupon_lowers_the_tax_as_well(breakfast):
    full = add_up(list(Checkout(breakfast).taxes.values()))
    less = add_up(list(Checkout(breakfast, [TEN]).taxes.values()))
    assert less < full


def test_a_sale_keeps_lines_savings_and_total(breakfast):
    at = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)
    sale = Checkout(breakfast, [TEN]).pay(7, at, "card")
    assert (sale.number, sale.method, sale.total) == (7, "card", Money.of("10.89"))
    assert [line.product for line in sale.lines] == ["Flat white", "Rye loaf"]
    assert [saving.amount for saving in sale.savings] == [Money.of("1.21")]

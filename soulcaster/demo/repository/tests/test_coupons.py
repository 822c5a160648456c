from __future__ import annotations

import pytest

from tillwork.coupons import Coupon, redeem
from tillwork.errors import BadCoupon
from tillwork.money import Money


def test_a_percentage_is_taken_from_the_subtotal():
    savings = redeem(Money.of("80.00"), [Coupon.percentage("TEN", 10)])
    assert [saving.amount for saving in savings] == [Money.of("8.00")]


def test_an_amount_is_taken_as_it_is():
    savings = redeem(Money.of("80.00"), [Coupon.amount_off("FIVER", Money.of("5.00"))])
    assert [saving.amount for saving in savings] == [Money.of("5.00")]


def test_an_amount_takes_at_most_what_there_is():
    savings = redeem(Money.of("3.00"), [Coupon.amount_off("FIVER", Money.of("5.00"))])
    assert [saving.amount for saving in savings] == [Money.of("3.00")]


def test_the_second_percentage_is_taken_from_what_the_first_has_left():
    coupons = [Coupon.percentage("TEN", 10), Coupon.percentage("TWENTY", 20)]
    savings = redeem(Money.of("100.00"), coupons)
    assert [saving.amount for saving in savings] == [Money.of("10.00"), Money.of("18.00")]


def test_a_saving_names_its_coupon():
    savings = redeem(Money.of("10.00"), [Coupon.percentage("TEN", 10)])
    assert [saving.code for saving in savings] == ["TEN"]


@pytest.mark.parametrize("percent", [0, -5, 101])
def test_impossible_percentages_are_refused(percent):
    with pytest.raises(BadCoupon):
        Coupon.percentage("ODD", percent)


def test_a_coupon_of_nothing_is_refused():
    with pytest.raises(BadCoupon):
        Coupon.amount_off("NIL", Money(0))

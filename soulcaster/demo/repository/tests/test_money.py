from __future__ import annotations

from decimal import Decimal

import pytest

from tillwork.errors import BadAmount
from tillwork.money import Money, add_up


def test_amounts_are_read_and_written_with_two_places():
    assert str(Money.of("12.50")) == "12.50"
    assert str(Money.of("-0.05")) == "-0.05"


@pytest.mark.parametrize("text", ["", "12", "12.5", "12,50", "1.000", "free"])
def test_other_texts_are_not_amounts(text):
    with pytest.raises(BadAmount):
        Money.of(text)


def test_half_a_cent_is_rounded_up():
    assert Money(5).percent(Decimal(10)) == Money(1)
    assert Money(4).percent(Decimal(10)) == Money(0)


def test_parts_add_up_to_the_whole():
    parts = Money(100).split([1, 1, 1])
    assert add_up(parts) == Money(100)
    assert sorted(part.cents for part in parts) == [33, 33, 34]


def test_the_spare_cent_goes_to_the_largest_part():
    assert Money(101).split([1, 3]) == [Money(25), Money(76)]


def test_parts_of_nothing_are_nothing():
    assert Money(100).split([0, 0]) == [Money(0), Money(0)]

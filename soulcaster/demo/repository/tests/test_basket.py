from __future__ import annotations

import pytest

from tillwork.basket import Basket
from tillwork.errors import BadQuantity
from tillwork.money import Money


def test_an_empty_basket_costs_nothing():
    assert Basket().subtotal == Money(0)


def test_the_same_product_twice_is_one_line():
    basket = Basket()
    basket.add("Bun", Money.of("1.20"))
    basket.add("Bun", Money.of("1.20"), quantity=2)
    assert [(line.quantity, line.total) for line in basket] == [(3, Money.of("3.60"))]


def test_another_price_is_another_line():
    basket = Basket()
    basket.add("Bun", Money.of("1.20"))
    basket.add("Bun", Money.of("0.60"))
    assert len(basket) == 2


def test_less_than_one_piece_is_refused():
    with pytest.raises(BadQuantity):
        Basket().add("Bun", Money.of("1.20"), quantity=0)


def test_the_subtotal_adds_all_lines(breakfast):
    assert breakfast.subtotal == Money.of("12.10")

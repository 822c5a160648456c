from __future__ import annotations

from decimal import Decimal

import pytest

from tillwork.basket import Basket
from tillwork.money import Money


@pytest.fixture
def breakfast() -> Basket:
    """Two coffees at the standard rate and a loaf at the reduced one: 12.10."""
    basket = Basket()
    basket.add("Flat white", Money.of("3.80"), quantity=2)
    basket.add("Rye loaf", Money.of("4.50"), tax_rate=Decimal(10))
    return basket


def basket_of(price: str) -> Basket:
    """A basket with one thing in it."""
    basket = Basket()
    basket.add("Gift box", Money.of(price))
    return basket

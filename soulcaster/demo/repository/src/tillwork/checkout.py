"""One sale, from basket to total."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from tillwork.basket import Basket
from tillwork.coupons import Coupon, Saving, redeem
from tillwork.errors import NegativeTotal
from tillwork.money import ZERO, Money, add_up
from tillwork.sale import Sale
from tillwork.tax import gross_by_rate, tax_by_rate


class Checkout:
    """Works out what a basket costs."""

    def __init__(self, basket: Basket, coupons: Sequence[Coupon] = ()) -> None:
        self.basket = basket
        self.coupons = tuple(coupons)

    @property
    def savings(self) -> list[Saving]:
        """What each coupon takes off."""
        return redeem(self.basket.subtotal, self.coupons)

    @property
    def saved(self) -> Money:
        """What all coupons take off together."""
        return add_up([saving.amount for saving in self.savings])

    @property
    def total(self) -> Money:
        """What the customer pays."""
        total = self.basket.subtotal - self.saved
        if total < ZERO:
            raise NegativeTotal(f"the coupons take {self.saved} off {self.basket.subtotal}")
        return total

    @property
    def taxes(self) -> dict[Decimal, Money]:
        """The tax contained in the total, per rate."""
        return tax_by_rate(gross_by_rate(self.basket, self.saved))

    def pay(self, number: int, at: datetime, method: str = "cash") -> Sale:
        """The finished sale."""
        return Sale(number, at, method, tuple(self.basket), tuple(self.savings), self.total)

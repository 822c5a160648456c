"""What comes off the price. The rules are in docs/coupons.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tillwork.errors import BadCoupon
from tillwork.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class Coupon:
    """Takes off a percentage or a fixed amount, never both."""

    code: str
    percent: Decimal = Decimal(0)
    amount: Money = ZERO

    @classmethod
    def percentage(cls, code: str, percent: int | Decimal) -> Coupon:
        """A coupon of so many percent."""
        if not 0 < percent <= 100:
            raise BadCoupon(f"{code}: {percent} % is not between 0 and 100")
        return cls(code, percent=Decimal(percent))

    @classmethod
    def amount_off(cls, code: str, amount: Money) -> Coupon:
        """A coupon of a fixed amount."""
        if amount <= ZERO:
            raise BadCoupon(f"{code}: {amount} takes nothing off")
        return cls(code, amount=amount)

    def saving(self, price: Money) -> Money:
        """What this coupon takes off `price`."""
        if self.percent:
            return price.percent(self.percent)
        return min(self.amount, price)


@dataclass(frozen=True, slots=True)
class Saving:
    """What one coupon took off."""

    code: str
    amount: Money


def redeem(subtotal: Money, coupons: Sequence[Coupon]) -> list[Saving]:
    """What each coupon takes off the subtotal, in the order in which they count."""
    savings = []
    for coupon in coupons:
        savings.append(Saving(coupon.code, coupon.saving(subtotal)))
    return savings

"""The tax that prices contain."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from tillwork.basket import Basket
from tillwork.money import ZERO, Money


def contained_tax(gross: Money, rate: Decimal) -> Money:
    """The tax inside a price, half a cent rounded up: 20 % of 120.00 gross is 20.00."""
    exact = Decimal(gross.cents) * rate / (100 + rate)
    return Money(int(exact.quantize(Decimal(1), ROUND_HALF_UP)))


def gross_by_rate(basket: Basket, saved: Money) -> dict[Decimal, Money]:
    """What is paid at each rate, once `saved` is spread over the rates by their share."""
    gross: dict[Decimal, Money] = {}
    for line in basket:
        gross[line.tax_rate] = gross.get(line.tax_rate, ZERO) + line.total
    shares = saved.split([amount.cents for amount in gross.values()])
    return {rate: gross[rate] - share for rate, share in zip(gross, shares, strict=True)}


def tax_by_rate(gross: Mapping[Decimal, Money]) -> dict[Decimal, Money]:
    """The contained tax at each rate, lowest rate first."""
    return {rate: contained_tax(gross[rate], rate) for rate in sorted(gross)}

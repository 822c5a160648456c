"""Amounts of money in whole cents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from tillwork.errors import BadAmount

_AMOUNT = re.compile(r"-?\d+\.\d{2}")


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """An amount. Cents are whole: every calculation says how it rounds."""

    cents: int

    @classmethod
    def of(cls, text: str) -> Money:
        """The amount written as "12.50"."""
        if not _AMOUNT.fullmatch(text):
            raise BadAmount(f"{text!r} is not an amount like 12.50")
        return cls(int(Decimal(text) * 100))

    def __add__(self, other: Money) -> Money:
        return Money(self.cents + other.cents)

    def __sub__(self, other: Money) -> Money:
        return Money(self.cents - other.cents)

    def __mul__(self, times: int) -> Money:
        return Money(self.cents * times)

    def __bool__(self) -> bool:
        return self.cents != 0

    def __str__(self) -> str:
        sign = "-" if self.cents < 0 else ""
        return f"{sign}{abs(self.cents) // 100}.{abs(self.cents) % 100:02d}"

    def percent(self, rate: Decimal) -> Money:
        """`rate` percent of the amount, half a cent rounded up."""
        exact = Decimal(self.cents) * rate / 100
        return Money(int(exact.quantize(Decimal(1), ROUND_HALF_UP)))

    def split(self, weights: Sequence[int]) -> list[Money]:
        """The amount in parts as large as `weights`; the parts always add up to it."""
        whole = sum(weights)
        if not whole:
            return [Money(0) for _ in weights]
        parts = [self.cents * weight // whole for weight in weights]
        largest_first = sorted(range(len(weights)), key=lambda index: -weights[index])
        for index in largest_first[: self.cents - sum(parts)]:
            parts[index] += 1
        return [Money(part) for part in parts]


ZERO = Money(0)


def add_up(amounts: Sequence[Money]) -> Money:
    """The sum of all amounts; nothing adds up to zero."""
    return Money(sum(amount.cents for amount in amounts))

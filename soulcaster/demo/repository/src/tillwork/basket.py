"""What a customer is buying."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tillwork.errors import BadQuantity
from tillwork.money import Money, add_up

STANDARD_RATE = Decimal(20)


@dataclass(frozen=True, slots=True)
class Line:
    """So many of one product. The price is per piece and contains the tax."""

    product: str
    price: Money
    quantity: int
    tax_rate: Decimal

    @property
    def total(self) -> Money:
        """The price of all pieces."""
        return self.price * self.quantity


class Basket:
    """Lines in the order in which they were scanned."""

    def __init__(self) -> None:
        self._lines: list[Line] = []

    def add(
        self,
        product: str,
        price: Money,
        *,
        quantity: int = 1,
        tax_rate: Decimal = STANDARD_RATE,
    ) -> None:
        """Put `quantity` pieces in; the same product at the same price makes one line."""
        if quantity < 1:
            raise BadQuantity(f"cannot add {quantity} of {product}")
        for index, line in enumerate(self._lines):
            if (line.product, line.price, line.tax_rate) == (product, price, tax_rate):
                self._lines[index] = Line(product, price, line.quantity + quantity, tax_rate)
                return
        self._lines.append(Line(product, price, quantity, tax_rate))

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def subtotal(self) -> Money:
        """All lines before any coupon."""
        return add_up([line.total for line in self._lines])

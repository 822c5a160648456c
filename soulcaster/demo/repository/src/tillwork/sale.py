"""A finished sale: what was bought, when, and for how much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tillwork.basket import Line
from tillwork.coupons import Saving
from tillwork.money import Money


@dataclass(frozen=True, slots=True)
class Sale:
    """What the books keep. `at` carries a time zone; `method` is "cash" or "card"."""

    number: int
    at: datetime
    method: str
    lines: tuple[Line, ...]
    savings: tuple[Saving, ...]
    total: Money

from __future__ import annotations

from datetime import UTC, datetime

from tillwork.checkout import Checkout
from tillwork.export import HEADER, sales_table

AT = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)


def test_no_sales_make_a_header_only():
    assert sales_table([]) == HEADER + "\n"


def test_every_line_sold_is_a_row(breakfast):
    sale = Checkout(breakfast).pay(7, AT)
    assert sales_table([sale]).splitlines()[1:] == [
        "7,2026-09-14,Flat white,2,3.80,7.60",
        "7,2026-09-14,Rye loaf,1,4.50,4.50",
    ]

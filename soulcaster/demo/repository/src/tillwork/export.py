"""Sales as a table for the accountant."""

from __future__ import annotations

from collections.abc import Iterable

from tillwork.sale import Sale

HEADER = "sale,day,product,quantity,price,total"


def sales_table(sales: Iterable[Sale]) -> str:
    """One row per line sold, as comma separated text with a header."""
    rows = [HEADER]
    for sale in sales:
        day = sale.at.date().isoformat()
        for line in sale.lines:
            cells = [sale.number, day, line.product, line.quantity, line.price, line.total]
            rows.append(",".join(str(cell) for cell in cells))
    return "\n".join(rows) + "\n"

"""The paper for the customer."""

from __future__ import annotations

from tillwork.checkout import Checkout

WIDTH = 32


def _row(left: str, right: str) -> str:
    room = WIDTH - len(right) - 1
    return f"{left[:room]:<{room}} {right}"


def print_receipt(checkout: Checkout, shop: str) -> str:
    """The receipt as text of fixed width, one line per product, saving and tax rate."""
    rows = [shop.center(WIDTH).rstrip(), "=" * WIDTH]
    for line in checkout.basket:
        rows.append(_row(f"{line.quantity} x {line.product}", str(line.total)))
    for saving in checkout.savings:
        rows.append(_row(f"  {saving.code}", f"-{saving.amount}"))
    rows.append("-" * WIDTH)
    rows.append(_row("TOTAL", str(checkout.total)))
    for rate, tax in checkout.taxes.items():
        rows.append(_row(f"incl. {rate} % tax", str(tax)))
    return "\n".join(rows) + "\n"

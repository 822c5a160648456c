"""A small shop with a defect, and what users say about it."""

from __future__ import annotations

from clusters.planner.base import ClusterEvidence, Evidence, SourceFile

CART = '''"""What a customer is about to buy."""


class Cart:
    def __init__(self):
        self.lines = []

    def add_line(self, line):
        self.lines.append(line)

    def total_with_discount(self, coupon):
        """The total after the coupon."""
        total = sum(line.price for line in self.lines)
        if coupon.percent:
            return total
        return total - coupon.amount
'''
CHECKOUT = """from shop.cart import Cart


class EmptyCart(ValueError):
    pass


def pay(cart: Cart, card):
    if not cart.lines:
        raise EmptyCart("the cart is empty")
    return card.charge(cart.total_with_discount(card.coupon))
"""
FILES = [
    SourceFile("src/shop/__init__.py", ""),
    SourceFile("src/shop/cart.py", CART),
    SourceFile("src/shop/checkout.py", CHECKOUT),
    SourceFile("src/shop/mail.py", "def send_receipt(order):\n    return order.address\n"),
    SourceFile("src/shop/search.py", "def find_products(words):\n    return []\n"),
    SourceFile(
        "tests/test_cart.py",
        "def test_total():\n    assert Cart().total_with_discount(NONE) == 0\n",
    ),
    SourceFile("tests/test_mail.py", "def test_receipt():\n    assert send_receipt(ORDER)\n"),
    SourceFile(
        "docs/coupons.md", "A coupon of so many percent takes its share off the total.\n" * 3
    ),
    SourceFile("pyproject.toml", "[project]\nname = 'shop'\n"),
    SourceFile("package-lock.json", '{"coupon": "discount total percent"}'),
]
ITEMS = [
    Evidence(
        11,
        "github",
        "Discount ignored",
        "The coupon of 10% is ignored: 90.00 expected, got 100.00.",
    ),
    Evidence(12, "mail", "Coupon", "My percent coupon takes nothing off the total of the cart."),
    Evidence(
        13,
        "github",
        "total_with_discount",
        "`total_with_discount()` returns early in src/shop/cart.py.",
    ),
    Evidence(
        14,
        "chat",
        "no discount",
        "percent coupons should lower the total, since version 2.1 they do not",
    ),
]
CLUSTER = ClusterEvidence("Percent coupons are ignored", "“The coupon of 10% is ignored.”", ITEMS)

from __future__ import annotations

from tillwork.checkout import Checkout
from tillwork.coupons import Coupon
from tillwork.receipt import WIDTH, print_receipt


def test_a_receipt_lists_products_savings_total_and_tax(breakfast):
    text = print_receipt(Checkout(breakfast, [Coupon.percentage("MORNING", 10)]), "Corner Cafe")
    assert text.splitlines() == [
        "          Corner Cafe",
        "================================",
        "2 x Flat white              7.60",
        "1 x Rye loaf                4.50",
        "  MORNING                  -1.21",
        "--------------------------------",
        "TOTAL                      10.89",
        "incl. 10 % tax              0.37",
        "incl. 20 % tax              1.14",
    ]


def test_long_names_are_cut_to_the_paper(breakfast):
    text = print_receipt(Checkout(breakfast), "The Very Long Named Cafe")
    assert all(len(row) <= WIDTH for row in text.splitlines())

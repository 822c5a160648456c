"""What can go wrong at the till."""

from __future__ import annotations


class TillError(Exception):
    """The base of every error of this package."""


class BadAmount(TillError):
    """A text is not an amount of money."""


class BadQuantity(TillError):
    """Fewer than one of something cannot be bought."""


class BadCoupon(TillError):
    """A coupon that takes off nothing, or more than everything."""


class NegativeTotal(TillError):
    """The shop would have to pay the customer."""

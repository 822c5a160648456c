"""The demo project's history: which commit brought which files, by whom and when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chapter:
    """One commit. `paths` are files, or folders for everything in them."""

    message: str
    author: str
    email: str
    at: str  # ISO 8601 with offset
    paths: tuple[str, ...]


_NOOR = ("Noor Haddad", "noor@tillwork.example.org")
_JONAS = ("Jonas Weber", "jonas@tillwork.example.org")

HISTORY = (
    Chapter(
        "Amounts of money in whole cents",
        *_NOOR,
        "2026-08-03T09:12:00+02:00",
        (
            ".gitignore",
            "README.md",
            "pyproject.toml",
            "src/tillwork/__init__.py",
            "src/tillwork/errors.py",
            "src/tillwork/money.py",
            "tests/test_money.py",
        ),
    ),
    Chapter(
        "Baskets",
        *_NOOR,
        "2026-08-05T16:40:00+02:00",
        ("src/tillwork/basket.py", "tests/conftest.py", "tests/test_basket.py"),
    ),
    Chapter(
        "The tax that prices contain",
        *_JONAS,
        "2026-08-11T11:05:00+02:00",
        ("src/tillwork/tax.py", "tests/test_tax.py"),
    ),
    Chapter(
        "Coupons, any number of them",
        *_JONAS,
        "2026-08-19T18:21:00+02:00",
        ("docs/coupons.md", "src/tillwork/coupons.py", "tests/test_coupons.py"),
    ),
    Chapter(
        "Checkout and receipts",
        *_NOOR,
        "2026-08-24T10:33:00+02:00",
        (
            "src/tillwork/checkout.py",
            "src/tillwork/sale.py",
            "src/tillwork/receipt.py",
            "tests/test_checkout.py",
            "tests/test_receipt.py",
        ),
    ),
    Chapter(
        "Export of sales for the accountant",
        *_JONAS,
        "2026-09-02T14:58:00+02:00",
        ("docs/exports.md", "src/tillwork/export.py", "tests/test_export.py"),
    ),
    Chapter(
        "Closing report per day",
        *_NOOR,
        "2026-09-09T08:47:00+02:00",
        ("docs/closing.md", "src/tillwork/closing.py", "tests/test_closing.py"),
    ),
    Chapter(
        "Release 0.7.0",
        *_NOOR,
        "2026-09-10T09:00:00+02:00",
        ("CHANGELOG.md",),
    ),
)

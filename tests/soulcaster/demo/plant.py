"""Changes to the demo project that the recorded transcript knows nothing about."""

from __future__ import annotations

from pathlib import Path

_LOOP = """    savings = []
    for coupon in coupons:
        savings.append(Saving(coupon.code, coupon.saving(subtotal)))
    return savings
"""
_RIGHT = """    ordered = [each for each in coupons if each.percent]
    ordered += [each for each in coupons if not each.percent]
    rest, taken = subtotal, []
    for each in ordered:
        taken.append(Saving(each.code, each.saving(rest)))
        rest -= taken[-1].amount
    return taken
"""


def plant_other(root: Path) -> None:
    """Give the project at `root` another defect: coupons are right, contained tax is cut off."""
    _replace(root / "src/tillwork/coupons.py", _LOOP, _RIGHT)
    _replace(root / "src/tillwork/tax.py", "Decimal(1), ROUND_HALF_UP", "Decimal(1), ROUND_DOWN")
    _replace(
        root / "src/tillwork/tax.py", "import ROUND_HALF_UP, Decimal", "import ROUND_DOWN, Decimal"
    )


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")

"""Plans: drafted, edited, approved or rejected. Each change of content is a new version."""

from __future__ import annotations

from clusters.services.plans.versions import (
    add_written,
    approve,
    current,
    current_or_first,
    edit,
    generate,
    reject,
    withdraw_approval,
    withdraw_rejection,
)

__all__ = [
    "add_written",
    "approve",
    "current",
    "current_or_first",
    "edit",
    "generate",
    "reject",
    "withdraw_approval",
    "withdraw_rejection",
]

"""Waiting feedback gets its clusters; people's corrections are kept."""

from __future__ import annotations

from clusters.services.grouping.waiting import (
    group_waiting,
    likeness,
    projects_with_waiting_feedback,
    refine,
    touch,
)

__all__ = ["group_waiting", "likeness", "projects_with_waiting_feedback", "refine", "touch"]

"""Waiting feedback gets its clusters; people's corrections are kept."""

from __future__ import annotations

from clusters.services.grouping.nearness import likeness
from clusters.services.grouping.refining import refine
from clusters.services.grouping.settling import touch
from clusters.services.grouping.waiting import group_waiting, projects_with_waiting_feedback

__all__ = ["group_waiting", "likeness", "projects_with_waiting_feedback", "refine", "touch"]

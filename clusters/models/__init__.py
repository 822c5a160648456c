"""Projects and what people say about them."""

from __future__ import annotations

from clusters.models.feedback import Cluster, FeedbackImport, FeedbackItem
from clusters.models.plans import Plan
from clusters.models.projects import Project, Source

__all__ = ["Cluster", "FeedbackImport", "FeedbackItem", "Plan", "Project", "Source"]

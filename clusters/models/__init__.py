"""Projects and what people say about them."""

from __future__ import annotations

from clusters.models.corrections import ClusterChange, GroupingConstraint
from clusters.models.feedback import (
    Cluster,
    Embedding,
    FeedbackComment,
    FeedbackImport,
    FeedbackItem,
)
from clusters.models.plans import Plan, PlanComment, PlanDrafting, PlanQuestion
from clusters.models.projects import Project
from clusters.models.sources import Intake, Source, SourceDay

__all__ = [
    "Cluster",
    "ClusterChange",
    "Embedding",
    "FeedbackComment",
    "FeedbackImport",
    "FeedbackItem",
    "GroupingConstraint",
    "Intake",
    "Plan",
    "PlanComment",
    "PlanDrafting",
    "PlanQuestion",
    "Project",
    "Source",
    "SourceDay",
]

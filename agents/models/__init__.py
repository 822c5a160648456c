"""Jobs, logs, receipts, pull requests and what a forge told about them."""

from __future__ import annotations

from agents.models.deliveries import WebhookDelivery
from agents.models.jobs import Execution, Job, Step
from agents.models.logs import LogChunk
from agents.models.prices import ModelPrice
from agents.models.pulls import PullRequest
from agents.models.receipts import Artifact, Receipt

__all__ = [
    "Artifact",
    "Execution",
    "Job",
    "LogChunk",
    "ModelPrice",
    "PullRequest",
    "Receipt",
    "Step",
    "WebhookDelivery",
]

"""Whether one change could settle everything that a cluster holds."""

from __future__ import annotations

from typing import Any

import structlog
from django.db.models.functions import Left

from clusters import queue, wiring
from clusters.coherence.model import MOST, NotJudged
from clusters.describing.base import Report
from clusters.models import Cluster, FeedbackItem
from clusters.services.grouping.splitting import Split, look

GROWTH = 1.5  # times the reports of the last judgement
_READ = 2_000  # characters of a report
# A rule without a model, fitted on a part of CLINC: of the clusters that it calls several, about
# one half mix two intents, where one in five does of all.
_NEAR, _FAR, _GAP = 0.04, 0.12, 0.16
_SHOWN = 50  # reports of each proposed group

log = structlog.get_logger(__name__)


def ask(cluster_id: int, count: int, last: dict[str, Any]) -> None:
    """Have a cluster with so many reports judged, when it has grown by a half since the last time."""
    judged = last.get("items", 0)
    if count >= 2 and count >= GROWTH * (judged if isinstance(judged, int) else 0):
        queue.judge(cluster_id)


def judge(cluster: Cluster) -> None:
    """Store in `cluster.coherence` whether one pull request title could cover all of it.

    {"verdict": "one" | "several" | "unsure", "by": a model's name or "", "text": a sentence,
    "items": how many reports there were, "groups": proposed groups of item ids}.
    """
    count = FeedbackItem.objects.filter(cluster=cluster).count()
    if count < 2:
        found: dict[str, Any] = {}
    else:
        found = {**(_by_model(cluster) or _by_rule(look(cluster))), "items": count}
    cluster.coherence = found
    # Whoever changes the cluster meanwhile empties it; then this is about something else.
    same = FeedbackItem.objects.filter(cluster=cluster).count() == count
    if same:
        Cluster.objects.filter(pk=cluster.pk).update(coherence=found)


def _by_rule(split: Split) -> dict[str, Any]:
    parts = [part[:_SHOWN] for part in split.parts]
    if len(parts) > 1 and split.gap >= _GAP and split.margin <= _NEAR:
        text = (
            f"These reports fall into {len(parts)} groups that have little in common: one change "
            "may not settle all of them."
        )
        return {"verdict": "several", "by": "", "text": text, "groups": parts}
    if len(parts) > 1 and split.gap >= _GAP and split.margin <= _FAR:
        text = "Some of these reports are only loosely alike: look whether they are one matter."
        return {"verdict": "unsure", "by": "", "text": text, "groups": parts}
    return {"verdict": "one", "by": "", "text": "", "groups": []}


def _by_model(cluster: Cluster) -> dict[str, Any] | None:
    """What a model says; None without one, or when it fails."""
    asked = wiring.coherence_judge(cluster.project.team)
    if asked is None:
        return None
    rows = FeedbackItem.objects.filter(cluster=cluster).order_by("-id")
    reports = [Report(*row) for row in rows.values_list("pk", "title", Left("body", _READ))[:MOST]]
    try:
        found = asked.judge(reports)
    except NotJudged as error:
        log.warning("cluster_not_judged", cluster=cluster.pk, reason=str(error))
        return None
    return {
        "verdict": found.verdict,
        "by": asked.name,
        "text": found.reason,
        "groups": found.groups,
    }

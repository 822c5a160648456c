"""Why each report is in its cluster, in words that a maintainer can judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clusters.models import ClusterChange, FeedbackItem
from clusters.services import changes

_WORDS = 5  # shared words that are named and marked


@dataclass(frozen=True, slots=True)
class Why:
    """The reason of one report; `rule` is empty where none is known.

    `nearest`: the report it is like; `elsewhere`: the cluster where that is now, when it is
    another one. `score` and `threshold` are from 0 to 1.
    """

    rule: str
    nearest: int | None = None
    elsewhere: int | None = None
    score: float | None = None
    threshold: float | None = None
    words: list[str] = field(default_factory=list)
    by: str = ""
    change: ClusterChange | None = None
    did: str = ""  # the change as a sentence


def whys(items: Sequence[FeedbackItem]) -> list[tuple[FeedbackItem, Why]]:
    """Each report with its reason; two queries for a page of them."""
    reasons = [item.reason if isinstance(item.reason, dict) else {} for item in items]
    near = {key for reason in reasons if isinstance(key := reason.get("nearest_item"), int)}
    places = dict(FeedbackItem.objects.filter(pk__in=near).values_list("pk", "cluster_id"))
    made = {key for reason in reasons if isinstance(key := reason.get("change"), int)}
    done = {row.pk: row for row in changes.listed(ClusterChange.objects.filter(pk__in=made))}
    return [
        (item, _why(item, reason, places, done))
        for item, reason in zip(items, reasons, strict=True)
    ]


def _why(
    item: FeedbackItem,
    reason: Mapping[str, Any],
    places: Mapping[int, int | None],
    done: Mapping[int, ClusterChange],
) -> Why:
    nearest = reason.get("nearest_item")
    nearest = nearest if nearest in places else None
    place = places[nearest] if nearest is not None else None
    change = done.get(reason.get("change") or 0)
    return Why(
        rule=str(reason.get("rule") or ""),
        nearest=nearest,
        elsewhere=place if place != item.cluster_id else None,
        score=_share(reason.get("score")),
        threshold=_share(reason.get("threshold")),
        words=[str(word) for word in (reason.get("shared_words") or [])[:_WORDS]],
        by=str(reason.get("by") or ""),
        change=change,
        did=changes.sentence(change) if change else "",
    )


def _share(value: Any) -> float | None:
    return min(1.0, max(0.0, float(value))) if isinstance(value, int | float) else None

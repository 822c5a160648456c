"""What a correction teaches: a few telling pairs of reports that belong together, or do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clusters.embedding.base import Vector, cosine
from clusters.embedding.tfidf import TfidfEmbedder
from clusters.models import ClusterChange, FeedbackItem, GroupingConstraint
from clusters.services import grouping
from clusters.services.grouping import retuning

_MOVED = 20  # reports whose pairs are kept
_BESIDE = 40  # companions that are looked at for the nearest one
_LENGTH = 2_000  # characters of a report that are compared


def learn(change: ClusterChange) -> None:
    """Keep each moved report's nearest old and new companion, then fit the project's threshold."""
    before, after = change.before["items"], change.after["items"]
    moved = [key for key in after if before[key]["cluster"] != after[key]["cluster"]]
    pairs: dict[tuple[int, int], bool] = {}
    if moved:
        items = _read([int(key) for key in moved[:_MOVED]])
        fellows = {int(key) for key in moved}
        old = _beside({before[key]["cluster"] for key in moved}, fellows)
        new = _beside({after[key]["cluster"] for key in moved}, set())
        vectors = _vectors([*items, *old, *new])
        for item in items:
            hint = (before[str(item.pk)]["reason"] or {}).get("nearest_item")
            apart = _nearest(item, old, vectors, hint=hint)
            together = _nearest(item, new, vectors, fellows=fellows)
            pairs |= _pair(item, apart, together=False) | _pair(item, together, together=True)
    GroupingConstraint.objects.bulk_create(
        GroupingConstraint(
            change=change,
            project_id=change.project_id,
            one_id=one,
            other_id=other,
            together=together,
            likeness=grouping.likeness(one, other),
        )
        for (one, other), together in pairs.items()
    )
    retuning.retune(change.project)


def _read(ids: Sequence[int]) -> list[FeedbackItem]:
    rows = FeedbackItem.objects.filter(pk__in=ids).only("pk", "title", "body", "cluster", "reason")
    return list(rows.order_by("pk"))


def _beside(clusters: set[int | None], moved: set[int]) -> list[FeedbackItem]:
    """The newest reports that are in these clusters now, without the moved ones."""
    rows = FeedbackItem.objects.filter(cluster__in=clusters - {None})
    newest = rows.only("pk", "title", "body", "cluster", "reason").order_by("-pk")
    return [row for row in newest[: _BESIDE + len(moved)] if row.pk not in moved][:_BESIDE]


def _vectors(items: Sequence[FeedbackItem]) -> dict[int, Vector]:
    unique = {item.pk: f"{item.title}\n{item.body[:_LENGTH]}" for item in items}
    return dict(zip(unique, TfidfEmbedder().embed(list(unique.values())), strict=True))


def _nearest(
    item: FeedbackItem,
    others: Sequence[FeedbackItem],
    vectors: Mapping[int, Vector],
    *,
    hint: int | None = None,
    fellows: frozenset[int] | set[int] = frozenset(),
) -> FeedbackItem | None:
    """The one most like it; by what grouping itself said where that is among them.

    Reports that were there before tell more than those that came along.
    """
    among = [other for other in others if other.pk != item.pk]
    among = [other for other in among if other.pk not in fellows] or among
    for other in among:
        if other.pk == hint:
            return other
    return max(
        among,
        key=lambda other: (cosine(vectors[item.pk], vectors[other.pk]), -other.pk),
        default=None,
    )


def _pair(
    item: FeedbackItem, other: FeedbackItem | None, *, together: bool
) -> dict[tuple[int, int], bool]:
    if other is None:
        return {}
    return {(min(item.pk, other.pk), max(item.pk, other.pk)): together}

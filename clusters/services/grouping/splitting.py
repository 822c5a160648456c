"""How a cluster that holds more than one matter could be taken apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clusters.embedding.hashed import counted
from clusters.embedding.minilm import Floats
from clusters.grouping.parting import parting
from clusters.grouping.space import Space, of_few
from clusters.models import Cluster, FeedbackItem
from clusters.services.grouping import embeddings, nearness, retuning
from clusters.services.grouping.indexes import shift_of

LOOKED_AT = 500  # newest reports; older ones stay with the largest part


@dataclass(frozen=True, slots=True)
class Split:
    """The ids of a cluster's items, part by part, the largest first.

    `margin` and `gap`: see `clusters.grouping.parting`.
    """

    parts: list[list[int]]
    margin: float
    gap: float


def propose_split(cluster: Cluster) -> list[list[int]]:
    """The ids of its items, group by group; a single group when there is nothing to split."""
    return look(cluster).parts


def look(cluster: Cluster) -> Split:
    """Where it would come apart. Reads stored rows; computes no meaning."""
    newest = FeedbackItem.objects.filter(cluster=cluster).order_by("-id")
    items = [*newest.values_list("id", flat=True)[:LOOKED_AT]][::-1]
    if len(items) < 2:
        return Split([items], 0.0, 0.0)
    ids, rows, threshold = _compared(cluster, items)
    found = parting(rows, threshold)
    parts = [[ids[number] for number in part] for part in found.parts]
    known = set(ids)
    older = FeedbackItem.objects.filter(cluster=cluster).exclude(pk__in=known).order_by("id")
    rest = older.values_list("id", flat=True)
    return Split([[*rest, *parts[0]], *parts[1:]], found.margin, found.gap)


def _compared(cluster: Cluster, items: list[int]) -> tuple[list[int], Floats, float]:
    """The items that can be compared, their rows, and the project's threshold."""
    stored = nearness.rows_of(items)
    if len(stored) * 2 > len(items):  # the others are edited or new
        project = cluster.project
        threshold = retuning.threshold_of(project)
        ids = sorted(stored)
        return ids, np.stack([stored[item] for item in ids]), threshold + shift_of(project)
    read = embeddings.short(FeedbackItem.objects.filter(pk__in=items).order_by("id"))
    words = [counted(embeddings.text_of(item)) for item in read]
    return [item.pk for item in read], Space(None, words).rows(None, words), of_few(meaning=False)

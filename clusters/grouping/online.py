"""Sorts new items into existing clusters and new ones, as they arrive or in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from clusters.embedding.base import Embedder, Vector
from clusters.embedding.tfidf import TfidfEmbedder
from clusters.grouping.base import Assignment, Group, GroupingReason, Item
from clusters.grouping.fingerprint import fingerprint
from clusters.grouping.linkage import Node, link, sum_of
from clusters.grouping.reasons import reason_for
from clusters.grouping.threshold import threshold_for

_AT_ONCE = 500  # new items compared with each other; bounds memory, as pairs are quadratic
_COMPARED = 200  # members looked at to find an item's nearest one

Members = list[list[Item]]


def assign(
    items: Sequence[Item], existing: Sequence[Group] = (), embedder: Embedder | None = None
) -> list[Assignment]:
    """Where each new item goes, in the order given.

    Existing clusters keep their items and never become one. Calling it with all items and no
    existing clusters groups a project anew. Item ids have to be unique over both. Items without
    a fingerprint get the one of their text.
    """
    members = [[_marked(item) for item in group.items] for group in existing]
    items = [_marked(item) for item in items]
    everything = [*(item for group in members for item in group), *items]
    embedded = (embedder or TfidfEmbedder()).embed([item.text for item in everything])
    vectors = {item.id: vector for item, vector in zip(everything, embedded, strict=True)}
    threshold = threshold_for(embedded)
    for start in range(0, len(items), _AT_ONCE):
        members = _sort_in(items[start : start + _AT_ONCE], members, vectors, threshold)
    place = {item.id: number for number, group in enumerate(members) for item in group}
    keys = [group.key for group in existing]
    return [_assignment(item, place[item.id], members, keys, vectors) for item in items]


def _marked(item: Item) -> Item:
    return (
        item if item.fingerprint else replace(item, fingerprint=fingerprint(item.title, item.body))
    )


def _sort_in(
    batch: Sequence[Item], members: Members, vectors: Mapping[int, Vector], threshold: float
) -> Members:
    """The members with the batch among them; those there were keep their places."""
    starts = _by_fingerprint(batch, members)
    nodes = [Node(sum_of([vectors[i.id] for i in start]), len(start)) for start in starts]
    merged: dict[int, list[Item]] = {}
    for start, root in zip(starts, link(nodes, len(members), threshold), strict=True):
        merged.setdefault(root, []).extend(start)
    return list(merged.values())


def _by_fingerprint(batch: Sequence[Item], members: Members) -> Members:
    """The members with items of a known fingerprint added, then the others one by one."""
    starts = [list(group) for group in members]
    place = {item.fingerprint: n for n, group in enumerate(starts) for item in group}
    for item in batch:
        known = place.get(item.fingerprint) if item.fingerprint else None
        if known is not None:
            starts[known].append(item)
            continue
        place[item.fingerprint] = len(starts)
        starts.append([item])
    return starts


def _assignment(
    item: Item,
    place: int,
    members: Members,
    keys: Sequence[int],
    vectors: Mapping[int, Vector],
) -> Assignment:
    key = keys[place] if place < len(keys) else None
    new = None if key is not None else place - len(keys)
    group = members[place]
    if key is None and group[0].id == item.id:
        return Assignment(item.id, key, new, GroupingReason("first"))
    others = [other for other in group[:_COMPARED] if other.id != item.id]
    return Assignment(item.id, key, new, reason_for(item, others, vectors))

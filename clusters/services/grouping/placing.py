"""Where waiting reports belong: by exact rules first, then by likeness. Stores nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from clusters.grouping.groups import Bound, Joined
from clusters.grouping.index import Near
from clusters.grouping.reasons import shared_words
from clusters.models import Cluster, Embedding, FeedbackItem, Project
from clusters.services.grouping import embeddings, exact
from clusters.services.grouping.exact import Exact
from clusters.services.grouping.indexes import OPEN, Known

Rule = Literal["fingerprint", "stack", "linked", "similar", "first"]

_COMPARED = 2_000  # characters of two reports whose common words are told


@dataclass(slots=True)
class Placement:
    """Where an item goes, and why: `group` is its number in the index."""

    item: FeedbackItem
    group: int
    rule: Rule
    nearest: int | None = None  # the other item's id
    score: float | None = None  # how alike that one is
    average: float | None = None  # how alike the whole group is
    threshold: float | None = None  # what the average had to reach
    words: list[str] = field(default_factory=list)

    def reason(self, **more: Any) -> dict[str, Any]:
        """What is kept with the item."""
        return {
            "rule": self.rule,
            "nearest_item": self.nearest,
            "score": _share(self.score),
            "average": _share(self.average),
            "threshold": _share(self.threshold),
            "shared_words": self.words,
            **more,
        }


def place(known: Known, project: Project, items: Sequence[FeedbackItem]) -> list[Placement]:
    """A place for each item, in their order; the index holds them from now on.

    Takes seconds: not to be called in a transaction.
    """
    exact.mark(items)
    embeddings.embed(items)
    known.close_all_but(_open(project))
    certain = exact.find(project, items)
    rows = _rows(items)
    kept = known.read(rows)
    start = len(known.index)
    bound = _bound(known, items, certain, start)
    joined = known.index.add(kept.dense, kept.words, bound)
    known.count_in([item.pk for item in items])
    made = [
        _placement(known, item, start + number, each, certain.get(item.pk))
        for number, (item, each) in enumerate(zip(items, joined, strict=True))
    ]
    tell_words(known, made)
    return made


def tell_words(known: Known, placements: Iterable[Placement]) -> None:
    """Say of each which words it shares with the nearest item."""
    found = [each for each in placements if each.nearest is not None]
    here = {each.item.pk: each.item for each in found}
    wanted = {each.nearest for each in found if each.nearest} - here.keys()
    others = embeddings.short(FeedbackItem.objects.filter(pk__in=wanted))
    texts = {item.pk: _text(item) for item in [*here.values(), *others]}
    for each in found:
        other = texts.get(each.nearest or 0, "")
        each.words = shared_words(texts[each.item.pk], other, known.index.weights)


def _open(project: Project) -> set[int]:
    """The clusters that new items may join by likeness."""
    found = Cluster.objects.filter(project=project, status__in=OPEN, locked=False, merged_into=None)
    return set(found.values_list("pk", flat=True))


def _rows(items: Sequence[FeedbackItem]) -> list[bytes]:
    stored: Mapping[int, Any] = dict(
        Embedding.objects.filter(
            item__in=[item.pk for item in items], model=embeddings.model()
        ).values_list("item_id", "vector")
    )
    return [bytes(stored[item.pk]) for item in items]


def _bound(
    known: Known, items: Sequence[FeedbackItem], certain: Mapping[int, Exact], start: int
) -> list[Bound | None]:
    number = {item.pk: start + place for place, item in enumerate(items)}
    found: list[Bound | None] = []
    for item in items:
        rule = certain.get(item.pk)
        if rule is None:
            found.append(None)
        elif rule.cluster is not None:
            found.append(Bound(group=known.group_of(rule.cluster)))
        else:
            found.append(Bound(item=number[rule.item]))
    return found


def _placement(
    known: Known,
    item: FeedbackItem,
    number: int,
    joined: Joined,
    certain: Exact | None,
) -> Placement:
    if certain is not None:
        other = known.number.get(certain.item)
        score = 1.0 if certain.rule != "linked" else None
        if score is None and other is not None:
            score = known.index.likeness(number, other)
        return Placement(item, joined.group, certain.rule, certain.item, score)
    near = None
    if joined.average is not None:
        near = known.index.nearest(number, joined.group, earlier=True)
    return similar(known, item, joined, near)


def similar(known: Known, item: FeedbackItem, joined: Joined, near: Near | None) -> Placement:
    """A place by likeness to the nearest other item; without one it is the first of its cluster."""
    if near is None:
        return Placement(item, joined.group, "first", threshold=joined.threshold)
    nearest = known.ids[near.item]
    return Placement(
        item,
        joined.group,
        "similar",
        nearest,
        near.likeness,
        joined.average,
        joined.threshold,
    )


def _text(item: FeedbackItem) -> str:
    return f"{item.title}\n{item.body}"[:_COMPARED]


def _share(value: float | None) -> float | None:
    return None if value is None else round(min(1.0, max(0.0, value)), 3)

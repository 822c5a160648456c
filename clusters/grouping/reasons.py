"""Says why an item is where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clusters.embedding.base import Vector, cosine
from clusters.embedding.words import spelled
from clusters.grouping.base import GroupingReason, Item

_WORDS = 6


def reason_for(item: Item, others: Sequence[Item], vectors: Mapping[int, Vector]) -> GroupingReason:
    """The reason by the most similar of the other members of its group."""
    same = next((o for o in others if o.fingerprint and o.fingerprint == item.fingerprint), None)
    if same is not None:
        return GroupingReason("fingerprint", same.id, 1.0, _shared(item, same, vectors))
    own = vectors[item.id]
    score, nearest = max(
        ((cosine(own, vectors[other.id]), other) for other in others),
        key=lambda found: (found[0], -found[1].id),
    )
    return GroupingReason("similar", nearest.id, round(score, 3), _shared(item, nearest, vectors))


def _shared(item: Item, other: Item, vectors: Mapping[int, Vector]) -> list[str]:
    """The words both have, as the item spells them, most telling first."""
    mine, theirs = spelled(item.text), spelled(other.text)
    one, two = vectors[item.id], vectors[other.id]
    common = sorted(
        mine.keys() & theirs.keys(), key=lambda word: (-one.get(word, 0) * two.get(word, 0), word)
    )
    return [mine[word] for word in common[:_WORDS]]

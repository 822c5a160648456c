"""Says in words what two reports have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clusters.embedding.words import spelled

_WORDS = 6

Weigh = Callable[[Sequence[str]], Sequence[float]]


def shared_words(one: str, other: str, weigh: Weigh) -> list[str]:
    """The words that both texts have, as the first one spells them, most telling first.

    `weigh` says how telling stems are.
    """
    mine, theirs = spelled(one), spelled(other)
    common = sorted(mine.keys() & theirs.keys())
    weights = dict(zip(common, weigh(common), strict=True))
    return [mine[stem] for stem in sorted(common, key=lambda s: (-weights[s], s))[:_WORDS]]

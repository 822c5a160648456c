"""Grouping of texts as they arrive, refined now and then without moving what people fixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clusters.embedding.hashed import counted
from clusters.embedding.minilm import Floats
from clusters.grouping.index import AT_ONCE, Index, next_point
from clusters.grouping.regroup import Fixed

Encode = Callable[[Sequence[str]], Floats]

TEXT_LIMIT = 4_000  # characters; what a report is about is said at its start


class Stream:
    """Items are numbered from 0 as they come; so are groups, which may become empty.

    `encode` gives the meaning of texts as rows; without it words alone are compared.
    """

    def __init__(self, encode: Encode | None = None) -> None:
        self._encode = encode
        self.index = Index(meaning=encode is not None)
        self._refined_at = 0

    def __len__(self) -> int:
        return len(self.index)

    @property
    def groups(self) -> list[int]:
        """The group of each item, in order."""
        return list(self.index.groups.of)

    @property
    def threshold(self) -> float:
        """The average likeness that it takes to join a group, chosen from the items so far."""
        return self.index.threshold

    @property
    def refinement_due(self) -> bool:
        """Whether enough has come since the last refinement."""
        return len(self) >= next_point(self._refined_at)

    def add(self, texts: Sequence[str]) -> list[int]:
        """Take the next items; the group of each, decided in their order."""
        found: list[int] = []
        for start in range(0, len(texts), AT_ONCE):
            part = [text[:TEXT_LIMIT] for text in texts[start : start + AT_ONCE]]
            dense = self._encode(part) if self._encode else None
            joined = self.index.add(dense, [counted(text) for text in part])
            found += [each.group for each in joined]
        return found

    def refine(self, fixed: Fixed = Fixed()) -> None:  # noqa: B008 - it is frozen
        """Group the newest items anew; the older ones stay together as they are.

        The space is fitted to the texts so far and the threshold chosen from it at the same time.
        """
        self.index.fit()
        self.index.move(self.index.better(fixed))
        self._refined_at = len(self)

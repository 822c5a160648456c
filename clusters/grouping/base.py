"""What grouping takes and gives: items, groups, and for each new item where it goes and why.

Plain Python: no Django here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

TEXT_LIMIT = 4_000  # characters; what a report is about is said at its start

Rule = Literal["fingerprint", "similar", "first"]


@dataclass(frozen=True, slots=True)
class Item:
    """One feedback item as grouping sees it."""

    id: int
    title: str
    body: str
    fingerprint: str = ""

    @property
    def text(self) -> str:
        """What is compared."""
        return f"{self.title}\n{self.body[:TEXT_LIMIT]}"


@dataclass(frozen=True, slots=True)
class Group:
    """An existing cluster: its key and the items in it."""

    key: int
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class GroupingReason:
    """Why an item is where it is, for people to judge.

    `first` means that it opened its cluster. `score` is the cosine to the nearest item, 0 to 1,
    and 1 for an equal fingerprint.
    """

    rule: Rule
    nearest_item: int | None = None
    score: float = 0.0
    shared_words: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a new item goes: into the existing group `cluster_key`, or into a new one.

    New clusters are numbered from 0 within one call; items with the same `new_cluster` belong
    together. Exactly one of the two is set.
    """

    item_id: int
    cluster_key: int | None
    new_cluster: int | None
    reason: GroupingReason

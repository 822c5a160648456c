"""Groups found anew for the newest items, with what people decided left as it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clusters.embedding.minilm import Floats
from clusters.grouping.average import linked
from clusters.grouping.groups import Groups
from clusters.grouping.rows import Rows

WINDOW = 5_000  # the newest items, which a refinement may move


@dataclass(frozen=True, slots=True)
class Fixed:
    """What people decided: pairs of item numbers that belong together, or do not.

    What is in a group with `pinned` items stays there: people have looked at it. Groups outside of
    `free`, when that is given, neither lose nor gain.
    """

    together: Sequence[tuple[int, int]] = ()
    apart: Sequence[tuple[int, int]] = ()
    pinned: Collection[int] = ()
    free: Collection[int] | None = None


@dataclass(slots=True)
class _Node:
    """Items that move together; `group` is set when they hold a group in place."""

    items: list[int]
    group: int | None = None


def better(groups: Groups, rows: Rows, threshold: float, fixed: Fixed) -> dict[int, int]:
    """The new group of each recent item that should change it; new groups count on from the last.

    What is older, or in a group with pinned items, holds its group together, and no two such groups
    become one.
    """
    first = max(0, len(groups.of) - WINDOW)
    nodes = _nodes(groups, first, fixed)
    place = _tied(nodes, fixed.together)
    nodes = [node for node in nodes if node.items]
    number = {id(node): n for n, node in enumerate(nodes)}
    apart = [
        (number[id(place[a])], number[id(place[b])])
        for a, b in fixed.apart
        if a in place and b in place and place[a] is not place[b]
    ]
    if not nodes:
        return {}
    sums = np.stack([_sum(node, rows) for node in nodes])
    held = sum(node.group is not None for node in nodes)
    roots = linked(sums, [len(node.items) for node in nodes], threshold, apart, held)
    found: dict[int, list[_Node]] = defaultdict(list)
    for node, root in zip(nodes, roots, strict=True):
        found[root].append(node)
    named = _named(found.values(), groups)
    return {item: group for item, group in named.items() if group != groups.of[item]}


def _nodes(groups: Groups, first: int, fixed: Fixed) -> list[_Node]:
    """What holds groups in place, then every recent item that may move, by itself."""
    recent = range(first, len(groups.of))
    touched = dict.fromkeys(groups.of[item] for item in recent)
    if fixed.free is not None:
        touched = {group: None for group in touched if group in fixed.free}
    held = {groups.of[item] for item in fixed.pinned}
    holding: dict[int, list[int]] = {}
    for group in touched:
        if kept := [i for i in groups.members[group] if i < first or group in held]:
            holding[group] = kept
    loose = [i for i in recent if groups.of[i] in touched and groups.of[i] not in held]
    return [
        *(_Node(items, group) for group, items in holding.items()),
        *(_Node([item]) for item in loose),
    ]


def _tied(nodes: Iterable[_Node], together: Iterable[tuple[int, int]]) -> dict[int, _Node]:
    """The node of each item after joining pairs; a node that went into another one is empty."""
    place = {item: node for node in nodes for item in node.items}
    for pair in together:
        one, other = (place.get(item) for item in sorted(pair))
        if one is None or other is None or one is other:
            continue
        if other.group is not None:
            one, other = other, one
        if other.group is not None:
            continue  # both hold a group of their own
        one.items += other.items
        place.update(dict.fromkeys(other.items, one))
        other.items = []
    return place


def _sum(node: _Node, rows: Rows) -> Floats:
    total: Floats = rows.some(node.items).sum(axis=0)
    return total


def _named(found: Iterable[Sequence[_Node]], groups: Groups) -> Mapping[int, int]:
    """Each group keeps the number that most of its items had, as far as it is free."""
    together = [(_held(nodes), [item for n in nodes for item in n.items]) for nodes in found]
    taken = {group for group, _ in together if group is not None}
    fresh = len(groups)
    named: dict[int, int] = {}
    for group, items in sorted(together, key=lambda each: (each[0] is None, -len(each[1]))):
        name = group
        if name is None:
            had = Counter(groups.of[item] for item in items).most_common()
            name = next((each for each, _ in had if each not in taken), None)
            if name is None:
                name, fresh = fresh, fresh + 1
            taken.add(name)
        named.update(dict.fromkeys(items, name))
    return named


def _held(nodes: Sequence[_Node]) -> int | None:
    return next((node.group for node in nodes if node.group is not None), None)

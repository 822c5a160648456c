"""How well groups agree with labels: the adjusted Rand index, B-cubed F1 and the V-measure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Each is 1 for equal partitions; `ari` is 0 for chance, and may be negative."""

    ari: float
    b_cubed: float
    v: float

    def __str__(self) -> str:
        return f"ARI {self.ari:.3f}, B-cubed {self.b_cubed:.3f}, V {self.v:.3f}"


def agreement(labels: Sequence[Hashable], groups: Sequence[Hashable]) -> Agreement:
    """The figures of two partitions of the same items, of which there is at least one."""
    both = Counter(zip(labels, groups, strict=True))
    by_label, by_group = Counter(labels), Counter(groups)
    return Agreement(
        _ari(both, by_label, by_group),
        _b_cubed(both, by_label, by_group),
        _v(both, by_label, by_group),
    )


_Counts = Counter[Hashable]
_Both = Counter[tuple[Hashable, Hashable]]


def _ari(both: _Both, labels: _Counts, groups: _Counts) -> float:
    together, first, second = (
        sum(math.comb(count, 2) for count in counts.values()) for counts in (both, labels, groups)
    )
    pairs = math.comb(labels.total(), 2)
    by_chance = first * second / pairs if pairs else 0.0
    most = (first + second) / 2
    return 1.0 if most == by_chance else (together - by_chance) / (most - by_chance)


def _b_cubed(both: _Both, labels: _Counts, groups: _Counts) -> float:
    total = labels.total()
    precision = sum(n * n / groups[group] for (_, group), n in both.items()) / total
    recall = sum(n * n / labels[label] for (label, _), n in both.items()) / total
    return 2 * precision * recall / (precision + recall)


def _v(both: _Both, labels: _Counts, groups: _Counts) -> float:
    homogeneous = _explained(both, labels, groups)
    complete = _explained(
        Counter({(group, label): n for (label, group), n in both.items()}), groups, labels
    )
    total = homogeneous + complete
    return 2 * homogeneous * complete / total if total else 0.0


def _explained(both: _Both, of: _Counts, by: _Counts) -> float:
    """How much of the entropy of one partition the other one takes away."""
    total = of.total()
    entropy = -sum(n / total * math.log(n / total) for n in of.values())
    left = -sum(n / total * math.log(n / by[other]) for (_, other), n in both.items())
    return 1 - left / entropy if entropy else 1.0

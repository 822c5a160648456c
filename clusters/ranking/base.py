"""What ranking reads of a report, and what it says of a cluster.

Plain Python: no Django here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Severity = Literal["low", "medium", "high", "critical"]
Verdict = Literal["actionable", "needs_info", "not_actionable"]

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
KEPT = 512  # texts whose reading is remembered: a growing cluster's are read again and again
BODY_LIMIT = 3_000  # characters of a report that are read for this


@dataclass(frozen=True, slots=True)
class Told:
    """One report: its title, its body as it came (cut), and whether it has frames."""

    id: int
    title: str
    body: str
    metadata: Mapping[str, object] = field(default_factory=dict)
    has_trace: bool = False
    flagged: bool = False  # looks like an attack

    @property
    def text(self) -> str:
        """Title and body."""
        return f"{self.title}\n{self.body[:BODY_LIMIT]}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A word about a cluster, and the sentence that says why."""

    verdict: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One share of a cluster's impact, in points: a point more is twice as much."""

    name: str
    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Reporters:
    """Who says so: people with a name, reports without one, and others who only commented."""

    named: int = 0
    anonymous: int = 0
    commenting: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What impact is made of. `usual` is reports in a week before this one; None: there was none."""

    reporters: Reporters
    last_seen: datetime
    severity: Judged | None = None
    reactions: int = 0
    users: int = 0  # whom it happened to, as an error tracker counted them
    week: int = 0
    usual: float | None = None


def plural(count: int, one: str, many: str = "") -> str:
    """“1 report”, “2,000 reports”."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """“a, b and c”."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"

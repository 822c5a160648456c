"""How much a cluster hurts, in points that add up: one point more is twice as much.

The last report's date is a share like the others: a point for each half-life since a fixed day. So
the order of clusters stays right as time passes, although nothing is calculated again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import log2
from typing import Any

from clusters.ranking.base import Facts, Part, Reporters, plural

HALF_LIFE = timedelta(days=30)
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
_SEVERITY = {"low": -1.0, "medium": 0.0, "high": 1.5, "critical": 3.0}
_MOST_TREND = 2.0
_COMMENT = 0.5  # of a reporter: whoever comments may only want to help
_REACTION = 0.25
_COUNTED = 0.5  # whom it happened to without their saying so


def impact(facts: Facts) -> list[Part]:
    """The shares, people first; those that are nothing are left out, but for people and date."""
    parts = [*_people(facts)]
    if facts.severity is not None:
        parts.append(_part("severity", _SEVERITY[facts.severity.verdict], facts.severity.text))
    parts.append(trend(facts.week, facts.usual))
    kept = [part for part in parts if part.value or part.name in {"people", "severity"}]
    return [*kept, _recency(facts.last_seen)]


def total(parts: Iterable[Part]) -> float:
    """What they add up to."""
    return round(sum(part.value for part in parts), 2)


def as_of(reasons: Iterable[Mapping[str, Any]], now: datetime) -> list[Part]:
    """Stored shares as people read them now: what is older than today counts against it."""
    today = _age_points(now)
    parts = []
    for reason in reasons:
        value = float(reason["value"]) - (today if reason["name"] == "recency" else 0.0)
        parts.append(Part(str(reason["name"]), round(value, 2) + 0.0, str(reason["text"])))
    return parts


def _people(facts: Facts) -> list[Part]:
    """People, comments and reactions: each says how much more it makes of what came before."""
    who = facts.reporters
    # Many reports without a name may be one person's, or one machine's.
    weight = who.named + who.anonymous**0.5
    points = log2(1 + weight)
    parts = [_part("people", points, _who_text(who))]
    extra = (
        ("comments", who.commenting * _COMMENT, plural(who.commenting, "more person", "more people") + " joined in with comments."),
        ("users", max(0, facts.users - weight) * _COUNTED, f"An error tracker counted {plural(facts.users, 'user')} whom it happened to."),
        ("reactions", facts.reactions * _REACTION, plural(facts.reactions, "reaction") + " where it was reported."),
    )  # fmt: skip
    for name, more, text in extra:
        weight += more
        parts.append(_part(name, log2(1 + weight) - points, text))
        points = log2(1 + weight)
    return parts


def _who_text(who: Reporters) -> str:
    if not who.anonymous:
        return f"{plural(who.named, 'person', 'people')} reported it."
    if who.anonymous == 1 and not who.named:
        return "One person without a name reported it."
    counted = f"{plural(who.anonymous, 'report')} without a name, which {'count' if who.anonymous > 1 else 'counts'} like {plural(round(who.anonymous**0.5), 'person', 'people')}"
    if not who.named:
        return f"{counted}."
    return f"{plural(who.named, 'person', 'people')} reported it, and there {'are' if who.anonymous > 1 else 'is'} {counted}."


def trend(week: int, usual: float | None) -> Part:
    """How much more this week's reports are than usual; nothing (0) where they are not."""
    rise = log2((week + 1) / ((usual or 0.0) + 1)) / 2
    if rise <= 0 or week < 3:  # two may be chance
        return Part("trend", 0.0, "")
    before = "the first ones" if usual is None else f"usually {_rounded(usual)} a week"
    text = f"{plural(week, 'report')} in the last seven days, {before}."
    return _part("trend", min(rise, _MOST_TREND), text)


def _recency(last_seen: datetime) -> Part:
    days = HALF_LIFE.days
    day = f"{last_seen.astimezone(UTC):%d %b %Y}".lstrip("0")
    text = f"Last reported on {day}; without new reports its weight halves every {days} days."
    return _part("recency", _age_points(last_seen), text)


def _age_points(moment: datetime) -> float:
    return (moment - _BEGINNING) / HALF_LIFE


def _rounded(number: float) -> str:
    return f"{number:.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"


def _part(name: str, value: float, text: str) -> Part:
    return Part(name, round(value, 2), text)

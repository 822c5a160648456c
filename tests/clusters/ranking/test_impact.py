from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from clusters.ranking.base import Facts, Judged, Reporters
from clusters.ranking.impact import HALF_LIFE, as_of, impact, total
from clusters.ranking.people import identity, is_machine

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ONE = Facts(Reporters(named=1), NOW, Judged("medium", "Medium: an error."))


def points(facts: Facts) -> float:
    return total(impact(facts))


@pytest.mark.parametrize(
    "more",
    [
        replace(ONE, reporters=Reporters(named=2)),
        replace(ONE, reporters=Reporters(named=1, anonymous=5)),
        replace(ONE, reporters=Reporters(named=1, commenting=2)),
        replace(ONE, reactions=8),
        replace(ONE, users=40),
        replace(ONE, severity=Judged("critical", "Critical: lost data.")),
        replace(ONE, week=9, usual=1.0),
        replace(ONE, last_seen=NOW + timedelta(days=1)),
    ],
)
def test_whatever_makes_it_worse_raises_it(more: Facts) -> None:
    assert points(more) > points(ONE)


def test_reports_without_a_name_count_less_than_people() -> None:
    named = replace(ONE, reporters=Reporters(named=9))
    nameless = replace(ONE, reporters=Reporters(anonymous=9))
    assert points(named) > points(nameless) > points(ONE)


def test_commenting_counts_less_than_reporting() -> None:
    reported = replace(ONE, reporters=Reporters(named=5))
    commented = replace(ONE, reporters=Reporters(named=1, commenting=4))
    assert points(reported) > points(commented)


def test_a_half_life_without_reports_is_worth_half_of_the_people() -> None:
    many_then = Facts(Reporters(named=15), NOW - HALF_LIFE)
    half_now = Facts(Reporters(named=7), NOW)
    assert points(many_then) == pytest.approx(points(half_now), abs=0.02)


def test_the_order_of_two_clusters_never_changes_by_time_alone() -> None:
    old = [asdict(part) for part in impact(replace(ONE, reporters=Reporters(named=40)))]
    new = [asdict(part) for part in impact(replace(ONE, last_seen=NOW + timedelta(days=20)))]
    gaps = {
        round(total(as_of(old, now)) - total(as_of(new, now)), 1)
        for now in (NOW, NOW + timedelta(days=3), NOW + timedelta(days=300))
    }
    assert len(gaps) == 1


def test_the_shares_add_up_and_each_has_a_sentence() -> None:
    facts = replace(ONE, reporters=Reporters(3, 4, 2), reactions=12, users=50, week=8, usual=2.0)
    parts = impact(facts)
    assert [part.name for part in parts] == [
        "people", "comments", "users", "reactions", "severity", "trend", "recency",
    ]  # fmt: skip
    assert total(parts) == pytest.approx(sum(part.value for part in parts))
    assert all(part.text.endswith(".") for part in parts)
    assert parts[0].text == (
        "3 people reported it, and there are 4 reports without a name, which count like 2 people."
    )
    assert "usually 2 a week" in parts[5].text


def test_what_is_nothing_is_left_out() -> None:
    assert [part.name for part in impact(ONE)] == ["people", "severity", "recency"]


def test_two_reports_in_a_week_are_no_trend() -> None:
    assert points(replace(ONE, week=2)) == points(ONE)


def test_fewer_reports_than_usual_are_no_trend_either() -> None:
    assert points(replace(ONE, week=4, usual=9.0)) == points(ONE)


def test_a_last_report_of_today_takes_nothing_away() -> None:
    shown = as_of([asdict(part) for part in impact(ONE)], NOW)
    assert shown[-1].value == 0
    assert total(shown) == 1.0


@pytest.mark.parametrize("name", ["Ada  Lovelace", "@ada lovelace", "u/ADA LOVELACE"])
def test_a_name_is_the_same_persons_however_sources_write_it(name: str) -> None:
    assert identity(name) == "ada lovelace"


@pytest.mark.parametrize(
    ("name", "machine"),
    [("renovate[bot]", True), ("build-bot", True), ("ghost", True), ("Talbot", False)],
)
def test_machines_are_no_people(name: str, *, machine: bool) -> None:
    assert is_machine(name) is machine

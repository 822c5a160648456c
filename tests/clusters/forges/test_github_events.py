"""Webhook payloads are read without trust: whatever comes, nothing breaks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.forges.base import PullState
from clusters.forges.github import events
from tests.agents.hooks import pull_request

ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["open", "2026-01-01T10:00:00Z", "a" * 40, "\ud800", "\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
NAMES = ["number", "title", "state", "draft", "merged", "merged_at", "updated_at", "head", "base"]


def whole(**changes: Any) -> dict[str, Any]:
    """A payload with other values in its pull request; None takes one away."""
    payload = pull_request("opened", "10:00:00")
    payload["pull_request"].update(changes)
    return payload


@given(st.dictionaries(st.sampled_from([*NAMES, "user", "html_url", "body"]), ODD), ODD)
def test_odd_values_never_raise(changes: dict[str, Any], repository: Any) -> None:
    payload = {**whole(**changes), "repository": repository, "ref": changes.get("title")}
    for part in (payload, {"pull_request": repository, "changes": changes, "action": "renamed"}):
        event = events.pull_of(part)
        told = (events.push_of(part), events.repository_event_of(part), events.action_of(part))
        if event is not None:
            assert 0 < event.pull.number <= events.MAX_NUMBER
            assert event.at.tzinfo is not None
        # What is told fits into every database.
        f"{event}{told}".encode().index(b"(")


@pytest.mark.parametrize("name", ["number", "state", "updated_at", "head"])
def test_without_these_nothing_can_be_followed(name: str) -> None:
    assert events.pull_of(whole(**{name: None})) is None


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, PullState.OPEN),
        ({"state": "closed"}, PullState.CLOSED),
        ({"state": "closed", "merged": True}, PullState.MERGED),
        ({"state": "closed", "merged_at": "2026-01-01T10:00:00Z"}, PullState.MERGED),
        ({"state": "closed", "merged": "yes"}, PullState.CLOSED),
    ],
)
def test_merged_is_more_than_closed(changes: dict[str, Any], state: PullState) -> None:
    event = events.pull_of(whole(**changes))
    assert event is not None
    assert event.pull.state is state


@pytest.mark.parametrize(
    ("repo", "own"), [({"id": 4711}, True), ({"id": 99}, False), (None, False), ({}, False)]
)
def test_a_forks_branch_is_not_ours(repo: object, own: bool) -> None:
    event = events.pull_of(whole(head={"ref": "soulcaster/1-1", "sha": "a" * 40, "repo": repo}))
    assert event is not None
    assert event.own_branch is own


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2026-01-01T10:00:00Z", 0),
        ("2026-01-01T12:00:00+02:00", 0),
        ("2026-01-01T10:00:00", 0),
        (1767261600, 0),
        (1767261600.5, 0.5),
    ],
)
def test_times_in_all_their_forms(value: object, seconds: float) -> None:
    found = events.moment(value)
    assert found is not None
    assert (found - datetime(2026, 1, 1, 10, tzinfo=UTC)).total_seconds() == seconds


@pytest.mark.parametrize("value", [None, "", "yesterday", True, 1e300, float("nan"), [], "0000"])
def test_what_is_no_time(value: object) -> None:
    assert events.moment(value) is None


@pytest.mark.parametrize(
    ("ref", "branch"),
    [
        ("refs/heads/main", "main"),
        ("refs/heads/a/refs/heads/b", "a/refs/heads/b"),
        ("refs/tags/v1", ""),
        ("main", ""),
        (None, ""),
    ],
)
def test_the_branch_of_a_push(ref: object, branch: str) -> None:
    assert events.push_of({"ref": ref, "after": "c" * 40}).branch == branch


def test_a_deleted_branch_has_no_head() -> None:
    assert events.push_of({"ref": "refs/heads/main", "after": "0" * 40}).after == ""


def test_an_address_is_one_of_the_web() -> None:
    event = events.pull_of(whole(html_url="javascript:alert(1)"))
    assert event is not None
    assert event.pull.url == ""

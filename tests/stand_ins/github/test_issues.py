"""Issues in lists, their comments, and the events that tell of them."""

from __future__ import annotations

import pytest
import requests

from tests.stand_ins.github.server import GitHubServer
from tests.stand_ins.github.test_webhooks import Receiver, receiver

__all__ = ["receiver"]

APP = "alice/app"


@pytest.fixture
def token(github: GitHubServer) -> str:
    token = github.add_user("alice")
    github.add_repository(APP)
    return token


def numbers(github: GitHubServer, token: str, **query: object) -> list[int]:
    """Numbers of a list of issues, as it is sorted."""
    answer = requests.get(
        f"{github.api_url}/repos/{APP}/issues",
        params={name: str(value) for name, value in query.items()},
        headers={"Authorization": f"Bearer {token}"},
    )
    return [each["number"] for each in answer.json()]


def test_lists_are_sorted_filtered_and_paged(github: GitHubServer, token: str) -> None:
    for day in (3, 1, 2):
        github.open_issue(APP, labels=["bug"] if day == 2 else [], at=f"2025-01-0{day}T00:00:00Z")
    github.close_issue(APP, 2, at="2025-02-01T00:00:00Z")
    assert numbers(github, token) == [1, 3]
    assert numbers(github, token, state="all", sort="updated", direction="asc") == [3, 1, 2]
    assert numbers(github, token, state="all", labels="BUG") == [3]
    since = {"state": "all", "sort": "updated", "direction": "asc"}
    assert numbers(github, token, since="2025-01-03T00:00:00Z", **since) == [1, 2]
    assert numbers(github, token, per_page=1, page=2, **since) == [1]


def test_pull_requests_stand_among_the_issues(github: GitHubServer, token: str) -> None:
    github.open_issue(APP)
    github.commit(APP, {"x": "x"}, branch="b")
    github.open_pull(APP, "b")
    assert sorted(numbers(github, token)) == [1, 2]


def test_comments_of_the_whole_repository(github: GitHubServer, token: str) -> None:
    github.open_issue(APP)
    github.open_issue(APP)
    github.comment_issue(APP, 2, "one", at="2025-01-01T00:00:00Z")
    said = github.comment_issue(APP, 1, "two", at="2025-01-02T00:00:00Z")
    github.edit_comment(APP, 1, said.id, "three", at="2025-03-01T00:00:00Z")
    answer = requests.get(
        f"{github.api_url}/repos/{APP}/issues/comments",
        params={"since": "2025-01-02T00:00:00Z", "sort": "updated", "direction": "asc"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert [each["body"] for each in answer.json()] == ["three"]
    assert answer.json()[0]["issue_url"].endswith("/issues/1")


def test_every_deed_is_told(github: GitHubServer, token: str, receiver: Receiver) -> None:
    github.webhook(APP, receiver.url, "secret", ["issues", "issue_comment"])
    github.add_repository("alice/other")
    github.open_issue(APP, labels=["bug"])
    github.edit_issue(APP, 1, title="Other")
    github.close_issue(APP, 1)
    github.reopen_issue(APP, 1)
    said = github.comment_issue(APP, 1, "one")
    github.edit_comment(APP, 1, said.id, "two")
    github.delete_comment(APP, 1, said.id)
    github.transfer_issue(APP, 1, "alice/other")
    github.open_issue(APP)
    github.delete_issue(APP, 2)
    assert github.deliveries[0].event == "ping"
    assert receiver.told()[1:] == [
        "issues.opened",
        "issues.edited",
        "issues.closed",
        "issues.reopened",
        "issue_comment.created",
        "issue_comment.edited",
        "issue_comment.deleted",
        "issues.transferred",
        "issues.opened",
        "issues.deleted",
    ]

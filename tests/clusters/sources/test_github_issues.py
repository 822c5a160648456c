"""GitHub issues are read completely, in few calls, and followed."""

from __future__ import annotations

import time

import pytest

from clusters.forges.base import ForgeError, RateLimited
from clusters.sources.base import Refused, SourceError
from clusters.sources.github_shapes import Choice, comment_of, issue_number_of, report_of
from tests.clusters.sources.github_reading import NAME, Reader, at
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer

__all__ = ["github"]


@pytest.fixture
def reader(github: GitHubServer) -> Reader:
    token = github.add_user("ann")
    github.add_organisation("acme")
    github.add_repository(NAME)
    github.grant(NAME, "ann", "read")
    return Reader(github, token)


def fill(server: GitHubServer, count: int, *, minutes: float = 1.0, first: float = 0.0) -> None:
    for number in range(count):
        server.open_issue(
            NAME,
            f"Problem {number}",
            f"Text {number}",
            login="ann",
            at=at(first + number * minutes),
        )


def test_all_of_it_then_only_what_is_new(reader: Reader, github: GitHubServer) -> None:
    fill(github, 250)
    github.comment_issue(NAME, 7, "Here, too", login="ann", at=at(500))
    reader.fetch()
    assert reader.numbers() == set(range(1, 251))
    assert reader.said(7) == ["Here, too"]
    assert reader.of(3).title == "Problem 2"
    assert "done" not in reader.cursor
    assert reader.fetch() <= 2
    assert reader.fetch() <= 2
    assert [call.status for call in github.calls[-2:]] == [304, 304]


def test_a_report_says_what_github_says(reader: Reader, github: GitHubServer) -> None:
    github.open_issue(NAME, "Odd", None, login="ann", labels=["bug", "ui"], at=at(1))
    github.close_issue(NAME, 1, reason="not_planned", at=at(2))
    reader.fetch()
    report = reader.of(1)
    assert report.archived
    assert report.author == "ann"
    assert report.url == f"{github.url}/{NAME}/issues/1"
    assert report.revised_at is not None
    assert report.revised_at.strftime("%Y-%m-%dT%H:%M:%SZ") == at(2)
    assert report.metadata == {
        "number": "1",
        "state": "closed",
        "closed_as": "not_planned",
        "labels": "bug, ui",
        "association": "collaborator",
    }


def test_pull_requests_and_their_comments_are_no_reports(
    reader: Reader, github: GitHubServer
) -> None:
    github.open_issue(NAME, at=at(1))
    github.commit(NAME, {"x": "x"}, branch="feature")
    pull = github.open_pull(NAME, "feature", login="ann")
    github.comment_issue(NAME, pull.number, "Looks good")
    reader.fetch()
    assert reader.numbers() == {1}
    assert not any(reader.comments.values())


def test_edits_closing_and_reopening_are_followed(reader: Reader, github: GitHubServer) -> None:
    fill(github, 3)
    said = github.comment_issue(NAME, 1, "First", at=at(10))
    reader.fetch()
    github.edit_issue(NAME, 1, title="Other", body="Better", at=at(60))
    github.close_issue(NAME, 2, at=at(61))
    github.edit_comment(NAME, 1, said.id, "Second", at=at(62))
    reader.fetch()
    assert (reader.of(1).title, reader.of(1).body) == ("Other", "Better")
    assert reader.of(2).archived
    assert reader.said(1) == ["Second"]
    github.reopen_issue(NAME, 2, at=at(70))
    reader.fetch()
    assert not reader.of(2).archived


@pytest.mark.parametrize("given_up_after", range(1, 8))
def test_a_fetch_that_breaks_off_goes_on_where_it_was(
    reader: Reader, github: GitHubServer, given_up_after: int
) -> None:
    fill(github, 330)
    for number in range(1, 241):
        github.comment_issue(NAME, number, f"On {number}", at=at(1000 + number))
    reader.fetch(pages=given_up_after)
    assert reader.cursor["done"] > 0
    left = reader.fetch()
    assert reader.numbers() == set(range(1, 331))
    assert all(reader.said(number) for number in range(1, 241))
    assert left < 12


def test_more_changes_within_one_second_than_fit_a_page(
    reader: Reader, github: GitHubServer
) -> None:
    fill(github, 20)
    fill(github, 450, minutes=0, first=100)
    fill(github, 20, first=200)
    reader.fetch()
    assert reader.numbers() == set(range(1, 491))


def test_what_moves_while_it_is_read_is_not_missed(reader: Reader, github: GitHubServer) -> None:
    fill(github, 450, minutes=0, first=100)
    changed = 0
    for page in reader.source().pages(reader.config, {}):
        reader.keep(page)
        if changed < 90:  # those that were read move to the end, and the others up
            for number in range(changed + 1, changed + 31):
                github.edit_issue(NAME, number, title="Moved", at=at(300 + number))
            changed += 30
    assert reader.numbers() == set(range(1, 451))
    assert all(reader.of(number).title == "Moved" for number in range(1, 91))


def test_issues_without_the_labels_are_left_out_but_known_ones_are_followed(
    reader: Reader, github: GitHubServer
) -> None:
    reader.config |= {"labels": ["Bug"], "labels_left_out": ["wontfix"]}
    github.open_issue(NAME, "One", labels=["bug"], at=at(1))
    github.open_issue(NAME, "Two", at=at(2))
    github.open_issue(NAME, "Three", labels=["bug", "wontfix"], at=at(3))
    github.comment_issue(NAME, 2, "Unwanted", at=at(4))
    reader.fetch()
    assert reader.numbers() == {1}
    assert "labels that this source takes" in " ".join(reader.filtered)
    assert not reader.said(2)
    github.repository(NAME).issues[1].labels.clear()
    github.close_issue(NAME, 1, at=at(30))
    reader.fetch()
    assert reader.of(1).archived


def test_an_issue_that_fits_late_comes_with_what_was_said_before(
    reader: Reader, github: GitHubServer
) -> None:
    reader.config |= {"labels": ["bug"]}
    fill(github, 2)
    github.comment_issue(NAME, 1, "Long ago", at=at(5))
    github.comment_issue(NAME, 2, "Just now", at=at(900))
    reader.fetch()
    github.label(NAME, 1, "bug")
    github.edit_issue(NAME, 1, at=at(1000))
    reader.fetch()
    assert reader.said(1) == ["Long ago"]


def test_only_what_is_open_at_first_and_then_everything(
    reader: Reader, github: GitHubServer
) -> None:
    reader.config |= {"only_open": True}
    fill(github, 4)
    github.close_issue(NAME, 1, at=at(10))
    reader.fetch()
    assert reader.numbers() == {2, 3, 4}
    github.close_issue(NAME, 2)
    github.open_issue(NAME, "New and closed at once", login="ann")
    github.close_issue(NAME, 5)
    github.edit_issue(NAME, 1, title="Closed long ago, touched now")
    reader.fetch()
    assert reader.numbers() == {2, 3, 4, 5}
    assert reader.of(2).archived


def test_what_is_closed_while_the_open_ones_are_read_is_seen(
    reader: Reader, github: GitHubServer
) -> None:
    reader.config |= {"only_open": True}
    fill(github, 150)
    for number, page in enumerate(reader.source().pages(reader.config, {})):
        reader.keep(page)
        if number == 0:
            github.close_issue(NAME, 1)
    reader.fetch()
    assert reader.of(1).archived


def test_an_issue_opened_between_the_two_lists_comes_with_its_comment(
    reader: Reader, github: GitHubServer
) -> None:
    fill(github, 2)
    pages = reader.source().pages(reader.config, {})
    reader.keep(next(pages))  # all issues that are there
    github.open_issue(NAME, "In between", login="ann")
    github.comment_issue(NAME, 3, "At once")
    for page in pages:
        reader.keep(page)
    assert reader.of(3).title == "In between"
    assert reader.said(3) == ["At once"]


def test_other_labels_begin_anew_and_a_rename_does_not(
    reader: Reader, github: GitHubServer
) -> None:
    fill(github, 120)
    reader.fetch()
    github.rename(NAME, "gadgets")
    reader.config = {"repository": "acme/gadgets"}
    assert reader.fetch() <= 3
    reader.config = {"repository": "acme/gadgets", "labels": ["bug"]}
    assert reader.fetch() > 4
    assert all(name.startswith(f"{github.repository(NAME).id}#") for name in reader.reports)


def test_a_moved_repository_costs_no_more(reader: Reader, github: GitHubServer) -> None:
    fill(github, 3)
    reader.fetch()
    github.transfer(NAME, "else")
    github.add_repository(NAME)  # somebody takes the old name
    github.open_issue(NAME, "Of another repository")
    github.grant("else/widgets", "ann", "read")
    assert reader.fetch() <= 2
    assert len(reader.reports) == 3


def test_comments_are_left_out_when_they_are_not_wanted(
    reader: Reader, github: GitHubServer
) -> None:
    reader.config |= {"comments": False}
    fill(github, 2)
    github.comment_issue(NAME, 1, "Not wanted", at=at(9))
    reader.fetch()
    assert not reader.said(1)
    reader.config |= {"comments": True}
    reader.fetch()
    assert reader.said(1) == ["Not wanted"]


def test_what_robots_say_is_no_evidence() -> None:
    told = {"id": 5, "body": "Stale.", "user": {"login": "stale[bot]", "type": "Bot"}}
    assert comment_of(told) is None
    assert comment_of({**told, "user": {"login": "ann", "type": "User"}}) is not None


def test_a_limit_says_until_when(reader: Reader, github: GitHubServer) -> None:
    fill(github, 150)
    github.quota.limit = 3
    github.quota.reset = int(time.time()) + 1800
    with pytest.raises(RateLimited) as error:
        reader.fetch()
    assert error.value.until == pytest.approx(time.time() + 1800, abs=30)
    assert reader.numbers()  # the first page is kept
    github.quota.limit = 5000
    reader.fetch()
    assert reader.numbers() == set(range(1, 151))


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_hiccup_is_waited_out(reader: Reader, github: GitHubServer, status: int) -> None:
    fill(github, 3)
    github.fail_next(status, path_contains="/issues", times=2)
    reader.fetch()
    assert reader.numbers() == {1, 2, 3}
    assert reader.waits


def test_refusals_say_what_to_do(reader: Reader, github: GitHubServer) -> None:
    reader.config = {"repository": "acme/nothing"}
    with pytest.raises(ForgeError, match="shows no repository"):
        reader.fetch()
    reader.config = {"repository": "../.."}
    with pytest.raises(ForgeError, match="owner/name"):
        reader.fetch()
    github.repository(NAME).has_issues = False
    reader.config = {"repository": NAME}
    with pytest.raises(SourceError, match="Issues are turned off"):
        reader.fetch()
    github.revoke(reader.token)
    with pytest.raises(ForgeError, match="revoked or has expired"):
        reader.fetch()


def test_a_look_stores_nothing(reader: Reader, github: GitHubServer) -> None:
    fill(github, 2)
    assert reader.source().look(reader.config) == (
        "acme/widgets can be read. It has 2 open issues and pull requests."
    )


def test_strange_payloads_are_refused_or_empty_and_never_raise() -> None:
    assert isinstance(report_of({}, 1), Refused)
    assert isinstance(report_of({"number": 3, "title": None, "body": None}, 1), Refused)
    assert isinstance(report_of({"number": True, "title": "x"}, 1), Refused)
    odd = {"number": 3, "title": "A\0\ud800", "labels": [1, {"name": 2}], "user": [], "body": 4}
    assert not isinstance(report_of(odd, 1), Refused)
    assert issue_number_of({"issue_url": 3, "html_url": None}) == 0
    assert comment_of({"id": "x", "body": "y"}) is None
    assert Choice.of({"labels": "bug", "comments": 0}).labels == frozenset()

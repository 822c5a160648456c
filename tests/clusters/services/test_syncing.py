"""Sources are fetched by one worker at a time, and nothing is lost when it dies."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django.fixtures import Settings

from agents.services import github_events
from clusters import tasks
from clusters.models import FeedbackComment, FeedbackItem, Project, Source
from clusters.services import feedback
from clusters.services.sources import syncing
from clusters.sources.base import Page
from clusters.sources.github_issues import GitHubIssues
from credentials.models import Credential, Team, User
from credentials.services import credentials, shared_secrets
from tests import factories
from tests.clusters.services import syncer
from tests.clusters.sources.github_reading import at
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer
from tests.stand_ins.reddit import RedditServer

__all__ = ["github"]

NAME = "acme/widgets"
WORDS = ["save", "export", "login", "upload", "filter", "search", "sort", "print", "share", "sync"]


@pytest.fixture
def hub(github: GitHubServer, settings: Settings, alice: User) -> GitHubServer:
    """GitHub with a repository that alice may read; her token is stored here."""
    settings.GITHUB_URL, settings.GITHUB_API_URL = github.url, github.api_url
    settings.ENCRYPTION_KEYS = f"k1:{'A' * 43}="
    cache.clear()
    token = github.add_user("alice")
    github.add_organisation("acme")
    github.add_repository(NAME)
    github.grant(NAME, "alice", "read")
    credentials.put(alice, alice, "github", token)
    return github


@pytest.fixture
def source(hub: GitHubServer, team: Team, alice: User) -> Source:
    project = factories.make_project(team, forge="github", repository=NAME)
    return factories.make_source(
        project,
        kind="github",
        name="Issues",
        connected_by=alice,
        config={"repository": NAME, "comments": True},
    )


def fill(hub: GitHubServer, count: int, *, pulls: int = 0, comments: int = 0) -> None:
    """Issues with pull requests between them, and comments below the first ones."""
    for number in range(count):
        word = WORDS[number % len(WORDS)]
        hub.open_issue(NAME, f"Cannot {word} {number}", f"It fails at {word}.", at=at(number))
    for number in range(pulls):
        hub.commit(NAME, {"x": str(number)}, branch=f"b{number}")
        pull = hub.open_pull(NAME, f"b{number}")
        hub.comment_issue(NAME, pull.number, "Nice")
    for number in range(1, comments + 1):
        hub.comment_issue(NAME, number, f"Me too: {number}", at=at(count + number))


def fetch(source: Source) -> tuple[syncing.SyncResult, int]:
    """One fetch at its time, and how many calls it took."""
    Source.objects.filter(pk=source.pk).update(next_sync_at=None)
    server = _SERVERS[0]
    before = len(server.calls)
    result = syncing.sync(source.pk, "test")
    assert result is not None
    source.refresh_from_db()
    return result, len(server.calls) - before


_SERVERS: list[GitHubServer] = []


@pytest.fixture(autouse=True)
def _server(hub: GitHubServer) -> Iterator[None]:
    _SERVERS[:] = [hub]
    yield
    _SERVERS.clear()


def numbers(source: Source) -> list[int]:
    return sorted(int(item.metadata["number"]) for item in source.items.all())


def test_a_fetch_stores_reports_and_comments_and_says_when_it_goes_on(
    hub: GitHubServer, source: Source
) -> None:
    fill(hub, 120, comments=110)
    result, _ = fetch(source)
    assert (result.created, result.finished, result.error) == (120, True, "")
    assert numbers(source) == list(range(1, 121))
    assert FeedbackComment.objects.filter(item__source=source).count() == 110
    assert source.sync_owner == ""
    assert source.synced_at is not None
    assert source.next_sync_at is not None
    assert source.next_sync_at > timezone.now() + timedelta(seconds=200)
    assert source.pk not in syncing.due()


def test_the_second_fetch_costs_next_to_nothing(hub: GitHubServer, source: Source) -> None:
    fill(hub, 120, comments=3)
    fetch(source)
    result, calls = fetch(source)
    assert calls <= 2
    assert (result.created, result.updated) == (0, 0)


@pytest.mark.slow
def test_two_thousand_issues_with_a_second_fetch_and_a_change(
    hub: GitHubServer, source: Source
) -> None:
    fill(hub, 2000, pulls=12, comments=400)
    result, calls = fetch(source)
    assert result.created == 2000
    assert numbers(source) == list(range(1, 2001))
    assert FeedbackComment.objects.filter(item__source=source).count() == 400
    assert calls <= 32
    hub.edit_issue(NAME, 700, title="Something else", body="now")
    hub.comment_issue(NAME, 701, "And one more")
    hub.close_issue(NAME, 702)
    result, calls = fetch(source)
    assert calls <= 5
    changed = {int(i.metadata["number"]): i for i in source.items.filter(revised_at__year__gt=2025)}
    assert changed[700].title == "Something else"
    assert changed[702].archived_at is not None
    assert FeedbackComment.objects.filter(body="And one more").exists()
    assert FeedbackItem.objects.filter(source=source).count() == 2000


@contextmanager
def killed(source: Source, *, in_page: int = 0, from_items: int = 0) -> Iterator[None]:
    """A worker that was killed: within a page, or as soon as so many items are there."""
    process = syncer.start(source, dies_in_page=in_page)
    try:
        deadline = time.monotonic() + 120
        while process.poll() is None:
            assert time.monotonic() < deadline
            if from_items and source.items.count() >= from_items:
                process.send_signal(signal.SIGKILL)
            time.sleep(0.02)  # between two questions
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL
    yield


@pytest.mark.slow
@pytest.mark.live
@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("in_page", "from_items"), [(0, 150), (2, 0), (5, 0)])
def test_a_killed_worker_loses_nothing(
    hub: GitHubServer, source: Source, in_page: int, from_items: int
) -> None:
    fill(hub, 320, pulls=2, comments=120)
    with killed(source, in_page=in_page, from_items=from_items):
        source.refresh_from_db()
        assert source.sync_owner.startswith("syncer")
        there = source.items.count()
        assert 0 < there <= 320
        assert source.cursor["done"] >= there
    assert syncing.sync(source.pk, "next") is None  # its lease holds for a while
    before = timezone.now() - timedelta(minutes=1)
    Source.objects.filter(pk=source.pk).update(sync_expires_at=before)
    assert syncing.due() == []  # it was fetched by hand, never planned
    Source.objects.filter(pk=source.pk).update(next_sync_at=before)
    assert syncing.due() == [source.pk]
    result = syncing.sync(source.pk, "next")
    assert result is not None
    assert result.created == 320 - there
    assert numbers(source) == list(range(1, 321))
    assert FeedbackComment.objects.filter(item__source=source).count() == 120


def test_two_workers_never_fetch_one_source(source: Source, hub: GitHubServer) -> None:
    fill(hub, 3)
    real, others = feedback.take_in, []

    def meanwhile(*arguments: object) -> feedback.IngestResult:
        others.append(syncing.sync(source.pk, "other"))
        return real(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feedback, "take_in", meanwhile)
        fetch(source)
    assert others
    assert set(others) == {None}


def test_whoever_lost_the_source_writes_nothing_more(source: Source, hub: GitHubServer) -> None:
    fill(hub, 250)
    real = GitHubIssues.pages

    def pages(*arguments: Any) -> Iterator[Page]:
        for page in real(*arguments):
            yield page
            Source.objects.filter(pk=source.pk).update(sync_owner="somebody else")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GitHubIssues, "pages", pages)
        result, _ = fetch(source)
    assert not result.finished
    assert source.items.count() == 100
    assert source.sync_owner == "somebody else"
    assert source.cursor["done"] == 100


def test_a_limit_parks_the_source_until_it_is_over(source: Source, hub: GitHubServer) -> None:
    fill(hub, 150)
    hub.quota.limit, hub.quota.reset = 3, int(time.time()) + 1800
    result, _ = fetch(source)
    assert "limit for this account is used up" in source.last_error
    assert result.error == source.last_error
    assert source.next_sync_at is not None
    left = source.next_sync_at - timezone.now()
    assert timedelta(minutes=29) < left < timedelta(minutes=32)
    assert syncing.sync(source.pk, "early") is None
    hub.quota.limit = 5000
    fetch(source)
    assert numbers(source) == list(range(1, 151))
    assert source.last_error == ""


def test_a_refused_token_is_said_and_not_used_again(
    source: Source, hub: GitHubServer, alice: User
) -> None:
    for token in list(hub.state.tokens):
        hub.revoke(token)
    result, _ = fetch(source)
    assert result.error.startswith("It is read with the GitHub token of alice.")
    assert "revoked or has expired" in source.last_error
    assert Credential.objects.get(user=alice).revoked_at is not None
    result, calls = fetch(source)
    assert calls == 0
    assert "GitHub token" in result.error


def test_without_a_person_or_a_repository_it_is_said(source: Source, hub: GitHubServer) -> None:
    Source.objects.filter(pk=source.pk).update(connected_by=None)
    assert "no account here any more" in fetch(source)[0].error
    assert source.last_error_at is not None


def test_a_lost_right_is_said(source: Source, hub: GitHubServer) -> None:
    hub.grant(NAME, "alice", "none")
    assert "shows no repository acme/widgets" in fetch(source)[0].error


def test_a_defect_keeps_the_source_going(source: Source, hub: GitHubServer) -> None:
    fill(hub, 3)

    def broken(*arguments: object) -> feedback.IngestResult:
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feedback, "take_in", broken)
        with pytest.raises(ZeroDivisionError):
            fetch(source)
    source.refresh_from_db()
    assert source.sync_owner == ""
    assert "defect" in source.last_error
    assert fetch(source)[0].created == 3


def test_paused_and_archived_ones_rest(source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(next_sync_at=timezone.now(), enabled=False)
    assert syncing.due() == []
    assert syncing.sync(source.pk, "test") is None
    Source.objects.filter(pk=source.pk).update(enabled=True)
    Project.objects.filter(pk=source.project_id).update(archived_at=timezone.now())
    assert syncing.due() == []


def test_beat_sends_what_is_due(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(tasks, "send", lambda task, row, expires: sent.append((task, row)))
    tasks.sync_due()
    assert sent == []
    syncing.request(source)
    tasks.sync_due()
    assert sent == [("clusters.sync", source.pk)]


def test_the_task_fetches(source: Source, hub: GitHubServer) -> None:
    fill(hub, 2)
    tasks.sync(source.pk, later="unknown")
    assert numbers(source) == [1, 2]


def test_reddit_is_fetched_with_the_source_s_secret(
    team: Team, alice: User, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = f"k1:{'A' * 43}="
    server = RedditServer(apps={"app": "secret"}, only_apps=True).start()
    try:
        settings.REDDIT_URL = server.url
        post = server.post("Export is broken", created=1_750_000_000.0)
        server.say(post, "Same here", created=1_750_000_100.0)
        source = factories.make_source(
            factories.make_project(team),
            kind="reddit",
            config={"subreddit": "widgets", "comments": True},
            secret=shared_secrets.create(team, "reddit", "app:secret", alice),
        )
        result = syncing.sync(source.pk, "test")
        assert result is not None
        assert (result.created, result.finished, result.error) == (1, True, "")
        assert [each.body for each in source.items.get().comments.all()] == ["Same here"]
    finally:
        server.stop()


def state(source: Source) -> list[tuple[object, ...]]:
    """Everything of the reports that people see."""
    return [
        (
            item.external_id,
            item.title,
            item.body,
            item.archived_at is not None,
            item.metadata,
            sorted(item.comments.values_list("external_id", "body")),
        )
        for item in source.items.order_by("external_id")
    ]


def hear(hub: GitHubServer) -> None:
    """What GitHub has told so far, processed."""
    for delivery in hub.deliveries:
        github_events.handle(delivery.event, delivery.payload)


def test_what_is_told_and_what_is_fetched_agree(hub: GitHubServer, source: Source) -> None:
    fetch(source)
    hub.webhook(NAME, f"{hub.url}/nowhere", "secret", ["issues", "issue_comment"])
    fill(hub, 4)
    said = hub.comment_issue(NAME, 1, "First", at=at(10))
    hub.edit_comment(NAME, 1, said.id, "Second", at=at(11))
    gone = hub.comment_issue(NAME, 1, "Sorry, wrong place", at=at(12))
    hub.delete_comment(NAME, 1, gone.id)
    hub.edit_issue(NAME, 2, title="Better title", body="Better words", at=at(13))
    hub.close_issue(NAME, 3, at=at(14))
    hub.close_issue(NAME, 4, at=at(15))
    hub.reopen_issue(NAME, 4, at=at(16))
    hear(hub)
    told = state(source)
    FeedbackItem.objects.filter(source=source).delete()
    fetch(source)
    fetched = state(source)
    assert [row[:4] for row in told] == [row[:4] for row in fetched]
    assert [row[5] for row in told] == [row[5] for row in fetched]
    fetch(source)
    assert state(source) == fetched


def test_news_in_any_order_end_in_the_newest_state(hub: GitHubServer, source: Source) -> None:
    fetch(source)
    hub.webhook(NAME, f"{hub.url}/nowhere", "secret", ["issues"])
    hub.open_issue(NAME, "One", "a", at=at(1))
    hub.edit_issue(NAME, 1, title="Two", at=at(2))
    hub.close_issue(NAME, 1, at=at(3))
    for delivery in reversed(hub.deliveries):
        github_events.handle(delivery.event, delivery.payload)
    item = source.items.get()
    assert item.title == "Two"
    assert item.archived_at is not None


def test_two_changes_within_one_second_end_in_the_last_one(
    hub: GitHubServer, source: Source
) -> None:
    fetch(source)
    hub.webhook(NAME, f"{hub.url}/nowhere", "secret", ["issues"])
    hub.open_issue(NAME, "One", "a", at=at(1))
    hub.edit_issue(NAME, 1, title="Two", at=at(1))
    hear(hub)
    fetch(source)
    assert source.items.get().title == "Two"


def test_deleted_and_moved_issues_stay_as_closed_evidence(
    hub: GitHubServer, source: Source
) -> None:
    hub.add_repository("acme/other")
    fill(hub, 3)
    fetch(source)
    hub.webhook(NAME, f"{hub.url}/nowhere", "secret", ["issues"])
    hub.delete_issue(NAME, 1)
    hub.transfer_issue(NAME, 2, "acme/other")
    hear(hub)
    assert [item.metadata["number"] for item in source.items.filter(archived_at=None)] == ["3"]
    assert source.items.count() == 3


def test_only_sources_of_that_repository_hear(hub: GitHubServer, source: Source) -> None:
    fetch(source)
    other = factories.make_source(
        source.project, kind="github", name="Other", config={"repository": "acme/other"}
    )
    paused = factories.make_source(
        source.project, kind="github", name="Paused", enabled=False, config={"repository": NAME}
    )
    hub.webhook(NAME, f"{hub.url}/nowhere", "secret", ["issues"])
    fill(hub, 1)
    hear(hub)
    assert [one.items.count() for one in (source, other, paused)] == [1, 0, 0]


def test_nobody_hears_of_a_repository_by_writing_down_its_name(
    hub: GitHubServer, source: Source, mallory: User
) -> None:
    fetch(source)
    elsewhere = factories.make_project(mallory.memberships.get().team)
    theirs = factories.make_source(
        elsewhere, kind="github", connected_by=mallory, config={"repository": NAME}
    )
    hub.webhook(NAME, f"{hub.url}/nowhere", "secret", ["issues"])
    fill(hub, 1)
    hear(hub)
    assert [one.items.count() for one in (source, theirs)] == [1, 0]


def test_who_may_read_a_repository_no_more_hears_of_it_no_more(
    hub: GitHubServer, source: Source
) -> None:
    fetch(source)
    hub.webhook(NAME, f"{hub.url}/nowhere", "secret", ["issues"])
    Source.objects.filter(pk=source.pk).update(
        last_error="The repository is not there.", synced_at=timezone.now() - timedelta(days=2)
    )
    fill(hub, 1)
    hear(hub)
    assert source.items.count() == 0


def test_pull_requests_and_unwanted_labels_are_not_heard(hub: GitHubServer, source: Source) -> None:
    fetch(source)
    source.config |= {"labels": ["bug"]}
    source.save()
    hub.webhook(NAME, f"{hub.url}/nowhere", "secret", ["issues", "issue_comment"])
    fill(hub, 1, pulls=1)
    hub.comment_issue(NAME, 1, "Still there")
    hear(hub)
    assert source.items.count() == 0

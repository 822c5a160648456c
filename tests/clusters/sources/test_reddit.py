"""A subreddit's posts are read once, followed for a while, and forgotten when they are deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from clusters.sources.base import Filtered, IncomingReport, SourceError
from clusters.sources.reddit import Reddit
from clusters.sources.reddit_client import RedditClient
from tests.stand_ins.reddit import RedditServer

DAY = 86_400.0
START = 1_750_000_000.0


@dataclass
class Reader:
    """Fetches again and again, and remembers."""

    server: RedditServer
    secret: str = ""
    config: dict[str, Any] = field(default_factory=lambda: {"subreddit": "widgets"})
    cursor: Mapping[str, Any] = field(default_factory=dict)
    reports: dict[str, IncomingReport] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    filtered: list[str] = field(default_factory=list)
    now: float = START

    def source(self) -> Reddit:
        """A new process's view, whose waits only count."""
        client = RedditClient(
            self.server.url, self.secret, wait=lambda seconds: None, now=lambda: self.now
        )
        return Reddit(client, self.known)

    def known(self, ids: Collection[str]) -> set[str]:
        """Those that were kept."""
        return set(ids) & set(self.reports)

    def fetch(self, pages: int = 1000) -> int:
        """One fetch, given up after so many pages; how many calls it took."""
        before = len(self.server.calls)
        for number, page in enumerate(self.source().pages(self.config, self.cursor), start=1):
            for report in page.reports:
                self._keep(report)
            self.cursor = page.cursor
            if number == pages:
                break
        return len(self.server.calls) - before

    def _keep(self, report: object) -> None:
        if isinstance(report, Filtered):
            self.filtered.append(report.reason)
            return
        assert isinstance(report, IncomingReport)
        if report.title:
            self.reports[report.external_id] = report
        else:
            assert report.external_id in self.reports
        self.comments |= {each.external_id: each.body for each in report.comments or ()}

    def titles(self) -> list[str]:
        """Of all that was kept."""
        return sorted(report.title for report in self.reports.values())


@pytest.fixture
def reddit() -> Iterator[RedditServer]:
    server = RedditServer().start()
    yield server
    server.stop()


@pytest.fixture
def reader(reddit: RedditServer) -> Reader:
    return Reader(reddit)


def test_all_that_reddit_lists_then_what_is_new(reader: Reader, reddit: RedditServer) -> None:
    for number in range(250):
        reddit.post(f"Post {number:03}", "It fails.", created=START + number * DAY)
    reader.fetch()
    assert len(reader.reports) == 250
    reddit.post("News", created=START + 300 * DAY)
    assert reader.fetch() <= 2
    assert "News" in reader.titles()
    assert "done" not in reader.cursor


def test_a_report_says_what_reddit_says(reader: Reader, reddit: RedditServer) -> None:
    reddit.post("Broken", "Since yesterday.", created=START, score=7, edited=START + 60)
    reddit.post("Look", created=START + 1, link="https://example.org/x")
    reader.fetch()
    report, linked = reader.reports["t3_1"], reader.reports["t3_2"]
    assert (report.title, report.body, report.author) == ("Broken", "Since yesterday.", "ann")
    assert report.url.startswith("https://www.reddit.com/r/widgets/comments/1")
    assert report.occurred_at is not None
    assert report.revised_at is not None
    assert (report.revised_at - report.occurred_at).total_seconds() == 60
    assert report.metadata == {
        "subreddit": "widgets",
        "score": "7",
        "comments": "0",
        "edited": "yes",
    }
    assert linked.body == "https://example.org/x"


def test_a_fetch_that_breaks_off_goes_on_where_it_was(reader: Reader, reddit: RedditServer) -> None:
    for number in range(350):
        reddit.post(f"Post {number}", created=START + number * DAY)
    reader.fetch(pages=2)
    assert len(reader.reports) == 200
    reddit.post("Meanwhile", created=START + 500 * DAY)
    reader.fetch()
    assert len(reader.reports) == 350
    reader.fetch()
    assert len(reader.reports) == 351


def test_edits_of_the_last_days_are_seen(reader: Reader, reddit: RedditServer) -> None:
    post = reddit.post("Old words", "a", created=START)
    reader.fetch()
    post.text, post.edited = "b", START + 100
    reader.fetch()
    assert reader.reports[post.name].body == "b"


def test_what_is_deleted_or_removed_loses_its_text(reader: Reader, reddit: RedditServer) -> None:
    post = reddit.post("My company", "Its name and more", created=START)
    reddit.post("Another", created=START + 1)
    reader.fetch()
    post.gone = "deleted"
    reader.fetch()
    report = reader.reports[post.name]
    assert report.archived
    assert "Its name" not in report.body
    calls = reader.fetch()
    assert calls == 1  # it is not looked at again


def test_what_was_removed_before_it_was_read_is_left_out(
    reader: Reader, reddit: RedditServer
) -> None:
    reddit.post("Gone", "[removed]", created=START)
    reader.fetch()
    assert reader.reports == {}
    assert "removed from Reddit" in reader.filtered[0]


@pytest.mark.parametrize("wanted", [False, True])
def test_not_safe_for_work_only_when_wanted(
    reader: Reader, reddit: RedditServer, wanted: bool
) -> None:
    reader.config |= {"nsfw": wanted}
    reddit.post("Odd", created=START, nsfw=True)
    reader.fetch()
    assert bool(reader.reports) is wanted


def test_a_search_narrows_it(reader: Reader, reddit: RedditServer) -> None:
    reddit.post("Export is broken", created=START)
    reddit.post("I love it", created=START + 1)
    reader.config |= {"query": "broken"}
    reader.fetch()
    assert reader.titles() == ["Export is broken"]


def test_comments_of_kept_posts_when_wanted(reader: Reader, reddit: RedditServer) -> None:
    post = reddit.post("Broken", created=START)
    reddit.say(post, "Same here", created=START + 5)
    reader.fetch()
    assert reader.comments == {}
    reader.config |= {"comments": True}
    reader.fetch()
    assert list(reader.comments.values()) == ["Same here"]


def test_limits_are_kept_and_said(reader: Reader, reddit: RedditServer) -> None:
    for number in range(300):
        reddit.post(f"Post {number}", created=START + number * DAY)
    reddit.quota.left = 2
    with pytest.raises(SourceError, match="limit is used up") as error:
        reader.fetch()
    assert error.value.retry_after == pytest.approx(300)
    assert len(reddit.calls) == 2  # nobody asks on
    reddit.quota.left = 50
    reader.fetch()
    assert len(reader.reports) == 300


def test_hiccups_are_waited_out_and_then_said(reader: Reader, reddit: RedditServer) -> None:
    reddit.post("Broken", created=START)
    reddit.failing = [503, 500]
    reader.fetch()
    assert len(reader.reports) == 1
    reddit.failing = [503] * 3
    with pytest.raises(SourceError, match="does not answer"):
        reader.fetch()


def test_an_application_opens_what_is_closed_to_others(
    reader: Reader, reddit: RedditServer
) -> None:
    reddit.post("Broken", created=START)
    reddit.only_apps, reddit.apps = True, {"app": "secret"}
    with pytest.raises(SourceError, match="without an application"):
        reader.fetch()
    reader.secret = "app:wrong"
    with pytest.raises(SourceError, match="id and secret"):
        reader.fetch()
    reader.secret = "app:secret"
    reader.fetch()
    assert reader.titles() == ["Broken"]


def test_a_subreddit_that_cannot_be_read_is_said(reader: Reader, reddit: RedditServer) -> None:
    reddit.private.add("secrets")
    for name, said in (
        ("secrets", "is private"),
        ("nothing", "is not there"),
        ("../x", "names no"),
    ):
        reader.config = {"subreddit": name}
        with pytest.raises(SourceError, match=said):
            reader.fetch()


def test_a_look_stores_nothing(reader: Reader, reddit: RedditServer) -> None:
    reddit.post("Broken", created=START)
    assert reader.source().look(reader.config).startswith("r/widgets can be read.")


def test_strange_cursors_and_posts_do_no_harm(reader: Reader, reddit: RedditServer) -> None:
    reddit.post("A\0\ud800", created=START, author="[deleted]")
    reader.cursor = {"posts": 3, "watched": ["../x", "t3_9"], "done": "many"}
    reader.fetch()
    assert reader.titles() == ["A?"]

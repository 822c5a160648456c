"""Connecting, changing, pausing and removing sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from clusters import wiring
from clusters.models import Cluster, FeedbackItem, Intake, Project, Source
from clusters.services import intake, sources
from clusters.services.sources import health as source_health
from clusters.services.sources import removal as source_removal
from credentials.errors import Conflict, Forbidden, Invalid, NotFound
from credentials.models import AuditEvent, SharedSecret, User
from tests import factories


@pytest.fixture(autouse=True)
def request_sync() -> Iterator[mock.Mock]:
    """No worker fetches in these tests; what is asked of it is noted."""
    with mock.patch("clusters.services.sources.syncing.request") as asked:
        yield asked


def connect(user: User, project: Project, kind: str = "webhook", **fields: Any) -> Source:
    fields.setdefault("name", "Help desk")
    fields.setdefault("config", {})
    return sources.create(user, project, kind=kind, **fields)


def verbs() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("verb", flat=True))


def test_a_source_that_is_told_has_an_address_of_its_own(bob: User, project: Project) -> None:
    one, other = (connect(bob, project, name=name) for name in ("a", "b"))
    assert one.public_key
    assert len(one.public_key) == 32
    assert one.public_key != other.public_key
    assert verbs()[-2:] == ["source.connected"] * 2


def test_a_given_secret_is_sealed_and_belongs_to_the_source(bob: User, project: Project) -> None:
    source = connect(bob, project, secret="a secret of the help desk")
    assert source.secret is not None
    assert "help desk" not in source.secret.ciphertext
    assert wiring.source_secret(source) == "a secret of the help desk"
    assert "secret of the help desk" not in str(list(AuditEvent.objects.values()))


def test_where_the_other_side_makes_the_secret_it_may_come_later(
    bob: User, project: Project
) -> None:
    source = connect(bob, project, "sentry")
    assert source.secret is None
    assert source_health.of(source).state == "unfinished"
    sources.replace_secret(bob, source, "the client secret")
    assert wiring.source_secret(source) == "the client secret"


def test_a_secret_is_replaced_in_place(bob: User, project: Project) -> None:
    source = connect(bob, project)
    first = wiring.source_secret(source)
    text = sources.replace_secret(bob, source)
    assert wiring.source_secret(Source.objects.get(pk=source.pk)) == text != first
    assert SharedSecret.objects.count() == 1
    assert verbs()[-1] == "source.secret_replaced"


def test_a_secret_that_is_none_is_refused(bob: User, project: Project) -> None:
    with pytest.raises(Invalid, match="Paste the client secret"):
        sources.replace_secret(bob, connect(bob, project, "sentry"), "short")
    with pytest.raises(Invalid, match="need no secret"):
        sources.replace_secret(bob, connect(bob, project, "form"), "long enough")


def test_what_is_asked_is_asked_at_once(
    bob: User, project: Project, request_sync: mock.Mock
) -> None:
    source = connect(bob, project, "reddit", config={"subreddit": "r/selfhosted"})
    assert source.config["subreddit"] == "selfhosted"
    assert source.public_key is None
    request_sync.assert_called_once_with(source)


def test_other_settings_are_read_from_the_beginning(
    bob: User, project: Project, request_sync: mock.Mock
) -> None:
    source = connect(bob, project, "reddit", config={"subreddit": "selfhosted"})
    source.cursor, source.sync_owner = {"top": 5}, "worker"
    source.save()
    sources.update(bob, source, config={"subreddit": "selfhosted", "query": "till"})
    source.refresh_from_db()
    assert (source.cursor, source.sync_owner) == ({}, "")
    assert request_sync.call_count == 2


def test_another_name_changes_nothing_else(
    bob: User, project: Project, request_sync: mock.Mock
) -> None:
    source = connect(bob, project, "reddit", config={"subreddit": "selfhosted"})
    source.cursor = {"top": 5}
    source.save()
    sources.update(bob, source, name="Till on Reddit", config=source.config)
    source.refresh_from_db()
    assert (source.name, source.cursor) == ("Till on Reddit", {"top": 5})
    assert request_sync.call_count == 1
    assert AuditEvent.objects.latest("id").data["fields"] == ["name"]


def test_what_is_paused_takes_nothing_in_from_that_moment_on(
    bob: User, project: Project, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    source = connect(bob, project)
    intake.source_by_key(source.kind, str(source.public_key))  # remembered
    with django_capture_on_commit_callbacks(execute=True):
        sources.update(bob, source, enabled=False)
    with pytest.raises(Forbidden):
        intake.source_by_key(source.kind, str(source.public_key))


def test_pausing_and_going_on_are_written_down(bob: User, project: Project) -> None:
    source = connect(bob, project)
    sources.update(bob, source, enabled=False)
    assert source_health.of(source).state == "paused"
    sources.update(bob, source, enabled=True)
    assert verbs()[-2:] == ["source.paused", "source.resumed"]


def test_nothing_changed_is_not_written_down(bob: User, project: Project) -> None:
    source = connect(bob, project)
    before = len(verbs())
    sources.update(bob, source, enabled=True, name=source.name)
    assert len(verbs()) == before


def test_a_name_is_taken_once_for_each_kind(bob: User, project: Project) -> None:
    connect(bob, project)
    connect(bob, project, "form")
    with pytest.raises(Conflict, match="choose another name"):
        connect(bob, project)
    other = connect(bob, project, name="Surveys")
    with pytest.raises(Conflict):
        sources.update(bob, other, name="Help desk")
    assert not SharedSecret.objects.exclude(purpose__in=["source: Help desk", "source: Surveys"])


@pytest.mark.parametrize(
    ("kind", "config", "field"),
    [
        ("reddit", {}, "subreddit"),
        ("reddit", {"subreddit": "no such/name"}, "subreddit"),
        ("github", {}, "repository"),
        ("github", {"repository": "not a repository"}, "repository"),
        ("github", {"repository": "a/b", "comments": "yes"}, "comments"),
        ("sentry", {"levels": ["loud"]}, "levels"),
        ("sentry", {"environments": [1]}, "environments"),
        ("sdk", {"environments": ["x" * 101]}, "environments"),
        ("slack", {"channels": ["general"]}, "channels"),
        ("form", {"origins": ["https://example.org/path"]}, "origins"),
        ("form", {"origins": ["example.org"]}, "origins"),
        ("form", {"origins": ["https://example.org; script-src *"]}, "origins"),
        ("form", {"title": "x" * 101}, "title"),
        ("webhook", {"mapping": {"title": "a..b"}}, "mapping"),
        ("webhook", {"mapping": {"title": 5}}, "mapping"),
        ("webhook", {"scheme": "none"}, "scheme"),
        ("webhook", {"surprise": 1}, "config"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    bob: User, project: Project, kind: str, config: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        connect(bob, project, kind, config=config)
    assert field in caught.value.fields


def test_settings_are_stored_as_they_are_meant(bob: User, project: Project) -> None:
    config = {"origins": "https://Example.org, https://example.org/", "title": " Tell us "}
    assert connect(bob, project, "form", config=config).config == {
        "origins": ["https://example.org"],
        "title": "Tell us",
    }


@pytest.mark.parametrize("kind", ["file", "manual", "api", "email", "nothing of ours"])
def test_kinds_that_nobody_connects_are_refused(bob: User, project: Project, kind: str) -> None:
    with pytest.raises(Invalid) as caught:
        connect(bob, project, kind)
    assert caught.value.code == "source_kind_unknown"


def test_removing_keeps_the_reports_and_nothing_that_lets_others_in(
    bob: User, project: Project
) -> None:
    source = connect(bob, project, config={"mapping": {"title": "subject"}})
    cluster = factories.make_cluster(project)
    item = factories.make_item(source, cluster=cluster)
    Intake.objects.create(source=source, body=b"{}")
    sources.remove(bob, source)
    item.refresh_from_db()
    assert item.cluster == cluster
    left = Source.objects.get(pk=source.pk)
    assert (left.enabled, left.public_key, left.secret_id) == (False, None, None)
    assert left.config.keys() == {"removed_at"}
    assert not SharedSecret.objects.exists()
    assert not Intake.objects.exists()
    assert not sources.of_project(project).exists()
    assert verbs()[-1] == "source.removed"
    connect(bob, project)  # the name is free again


def test_removing_with_the_reports_counts_the_clusters_again(
    bob: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_removal, "DELETED_AT_ONCE", 2)
    source, other = connect(bob, project), factories.make_source(project)
    shared, alone = (factories.make_cluster(project, item_count=5) for _ in range(2))
    for cluster in (shared, alone, shared, alone, None):
        factories.make_item(source, cluster=cluster)
    kept = factories.make_item(other, cluster=shared)
    sources.remove(bob, source, keep_items=False)
    assert not sources.of_project(project).filter(pk=source.pk).exists()
    assert source_removal.forgotten() == [source.pk]
    source_removal.finish(source.pk)
    assert list(FeedbackItem.objects.all()) == [kept]
    for cluster in (shared, alone):
        cluster.refresh_from_db()
    assert (shared.item_count, shared.status) == (1, Cluster.Status.NEW)
    assert (alone.item_count, alone.status) == (0, Cluster.Status.DISMISSED)
    assert "deleted together with the source" in alone.dismissed_reason
    assert not Source.objects.filter(pk=source.pk).exists()
    source_removal.finish(source.pk)  # a second message finds nothing to do


def test_only_what_was_to_be_deleted_is_finished(bob: User, project: Project) -> None:
    source = connect(bob, project)
    factories.make_item(source)
    source_removal.finish(source.pk)
    sources.remove(bob, source)
    source_removal.finish(source.pk)
    assert FeedbackItem.objects.count() == 1


def test_a_source_without_reports_leaves_no_row(bob: User, project: Project) -> None:
    sources.remove(bob, connect(bob, project))
    assert not Source.objects.exists()


def test_only_writers_change_anything(bob: User, carol: User, project: Project) -> None:
    source = connect(bob, project, "reddit", config={"subreddit": "selfhosted"})
    for change in (
        lambda: connect(carol, project, name="another"),
        lambda: sources.update(carol, source, enabled=False),
        lambda: sources.replace_secret(carol, source, "long enough"),
        lambda: sources.sync_now(carol, source),
        lambda: sources.test(carol, source),
        lambda: sources.remove(carol, source),
    ):
        with pytest.raises(Forbidden):
            change()
    assert verbs()[-1] == "source.connected"


def test_only_what_is_asked_and_not_paused_is_fetched(
    bob: User, project: Project, request_sync: mock.Mock
) -> None:
    source = connect(bob, project, "reddit", config={"subreddit": "selfhosted"})
    sources.sync_now(bob, source)
    assert request_sync.call_count == 2
    sources.update(bob, source, enabled=False)
    with pytest.raises(Conflict, match="paused"):
        sources.sync_now(bob, source)
    with pytest.raises(Invalid):
        sources.sync_now(bob, connect(bob, project))


def test_whoever_names_another_repository_reads_it_with_their_own_token(
    alice: User, bob: User, project: Project
) -> None:
    source = connect(alice, project, "github", config={"repository": "acme/widgets"})
    sources.update(bob, source, config={"repository": "acme/widgets", "labels": ["bug"]})
    assert source.connected_by == alice
    sources.update(bob, source, config={"repository": "alice/diary"})
    source.refresh_from_db()
    assert source.connected_by == bob


def test_who_fetches_while_a_source_is_paused_has_lost_it(bob: User, project: Project) -> None:
    source = connect(bob, project, "reddit", config={"subreddit": "selfhosted"})
    Source.objects.filter(pk=source.pk).update(sync_owner="w", sync_expires_at=source.next_sync_at)
    sources.update(bob, source, enabled=False)
    source.refresh_from_db()
    assert (source.sync_owner, source.sync_expires_at) == ("", None)
    assert verbs()[-1] == "source.paused"


@pytest.mark.parametrize("keep_items", [True, False])
def test_what_was_removed_meanwhile_is_not_changed_back(
    bob: User, project: Project, keep_items: bool
) -> None:
    source = connect(bob, project)
    factories.make_item(source)
    before = Source.objects.get(pk=source.pk)
    sources.remove(bob, source, keep_items=keep_items)
    for change in (
        lambda: sources.update(bob, before, config={"scheme": "github"}),
        lambda: sources.replace_secret(bob, before),
        lambda: sources.remove(bob, before),
    ):
        with pytest.raises(NotFound):
            change()
    row = Source.objects.get(pk=source.pk)
    assert row.secret is None
    assert "removed_at" in row.config
    assert not SharedSecret.objects.exists()


@pytest.mark.parametrize(
    "origin",
    ["https://a.example:1; script-src *", "https://a.example:x", "https://me@a.example"],
)
def test_the_name_of_a_site_adds_nothing_to_a_header(
    bob: User, project: Project, origin: str
) -> None:
    with pytest.raises(Invalid, match="no site"):
        connect(bob, project, "form", config={"origins": [origin]})


def test_settings_hold_nothing_that_a_database_cannot_keep(bob: User, project: Project) -> None:
    source = connect(
        bob,
        project,
        config={"mapping": {"title": "a\0b"}, "extra": {"x\ud800": "c"}},
    )
    assert source.config["mapping"] == {"title": "ab"}
    assert source.config["extra"] == {"x": "c"}

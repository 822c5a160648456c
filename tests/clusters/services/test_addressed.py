from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from clusters.forges import git
from clusters.models import Cluster, Project, Source
from clusters.services.clusters import refresh
from clusters.services.ranking import addressed
from tests import factories

NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=40)


@pytest.fixture
def cluster(project: Project) -> Cluster:
    return factories.make_cluster(project)


def said(cluster: Cluster) -> dict[str, Any]:
    refresh(cluster)
    cluster.refresh_from_db()
    return dict(cluster.addressed)


def merged(cluster: Cluster, at: datetime) -> None:
    addressed.note(cluster.pk, kind="merged", text="Pull request #4 was merged.", url="/4", at=at)
    cluster.refresh_from_db()


def issue(source: Source, cluster: Cluster, number: int, **fields: Any) -> None:
    fields.setdefault("occurred_at", LONG_AGO)
    factories.make_item(source, cluster=cluster, external_id=f"77#{number}", **fields)


def test_a_merge_settles_it(cluster: Cluster) -> None:
    factories.make_item(
        factories.make_source(cluster.project), cluster=cluster, occurred_at=LONG_AGO
    )
    merged(cluster, NOW)
    found = said(cluster)
    assert (found["kind"], found["text"], found["url"]) == (
        "merged", "Pull request #4 was merged.", "/4",
    )  # fmt: skip


def test_a_newer_report_says_that_it_came_back(cluster: Cluster) -> None:
    source = factories.make_source(cluster.project)
    factories.make_item(source, cluster=cluster, occurred_at=LONG_AGO)
    merged(cluster, NOW - timedelta(days=3))
    factories.make_item(source, cluster=cluster, occurred_at=NOW)
    found = said(cluster)
    assert found["kind"] == addressed.CAME_BACK
    assert found["text"] == "Reported again since. Before that: Pull request #4 was merged."
    assert said(cluster) == found  # and says so once


def test_a_later_merge_settles_what_came_back(cluster: Cluster) -> None:
    factories.make_item(factories.make_source(cluster.project), cluster=cluster, occurred_at=NOW)
    refresh(cluster)
    merged(cluster, NOW - timedelta(days=3))
    assert cluster.addressed["kind"] == addressed.CAME_BACK
    merged(cluster, NOW - timedelta(days=5))
    assert cluster.addressed["kind"] == addressed.CAME_BACK
    merged(cluster, NOW + timedelta(hours=1))
    assert cluster.addressed["kind"] == "merged"


def test_older_news_never_replaces_newer(cluster: Cluster) -> None:
    merged(cluster, NOW)
    addressed.note(cluster.pk, kind="commit", text="A commit.", at=NOW - timedelta(days=9))
    cluster.refresh_from_db()
    assert cluster.addressed["kind"] == "merged"


@pytest.mark.django_db
def test_a_cluster_that_is_gone_is_no_error() -> None:
    addressed.note(10**9, kind="merged", text="Merged.")


def test_an_issue_that_was_closed_as_completed_settles_it(cluster: Cluster) -> None:
    source = factories.make_source(cluster.project, kind=Source.Kind.GITHUB, name="Issues")
    issue(source, cluster, 1, archived_at=NOW, metadata={"closed_as": "completed"})
    found = said(cluster)
    assert found["kind"] == "closed"
    assert "closed as completed" in found["text"]


@pytest.mark.parametrize("reason", ["not_planned", "duplicate"])
def test_an_issue_that_was_closed_otherwise_does_not(cluster: Cluster, reason: str) -> None:
    source = factories.make_source(cluster.project, kind=Source.Kind.GITHUB, name="Issues")
    issue(source, cluster, 1, archived_at=NOW, metadata={"closed_as": reason})
    assert said(cluster) == {}


def test_while_one_issue_is_open_it_is_not_settled(cluster: Cluster) -> None:
    source = factories.make_source(cluster.project, kind=Source.Kind.GITHUB, name="Issues")
    issue(source, cluster, 1, archived_at=NOW, metadata={"closed_as": "completed"})
    issue(source, cluster, 2)
    assert said(cluster) == {}


def test_what_settled_the_same_error_elsewhere_is_said(cluster: Cluster, project: Project) -> None:
    source = factories.make_source(project)
    other = factories.make_cluster(project, status=Cluster.Status.RESOLVED)
    factories.make_item(source, cluster=other, fingerprint="trace:1", occurred_at=LONG_AGO)
    merged(other, NOW - timedelta(days=3))
    factories.make_item(source, cluster=cluster, fingerprint="trace:1", occurred_at=NOW)
    assert said(cluster)["kind"] == addressed.CAME_BACK


def test_what_settled_a_cluster_that_went_into_it_is_said(
    cluster: Cluster, project: Project
) -> None:
    factories.make_item(factories.make_source(project), cluster=cluster, occurred_at=LONG_AGO)
    merged(factories.make_cluster(project, merged_into=cluster), NOW)
    assert said(cluster)["kind"] == "merged"


def releases(project: Project, release: str, count: int, cluster: Cluster | None = None) -> None:
    source, _ = Source.objects.get_or_create(project=project, kind=Source.Kind.SDK, name="SDK")
    for _ in range(count):
        at = LONG_AGO if cluster else NOW
        metadata = {"release": release}
        factories.make_item(source, cluster=cluster, metadata=metadata, occurred_at=at)


def test_a_newer_release_in_use_is_said(cluster: Cluster, project: Project) -> None:
    releases(project, "till@2.9.0", 2, cluster)
    releases(project, "till@2.10.0", 3)
    found = said(cluster)
    assert found["kind"] == "release"
    assert "2.9.0 or older, and 2.10.0 is in use" in found["text"]


def test_a_report_of_the_newest_release_takes_that_back(cluster: Cluster, project: Project) -> None:
    releases(project, "till@2.9.0", 2, cluster)
    releases(project, "till@2.10.0", 3)
    assert said(cluster)
    releases(project, "till@2.10.0", 1, cluster)
    assert said(cluster) == {}


def test_a_single_report_of_a_release_does_not_mean_that_people_use_it(
    cluster: Cluster, project: Project
) -> None:
    releases(project, "till@2.9.0", 2, cluster)
    releases(project, "till@9.9.9", 1)
    assert said(cluster) == {}


@pytest.fixture
def mirror(project: Project, settings: Any, tmp_path: Path) -> Path:
    """The mirror of the project's repository, with a commit that says it closes #12."""
    settings.HOME = tmp_path
    Project.objects.filter(pk=project.pk).update(forge="github", repository="ada/till")
    folder = tmp_path / "mirrors" / f"{project.pk}.git"
    folder.mkdir(parents=True)
    git.run(["init", "-q", "--bare", "--template=", "--", folder])
    tree = git.run(["hash-object", "-w", "-t", "tree", "--stdin"], repository=folder)
    who = {
        f"GIT_{role}_{part}": text
        for role in ("AUTHOR", "COMMITTER")
        for part, text in (("NAME", "Ada"), ("EMAIL", "ada@x.test"))
    }
    message = b"Round once\n\nFixes #12, and mentions #13."
    sha = git.run(
        ["commit-tree", tree.decode().strip()], repository=folder, stdin=message, environment=who
    )
    head = git.run(["symbolic-ref", "HEAD"], repository=folder).decode().strip()
    git.run(["update-ref", head, sha.decode().strip()], repository=folder)
    return folder


@pytest.mark.usefixtures("mirror")
def test_a_commit_that_closes_its_issue_settles_it(cluster: Cluster) -> None:
    source = factories.make_source(
        cluster.project, kind=Source.Kind.GITHUB, name="Issues", cursor={"repository_id": 77}
    )
    mentioned = factories.make_cluster(cluster.project)
    issue(source, cluster, 12)
    issue(source, mentioned, 13)
    refresh(cluster)
    assert addressed.look_in_histories() == 1
    cluster.refresh_from_db()
    mentioned.refresh_from_db()
    assert cluster.addressed["kind"] == "commit"
    assert "closes #12: “Round once”" in cluster.addressed["text"]
    assert "/ada/till/commit/" in cluster.addressed["url"]
    assert mentioned.addressed == {}
    assert said(cluster)["kind"] == "commit"


@pytest.mark.usefixtures("mirror")
def test_commits_of_another_repository_say_nothing(cluster: Cluster) -> None:
    source = factories.make_source(
        cluster.project,
        kind=Source.Kind.GITHUB,
        name="Issues",
        config={"repository": "ada/other"},
        cursor={"repository_id": 77},
    )
    issue(source, cluster, 12)
    assert addressed.look_in_histories() == 0


def test_a_broken_mirror_stops_nothing(cluster: Cluster, mirror: Path) -> None:
    factories.make_source(cluster.project, kind=Source.Kind.GITHUB, cursor={"repository_id": 77})
    (mirror / "HEAD").unlink()
    assert addressed.look_in_histories() == 0

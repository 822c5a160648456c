"""Whether a cluster's work is done already. Nothing is ever closed because of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from clusters.forges.git import GitError
from clusters.forges.history import Closing, closings
from clusters.models import Cluster, FeedbackItem, Project, Source
from clusters.ranking.releases import newest, order, release_of
from clusters.services.ranking.reading import Report
from clusters.sources.github_shapes import identity

log = structlog.get_logger(__name__)

CAME_BACK = "came_back"
_PROJECTS_NEWEST = 300  # reports that say which releases are in use
_CLOSED_LOOKED_AT = 100
_RELEASED = 2  # reports of a release that make it one that people use
_HISTORY = timedelta(days=90)  # how far back commits are read
_AFTER = {"merged", "closed", "commit"}  # what a newer report contradicts


def note(
    cluster_id: int, *, kind: str, text: str, url: str = "", at: datetime | None = None
) -> None:
    """Write down that something has settled a cluster's work: a merge, a commit, a closed issue.

    `kind` is a word (“merged”), `text` a sentence. Older news never replaces newer.
    """
    found = {"kind": kind, "text": text, "url": url, "at": (at or timezone.now()).isoformat()}
    with transaction.atomic():
        cluster = Cluster.objects.select_for_update(no_key=True).filter(pk=cluster_id).first()
        if cluster is None or _is_older(found, cluster.addressed):
            return
        cluster.addressed = _with_news(found, cluster.last_seen)
        cluster.save(update_fields=["addressed"])


def judge(cluster: Cluster, reports: Sequence[Report], sources: Collection[int]) -> dict[str, Any]:
    """What is known of it now that these are its newest reports; {} when nothing says so.

    `sources` are those of all its reports.
    """
    known = cluster.addressed if cluster.addressed.get("kind") != "release" else {}
    if known.get("kind") == CAME_BACK:
        return known
    found = known or _closed(cluster, sources) or _elsewhere(cluster, reports)
    if found:
        return _with_news(found, cluster.last_seen)
    return _release(cluster, reports)


def look_in_histories() -> int:
    """Commits that say they close an issue whose report is here; how many reports have one.

    Only where there is a mirror of the repository already: nothing is fetched.
    """
    sources = Source.objects.filter(kind=Source.Kind.GITHUB, project__archived_at=None)
    found = 0
    for source in sources.select_related("project").iterator(chunk_size=100):
        mirror = settings.HOME / "mirrors" / f"{source.project_id}.git"
        if mirror.is_dir() and _is_own_repository(source):
            try:
                found += _look(source, list(closings(mirror, timezone.now() - _HISTORY)))
            except GitError as error:
                log.warning("history_unreadable", project=source.project_id, reason=str(error))
    return found


def _is_own_repository(source: Source) -> bool:
    project, named = source.project, source.config.get("repository")
    return project.forge == Project.Forge.GITHUB and named in {None, "", project.repository}


def _look(source: Source, commits: Sequence[Closing]) -> int:
    repository = source.cursor.get("repository_id")
    if not isinstance(repository, int):
        return 0
    # The newest commit of each issue comes first.
    by_id: dict[str, Closing] = {}
    for commit in commits:
        by_id.setdefault(identity(repository, commit.number), commit)
    rows = FeedbackItem.objects.filter(source=source, external_id__in=by_id, cluster__rank=2)
    pairs = list(rows.values_list("external_id", "cluster"))
    for external_id, cluster_id in pairs:
        commit = by_id[external_id]
        text = f"Commit {commit.sha[:10]} says that it closes #{commit.number}: “{commit.title}”."
        url = f"{settings.GITHUB_URL}/{source.project.repository}/commit/{commit.sha}"
        note(cluster_id, kind="commit", text=text, url=url, at=commit.at)
    return len(pairs)


def _with_news(found: dict[str, Any], last_seen: datetime | None) -> dict[str, Any]:
    """The same, or that it came back: somebody reported it after it was settled."""
    settled = parse_datetime(str(found["at"]))
    if found["kind"] not in _AFTER or not settled or not last_seen or last_seen <= settled:
        return found
    return {
        **found,
        "kind": CAME_BACK,
        "text": f"Reported again since. Before that: {found['text']}",
        "at": last_seen.isoformat(),
        "since": found["at"],
    }


def _is_older(new: dict[str, Any], known: dict[str, Any]) -> bool:
    if known.get("kind") not in {*_AFTER, CAME_BACK}:
        return False
    return str(new["at"]) <= str(known.get("since", known["at"]))


def _closed(cluster: Cluster, sources: Collection[int]) -> dict[str, Any]:
    """A report of an issue tracker that was closed there as completed, and none is open."""
    trackers = list(Source.objects.filter(pk__in=sources, kind=Source.Kind.GITHUB))
    if not trackers:
        return {}
    rows = FeedbackItem.objects.filter(cluster=cluster, source__in=trackers)
    columns = ("archived_at", "metadata", "title", "url")
    newest_first = rows.order_by("-seen_at", "-id").values_list(*columns)
    issues = list(newest_first[:_CLOSED_LOOKED_AT])
    done = [
        (at, title, url) for at, metadata, title, url in issues if at and _is_completed(metadata)
    ]
    if not done or any(at is None for at, *_ in issues):
        return {}
    at, title, url = max(done)
    text = f"“{title[:100]}” was closed as completed where it was reported."
    if len(done) > 1:
        text = f"{len(done)} issues were closed as completed where they were reported."
    return {"kind": "closed", "text": text, "url": url, "at": at.isoformat()}


def _is_completed(metadata: Any) -> bool:
    reason = metadata.get("closed_as", "") if isinstance(metadata, dict) else ""
    return reason in {"", "completed"}


def _elsewhere(cluster: Cluster, reports: Sequence[Report]) -> dict[str, Any]:
    """What settled a cluster that went into this one, or one whose reports are certainly the same."""
    for other in cluster.absorbed.exclude(addressed={}).order_by("-id")[:5]:
        if other.addressed.get("kind") in _AFTER:
            return dict(other.addressed)
    prints = {report.fingerprint for report in reports} - {""}
    if not prints:
        return {}
    same = FeedbackItem.objects.filter(
        project=cluster.project_id, fingerprint__in=prints, cluster__status=Cluster.Status.RESOLVED
    ).exclude(cluster=cluster.pk)
    row = same.exclude(cluster__addressed={}).values_list("cluster__addressed", flat=True).first()
    return dict(row) if row and row.get("kind") in _AFTER else {}


def _release(cluster: Cluster, reports: Sequence[Report]) -> dict[str, Any]:
    """Whether a newer release is in use than any that these reports are about."""
    last = newest(report.release for report in reports)
    if not last or any(not report.release for report in reports[:1]):
        return {}
    rows = FeedbackItem.objects.filter(project=cluster.project_id).order_by("-id")
    seen = rows.values_list("metadata", "seen_at")[:_PROJECTS_NEWEST]
    released = [
        (release, at)
        for metadata, at in seen
        if isinstance(metadata, dict) and (release := release_of(metadata))
    ]
    after = [(release, at) for release, at in released if order(release) > order(last)]
    if len(after) < _RELEASED or (cluster.last_seen or timezone.now()) > max(at for _, at in after):
        return {}
    current = newest(release for release, _ in after)
    first = min(at for _, at in after)
    text = f"All reports are about {last} or older, and {current} is in use. Look whether it still happens there."
    return {"kind": "release", "text": text, "url": "", "at": first.isoformat()}

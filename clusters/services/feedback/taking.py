"""Taking reports in, from whatever source. The same report twice is one item."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet

from clusters import queue
from clusters.models import FeedbackImport, FeedbackItem, Project, Source
from clusters.services.feedback.storing import IngestResult, store
from clusters.sources.base import Read, Refused
from clusters.sources.registry import parser_for
from credentials.errors import Conflict, Invalid
from credentials.models import User
from credentials.services import audit, teams

BATCH = 500
REFUSALS_KEPT = 1000
MOST_ISSUES = 300


def take_in(source: Source, reports: Iterable[Read]) -> IngestResult:
    """Store what is new, revise what is known, count all of it; then group.

    For workers: nobody's right is checked. Batches of it stay when a later one fails. Raises
    NotFound when the source is gone.
    """
    result = IngestResult()
    rest = iter(reports)
    while batch := list(islice(rest, BATCH)):
        store(source, batch, result)
    if result.created:
        queue.group(source.project_id)
    return result


def ingest(user: User, project: Project, source: Source, reports: Iterable[Read]) -> IngestResult:
    """Take reports in that a person sends; raises Conflict `source_paused`."""
    teams.require_writer(user, project.team)
    if not source.enabled:
        raise Conflict("source_paused", f"The source “{source}” is paused: let it go on first.")
    return take_in(source, reports)


def add_item(
    user: User, project: Project, *, title: str, body: str = "", author: str = "", url: str = ""
) -> tuple[FeedbackItem, bool]:
    """One report written by hand; False when the very same one is there already."""
    from clusters.sources.api import single

    entry = single({"title": title, "body": body, "author": author or str(user), "url": url})
    if isinstance(entry, Refused):
        raise Invalid("report_refused", entry.reason)
    source = source_of(project, Source.Kind.MANUAL)
    result = ingest(user, project, source, [entry])
    known = FeedbackItem.objects.filter(source=source, external_id=entry.external_id)
    return (result.created[0], True) if result.created else (known.get(), False)


def import_file(
    user: User, project: Project, *, name: str, data: bytes, kind: str = ""
) -> FeedbackImport:
    """A CSV or JSON lines file. `kind` is the kind of source it comes from; empty: a file."""
    teams.require_writer(user, project.team)
    parser = parser_for(name)
    if parser is None:
        raise Invalid(
            "format_unknown",
            f"{name} is not a .csv or .jsonl file: export your reports as one of these.",
        )
    source_kind = kind or Source.Kind.FILE
    if source_kind not in Source.Kind.values:
        raise Invalid(
            "source_kind_unknown",
            f"{kind!r} is not a kind of source: {', '.join(Source.Kind.values)}.",
        )
    source, _ = Source.objects.get_or_create(project=project, kind=source_kind, name=name[:200])
    result = ingest(user, project, source, parser.parse(data))
    with transaction.atomic():
        record = FeedbackImport.objects.create(
            project=project,
            source=source,
            file_name=name[:255],
            created=len(result.created),
            duplicates=result.duplicates,
            refused=[_refusal(entry) for entry in result.refused[:REFUSALS_KEPT]],
            refused_count=len(result.refused),
            created_by=user,
        )
        audit.record(
            actor=user,
            team=project.team,
            verb="feedback.imported",
            target=record,
            file=record.file_name,
        )
    return record


def source_of(project: Project, kind: Source.Kind) -> Source:
    """The project's source of this kind that needs no settings, made at first need."""
    source, _ = Source.objects.get_or_create(project=project, kind=kind, name=kind.label)
    return source


def of_cluster(cluster_id: int) -> QuerySet[FeedbackItem]:
    """A cluster's evidence, newest first. The caller has checked that it may be seen."""
    return (
        FeedbackItem.objects.filter(cluster=cluster_id)
        .select_related("source")
        .order_by("-seen_at", "-id")
    )


def issue_numbers(cluster_id: int | None, repository: str) -> list[int]:
    """The numbers of the issues of `repository` ("owner/name") that a cluster's reports are."""
    urls = FeedbackItem.objects.filter(
        cluster=cluster_id, url__icontains=f"/{repository}/issues/"
    ).values_list("url", flat=True)[:MOST_ISSUES]
    found = (re.search(rf"/{re.escape(repository)}/issues/(\d{{1,9}})\b", url) for url in urls)
    return sorted({int(match[1]) for match in found if match})


def _refusal(entry: Refused) -> dict[str, str | int]:
    return {"row": entry.row, "reason": entry.reason, "excerpt": entry.excerpt}

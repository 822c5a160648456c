"""Taking reports in: by hand, by API, by file. The same report twice is one item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from clusters import queue
from clusters.models import FeedbackImport, FeedbackItem, Project, Source
from clusters.sources.base import IncomingReport, Refused
from clusters.sources.registry import parser_for
from credentials.errors import Invalid
from credentials.models import User
from credentials.services import audit, teams

BATCH = 500
REFUSALS_KEPT = 1000
MOST_ISSUES = 300


@dataclass(slots=True)
class IngestResult:
    """What became of a batch of reports."""

    created: list[FeedbackItem] = field(default_factory=list)
    duplicates: int = 0
    refused: list[Refused] = field(default_factory=list)


def ingest(
    user: User, project: Project, source: Source, reports: Iterable[IncomingReport | Refused]
) -> IngestResult:
    """Store what is new, count what is known, collect what was refused; then group."""
    teams.require_writer(user, project.team)
    result = IngestResult()
    rest = iter(reports)
    while batch := list(islice(rest, BATCH)):
        result.refused += [entry for entry in batch if isinstance(entry, Refused)]
        _store(
            project, source, [entry for entry in batch if isinstance(entry, IncomingReport)], result
        )
    if result.created:
        queue.group(project.pk)
    return result


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


@transaction.atomic
def _store(
    project: Project, source: Source, reports: Sequence[IncomingReport], result: IngestResult
) -> None:
    unique = {report.external_id: report for report in reports}
    known = set(
        FeedbackItem.objects.filter(source=source, external_id__in=unique).values_list(
            "external_id", flat=True
        )
    )
    fresh = [_item(project, source, report) for key, report in unique.items() if key not in known]
    # Another process may store the same report at the same time: the constraint decides, and
    # what is really there is read back.
    FeedbackItem.objects.bulk_create(fresh, ignore_conflicts=True)
    received = {item.external_id for item in fresh}
    stored = FeedbackItem.objects.filter(source=source, external_id__in=received).order_by("id")
    result.created += list(stored)
    result.duplicates += len(reports) - len(fresh)
    Source.objects.filter(pk=source.pk).update(last_event_at=timezone.now())


def _item(project: Project, source: Source, report: IncomingReport) -> FeedbackItem:
    return FeedbackItem(
        project=project,
        source=source,
        external_id=report.external_id,
        title=report.title,
        body=report.body,
        author=report.author,
        url=report.url,
        occurred_at=report.occurred_at,
        metadata=_metadata(report),
    )


def _metadata(report: IncomingReport) -> dict[str, Any]:
    """The sender's and ours: what was found in the text is never taken from the sender."""
    given = {name: value for name, value in report.metadata.items() if name != "screening"}
    return {**given, "screening": dict(report.screening)} if report.screening else given


def _refusal(entry: Refused) -> dict[str, str | int]:
    return {"row": entry.row, "reason": entry.reason, "excerpt": entry.excerpt}

"""A cluster's evidence: who said what, why it belongs here, and what people changed about it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from agents.views.clusters import frame
from agents.views.whys import whys
from clusters.models import Cluster, ClusterChange, FeedbackItem, Source
from clusters.services import changes, feedback
from clusters.views.clusters import visible
from clusters.views.trends import trends
from credentials.paging import CappedCount, Listing, counted
from credentials.views.helpers import typed

ITEMS_PER_PAGE = 30
PEOPLE_SHOWN = 12
COUNTED = 1_000  # reports of a source, and reports whose authors are counted
CHANGES_SHOWN = 12
NEWEST_REPORTS = ("-seen_at", "-id")
REPORT_LENGTH = 600  # characters shown before a report folds


@require_safe
def cluster(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """The evidence; what was merged leads to where it went, a moved report to its cluster."""
    found = visible(request, cluster_id)
    if found.merged_into_id is not None:
        return redirect(_address(request, changes.survivor(found).pk))
    items = feedback.of_cluster(found.pk)
    chosen = _narrow(request, items)
    page = Listing(chosen.prefetch_related("comments"), NEWEST_REPORTS).page(
        request.GET, ITEMS_PER_PAGE
    )
    if not page.object_list and (place := _place_of(request, found)):
        return redirect(_address(request, place))
    history = _history(found)
    context = {
        "page": page,
        "reports": whys(page.object_list),
        "narrowed": chosen is not items,
        "sources": _sources(found),
        "report_length": REPORT_LENGTH,
        "people": _people(items),
        "trend": trends([found.pk])[found.pk],
        "history": history,
        "last_change": next((each for each in history if each.undone_at is None), None),
        "absorbed": list(found.absorbed.order_by("-pk")[:CHANGES_SHOWN]),
        "on_evidence": True,
    }
    return render(
        request, "agents/cluster_evidence.html", frame(request, found, "evidence") | context
    )


def _address(request: HttpRequest, cluster_id: int) -> str:
    query = request.GET.urlencode()
    return reverse("cluster", args=[cluster_id]) + (f"?{query}" if query else "")


def _place_of(request: HttpRequest, found: Cluster) -> int | None:
    """The cluster where the report is now that the address names, when it is another one."""
    key = _number(typed(request, "report")) or 0
    rows = FeedbackItem.objects.filter(pk=key, project=found.project_id).exclude(cluster=found)
    return rows.exclude(cluster=None).values_list("cluster", flat=True).first()


def _narrow(request: HttpRequest, items: QuerySet[FeedbackItem]) -> QuerySet[FeedbackItem]:
    """One report, one person's, or one source's, as the address says."""
    source, report, author = (typed(request, name) for name in ("source", "report", "author"))
    if key := _number(report):
        return items.filter(pk=key)
    if key := _number(source):
        return items.filter(source=key)
    return items.filter(author=author) if author else items


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _history(found: Cluster) -> list[ClusterChange]:
    """What people changed about it, newest first."""
    return list(changes.listed(ClusterChange.objects.filter(clusters=found))[:CHANGES_SHOWN])


def _sources(found: Cluster) -> list[dict[str, Any]]:
    """Where its reports come from, each with how many."""
    reports = FeedbackItem.objects.filter(cluster=found, source=OuterRef("pk")).values("pk")
    sources: Any = Source.objects.filter(project=found.project_id).order_by("name")
    rows = sources.values("pk", "name", number=CappedCount(reports[: COUNTED + 1]))
    return [{**row, "count": counted(row["number"], COUNTED)} for row in rows if row["number"]]


def _people(items: QuerySet[FeedbackItem]) -> list[tuple[str, int]]:
    """Who reported it most often, each with how often; of very many reports, the newest count."""
    authors = Counter(items.values_list("author", flat=True)[:COUNTED])
    del authors[""]
    return sorted(authors.items(), key=lambda each: (-each[1], each[0]))[:PEOPLE_SHOWN]

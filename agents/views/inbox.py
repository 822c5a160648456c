"""The inbox: what hurts most?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from agents.models import Job, PullRequest
from clusters.models import Cluster, FeedbackItem, Project
from clusters.services import plans
from clusters.views.clusters import visible
from clusters.views.trends import Trend, trends
from credentials.views.helpers import can_write, signed_in, typed

PAGE_SIZE = 30
QUOTES = 3
STATUS = Cluster.Status
# The filters in their order; "all" is everything that nobody dismissed.
FILTERS = ("all", "new", "planned", "fixing", "pr_opened", "resolved", "dismissed")
SORTS = {
    "impact": ("Most people", ("closed", "-reporter_count", "-item_count", "-id")),
    "recent": ("Last reported", ("-last_seen", "-id")),
    "first": ("Newest cluster", ("-id",)),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the inbox."""

    cluster: Cluster
    trend: Trend
    job: Job | None
    pull: PullRequest | None


@dataclass(frozen=True, slots=True)
class Filter:
    """One status to filter by, with how many there are."""

    value: str
    label: str
    count: int
    current: bool


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Clusters of the person's projects, by status, search and order from the address."""
    user = signed_in(request)
    projects = Project.objects.for_user(user).filter(archived_at=None).select_related("team")
    project = (
        get_object_or_404(projects, pk=request.GET["project"])
        if _is_id(request, "project")
        else None
    )
    if project is None and not projects.exists():
        return render(request, "agents/inbox_start.html", {"section": "inbox"})
    found = Cluster.objects.for_user(user).filter(project__in=[project] if project else projects)
    if words := typed(request, "q")[:200]:
        found = found.filter(Q(title__icontains=words) | Q(summary__icontains=words))
    status = request.GET.get("status", "all")
    sort = request.GET.get("sort", "impact")
    page = _page(request, _in_status(found, status), sort)
    rows = _rows(list(page.object_list))
    only = project or (projects[0] if len(projects[:2]) == 1 else None)
    context: dict[str, Any] = {
        "section": "inbox",
        "project": project or only,
        "target": only,
        "can_write": only is not None and can_write(request, only.team),
        "filters": _filters(found, status),
        "sorts": [(value, label) for value, (label, _) in SORTS.items()],
        "sort": sort if sort in SORTS else "impact",
        "status": status,
        "words": words,
        "page": page,
        "rows": rows,
        "several": project is None and only is None,
        "empty": not rows
        and not words
        and not Cluster.objects.for_user(user)
        .filter(project__in=[project] if project else projects)
        .exists(),
        "waiting": FeedbackItem.objects.for_user(user)
        .filter(cluster=None, project__in=[project] if project else projects)
        .count(),
    }
    if rows:
        context |= _about(rows[0].cluster, rows[0].trend)
    return render(request, "agents/inbox.html", context)


@require_safe
def cluster_preview(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """The inbox's right column for one cluster: why it ranks where it does."""
    cluster = visible(request, cluster_id)
    return render(
        request, "agents/_preview.html", _about(cluster, trends([cluster.pk])[cluster.pk])
    )


def _about(cluster: Cluster, trend: Trend) -> dict[str, Any]:
    plan = plans.current(cluster)
    quotes = (
        FeedbackItem.objects.filter(cluster=cluster)
        .select_related("source")
        .order_by("-occurred_at", "-id")
    )
    return {
        "chosen": cluster,
        "trend": trend,
        "quotes": quotes[:QUOTES],
        "files": plan.content.get("files", [])[:4] if plan else [],
    }


def _is_id(request: HttpRequest, name: str) -> bool:
    text = request.GET.get(name, "")
    return text.isascii() and text.isdigit() and len(text) < 19


def _in_status(clusters: Any, status: str) -> Any:
    if status in STATUS.values:
        return clusters.filter(status=status)
    return clusters.exclude(status=STATUS.DISMISSED)


def _page(request: HttpRequest, clusters: Any, sort: str) -> Page[Cluster]:
    closed = Case(
        When(status=STATUS.RESOLVED, then=Value(1)), default=Value(0), output_field=IntegerField()
    )
    _, order = SORTS.get(sort, SORTS["impact"])
    ordered = clusters.select_related("project").annotate(closed=closed).order_by(*order)
    return Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("page"))


def _rows(clusters: Sequence[Cluster]) -> list[Row]:
    keys = [cluster.pk for cluster in clusters]
    found = trends(keys)
    jobs = {
        job.cluster_id: job for job in Job.objects.filter(cluster__in=keys, status__in=Job.ACTIVE)
    }
    pulls = {
        pull.cluster_id: pull
        for pull in PullRequest.objects.filter(cluster__in=keys)
        .exclude(state="closed")
        .order_by("id")
    }
    return [
        Row(cluster, found[cluster.pk], jobs.get(cluster.pk), pulls.get(cluster.pk))
        for cluster in clusters
    ]


def _filters(clusters: Any, current: str) -> list[Filter]:
    counts = dict(clusters.values_list("status").annotate(n=Count("id")).order_by())
    labels = {"all": "All", **dict(STATUS.choices)}
    counts["all"] = sum(number for status, number in counts.items() if status != STATUS.DISMISSED)
    current = current if current in labels else "all"
    shown = [
        value for value in FILTERS if value != "dismissed" or counts.get(value) or current == value
    ]
    return [
        Filter(value, str(labels[value]), counts.get(value, 0), value == current) for value in shown
    ]

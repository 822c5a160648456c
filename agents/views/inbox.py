"""The inbox: what hurts most?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.models import Job, PullRequest
from agents.services import queueing
from agents.services.queueing import Place
from clusters.models import Cluster, FeedbackItem, Project
from clusters.services import changes, plans, search
from clusters.services.grouping.similar import similar
from clusters.views.clusters import visible
from clusters.views.trends import Trend, trends
from credentials.paging import CappedCount, Listing, capped_count, counted
from credentials.views.helpers import can_write, signed_in, typed

PAGE_SIZE = 30
QUOTES = 3
COUNTED = 1_000  # clusters of a status
STATUS = Cluster.Status
ACTIONABILITY = Cluster.Actionability
# The filters in their order; "all" is everything that nobody dismissed.
FILTERS = ("all", "new", "planned", "fixing", "pr_opened", "resolved", "dismissed")
SORTS = {
    "impact": ("Most impact", ("-rank", "-impact", "-id")),
    "people": ("Most people", ("-rank", "-reporter_count", "-item_count", "-id")),
    "recent": ("Last reported", ("-seen_at", "-id")),
    "first": ("Newest cluster", ("-id",)),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the inbox."""

    cluster: Cluster
    trend: Trend
    job: Job | None
    place: Place | None  # of a job that waits
    pull: PullRequest | None


@dataclass(frozen=True, slots=True)
class Filter:
    """One status to filter by, with how many there are."""

    value: str
    label: str
    count: int
    current: bool

    @property
    def total(self) -> str:
        """The count for people."""
        return counted(self.count, COUNTED)


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Clusters of the person's projects, by status, search and order from the address.

    After a correction the page asks for its list alone.
    """
    user = signed_in(request)
    mine = list(Project.objects.for_user(user).filter(archived_at=None).select_related("team"))
    project = _chosen(request, mine)
    if not mine:
        return render(request, "agents/inbox_start.html", {"section": "inbox"})
    only = project or (mine[0] if len(mine) == 1 else None)
    ids = [only.pk] if only else [each.pk for each in mine]
    context = _list(request, ids) | {
        "section": "inbox",
        "project": only,
        "target": only,
        "several": only is None,
        "can_write": only is not None and can_write(request, only.team),
        "can_triage": _writes_any(request, mine, only),
    }
    if request.headers.get("HX-Target") == "triage":
        return render(request, "agents/_inbox_list.html", context | {"fragment": True})
    waiting = capped_count(FeedbackItem.objects.filter(cluster=None, project__in=ids))
    context |= {"waiting": waiting, "waiting_total": counted(waiting)}
    if context["can_triage"]:
        context["last_change"] = changes.newest(user, ids)
    if context["rows"]:
        context |= _about(context["rows"][0].cluster, context["rows"][0].trend)
    return render(request, "agents/inbox.html", context)


def _list(request: HttpRequest, ids: list[int]) -> dict[str, Any]:
    """The rows of a page and what they were chosen by."""
    words = typed(request, "q")[:200]
    found = search.matching(words, ids) if words else None
    counts = _counts(ids) if found is None else _counts_of(found)
    status = _one_of(request, "status", FILTERS, "all")
    sort = _one_of(request, "sort", tuple(SORTS), "impact")
    actionability = _one_of(request, "act", tuple(ACTIONABILITY.values), "")
    page = _listing(ids, found, status, sort, actionability).page(request.GET, PAGE_SIZE)
    rows = _rows(page.object_list)
    return {
        "filters": _filters(counts, status),
        "sorts": [(value, label) for value, (label, _) in SORTS.items()],
        "actionabilities": ACTIONABILITY.choices,
        "sort": sort,
        "status": status,
        "act": actionability,
        "words": words,
        "cut": found is not None and len(found) == search.LIMIT,
        "page": page,
        "rows": rows,
        "empty": not rows and not words and not any(counts.values()),
    }


def _one_of(request: HttpRequest, name: str, known: Sequence[str], usual: str) -> str:
    given = request.GET.get(name, usual)
    return given if given in known else usual


def _writes_any(request: HttpRequest, mine: Sequence[Project], only: Project | None) -> bool:
    """Whether a correction of the person's can be about anything in the list."""
    teams = {project.team for project in ([only] if only else mine)}
    return any(can_write(request, team) for team in teams)


@require_safe
def cluster_preview(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """The inbox's right column for one cluster: why it ranks where it does."""
    cluster = visible(request, cluster_id)
    context = _about(cluster, trends([cluster.pk])[cluster.pk])
    context["can_write"] = can_write(request, cluster.project.team)
    return render(request, "agents/_preview.html", context)


@require_safe
def cluster_similar(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Which other clusters look like this one; asked for once a preview has been shown a while."""
    cluster = visible(request, cluster_id)
    context = {
        "chosen": cluster,
        "similar": similar(cluster),
        "can_write": can_write(request, cluster.project.team),
    }
    return render(request, "agents/_similar.html", context)


def _about(cluster: Cluster, trend: Trend) -> dict[str, Any]:
    plan = plans.current(cluster)
    quotes = (
        FeedbackItem.objects.filter(cluster=cluster)
        .select_related("source")
        .order_by("-seen_at", "-id")
    )
    return {
        "chosen": cluster,
        "trend": trend,
        "quotes": quotes[:QUOTES],
        "files": plan.content.get("files", [])[:4] if plan else [],
    }


def _chosen(request: HttpRequest, mine: Sequence[Project]) -> Project | None:
    """The project that the address names; 404 when it is not among the person's."""
    text = request.GET.get("project", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    for project in mine:
        if project.pk == int(text):
            return project
    raise Http404("There is no such project.")


def _listing(
    project_ids: list[int], found: list[int] | None, status: str, sort: str, actionability: str
) -> Listing[Cluster]:
    """Along an index of each project: by rank, which says what is dismissed, or by status."""
    rows, (_, order) = Cluster.objects.select_related("project"), SORTS[sort]
    rows = rows.filter(merged_into=None)
    if actionability:
        rows = rows.filter(actionability=actionability)
    statuses = [status] if status != "all" else [s for s in STATUS.values if s != STATUS.DISMISSED]
    if found is not None:
        return Listing(rows.filter(pk__in=found, status__in=statuses), order)
    if status == "all" and "-rank" in order:
        return Listing(rows.filter(rank__gt=0), order, {"project": project_ids})
    # Within a status the rank is always the same, and its index goes without.
    order = tuple(part for part in order if part != "-rank")
    return Listing(rows, order, {"project": project_ids, "status": statuses})


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
    wait = any(job.status == Job.Status.PENDING for job in jobs.values())
    places = queueing.places() if wait else {}
    return [
        Row(
            cluster,
            found[cluster.pk],
            job := jobs.get(cluster.pk),
            places.get(job.pk) if job else None,
            pulls.get(cluster.pk),
        )
        for cluster in clusters
    ]


def _counts(project_ids: Sequence[int]) -> dict[str, int]:
    """How many clusters have each status, each counted up to a limit, in one query."""
    found = Cluster.objects.filter(project__in=project_ids, merged_into=None)
    counts = [
        CappedCount(found.filter(status=status).values("pk")[: COUNTED + 1])
        for status in STATUS.values
    ]
    one_row: Any = Project.objects.filter(pk=project_ids[0])
    return dict(zip(STATUS.values, one_row.values_list(*counts).get(), strict=True))


def _counts_of(cluster_ids: Sequence[int]) -> dict[str, int]:
    found = Cluster.objects.filter(pk__in=cluster_ids, merged_into=None).order_by()
    return dict(found.values_list("status").annotate(n=Count("id")))


def _filters(by_status: Mapping[str, int], current: str) -> list[Filter]:
    labels = {"all": "All", **dict(STATUS.choices)}
    every = sum(number for status, number in by_status.items() if status != STATUS.DISMISSED)
    counts = {**by_status, "all": every}
    shown = [
        value for value in FILTERS if value != "dismissed" or counts.get(value) or current == value
    ]
    return [
        Filter(value, str(labels[value]), counts.get(value, 0), value == current) for value in shown
    ]

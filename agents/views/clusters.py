"""A cluster's pages: is this one defect, and do I agree with the plan?"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agents.models import Job, PullRequest
from agents.outcomes import OUTCOMES
from agents.services import jobs as job_service
from agents.services import queueing, runners
from agents.services.starting import is_proposal
from agents.views.activity import happenings
from agents.views.priorities import PRIORITIES, priority_of
from clusters.models import Cluster, FeedbackItem, Plan, Source
from clusters.services import feedback, plans
from clusters.views import sections
from clusters.views.clusters import visible
from clusters.views.trends import trends
from credentials.paging import CappedCount, Listing, counted
from credentials.services import audit
from credentials.views.helpers import Tab, act, can_write, go, signed_in, typed

ITEMS_PER_PAGE = 30
PEOPLE_SHOWN = 12
COUNTED = 1_000  # reports of a source, and reports whose authors are counted
NEWEST_REPORTS = ("-seen_at", "-id")
REPORT_LENGTH = 600  # characters shown before a report folds


@require_safe
def cluster(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """The evidence: who said what, and why it belongs here."""
    found = visible(request, cluster_id)
    items = feedback.of_cluster(found.pk)
    chosen = _narrow(request, items)
    context = {
        "page": Listing(chosen, NEWEST_REPORTS).page(request.GET, ITEMS_PER_PAGE),
        "narrowed": chosen is not items,
        "sources": _sources(found),
        "report_length": REPORT_LENGTH,
        "people": _people(items),
        "trend": trends([found.pk])[found.pk],
    }
    return render(
        request, "agents/cluster_evidence.html", _frame(request, found, "evidence") | context
    )


@require_safe
def cluster_plan(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """The newest plan to edit and approve, or an older version to read."""
    found = visible(request, cluster_id)
    versions = list(found.plans.select_related("created_by", "approved_by").order_by("-version"))
    shown = _version(request, versions)
    before = next((plan for plan in versions if shown and plan.version < shown.version), None)
    context = {
        "shown": shown,
        "newest": bool(shown) and shown is versions[0],
        "parts": _parts(shown) if shown else [],
        "versions": [
            (plan, _changed_sections(versions, place)) for place, plan in enumerate(versions)
        ],
        "changes": sections.differences(before.content, shown.content) if shown and before else [],
        "before": before,
    }
    return render(request, "agents/cluster_plan.html", _frame(request, found, "plan") | context)


@require_safe
def cluster_jobs(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """The cluster's jobs, newest first."""
    found = visible(request, cluster_id)
    jobs = (
        Job.objects.filter(cluster=found)
        .select_related("requested_by")
        .prefetch_related("pull_requests")
    )
    page = Listing(jobs, ("-id",)).page(request.GET, ITEMS_PER_PAGE)
    return render(
        request, "agents/cluster_jobs.html", _frame(request, found, "jobs") | {"page": page}
    )


@require_safe
def cluster_activity(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Who did what."""
    found = visible(request, cluster_id)
    context = {"events": happenings(audit.of(found))}
    return render(
        request, "agents/cluster_activity.html", _frame(request, found, "activity") | context
    )


@require_POST
def start_fix(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Begin the fix and go to its job; the second click goes to the same one."""
    found = visible(request, cluster_id)
    started: list[Job] = []

    def work() -> None:
        job, _ = job_service.start_fix(
            signed_in(request),
            found,
            runner=request.POST.get("runner", "")[:64],
            credential=_chosen_key(request),
            model=request.POST.get("model", "")[:100],
            priority=priority_of(request),
        )
        started.append(job)

    answer = act(request, work, to=reverse("cluster_plan", args=[found.pk]))
    return go(request, reverse("job", args=[started[0].pk])) if started else answer


def _chosen_key(request: HttpRequest) -> int | None:
    """The id in the form; None when nothing was chosen, and no key's id for nonsense."""
    given = request.POST.get("credential", "")
    if not given:
        return None
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def _frame(request: HttpRequest, found: Cluster, tab: str) -> dict[str, Any]:
    """What the header, the tabs and the right column of every tab show."""
    plan = plans.current(found)
    pull = PullRequest.objects.filter(cluster=found).order_by("-id").first()
    running = job_service.active_fix(found)
    proposal = running if running and is_proposal(running) else None
    active = None if proposal else running
    team, user = found.project.team, signed_in(request)
    writer = can_write(request, team)
    default = runners.default(found.project)
    infos = runners.available(user, team, found.project) if writer and not active else []
    return {
        "section": "inbox",
        "cluster": found,
        "project": found.project,
        "can_write": writer,
        "plan": plan,
        "pull": pull,
        "active": active,
        "proposal": proposal,
        "priorities": PRIORITIES,
        "place": queueing.place(active) if active and active.status == Job.Status.PENDING else None,
        "runners": [
            (info, keys, runners.suggested_models(info.name))
            for info, keys in runners.with_keys(infos, user, team)
        ],
        "runner": default,
        "would_run": next((info for info in infos if info.name == default), None)
        or runners.active(user, found.project),
        "not_ready": sum(not (info.configured or info.needs_model) for info in infos),
        "hidden_runners": bool(found.project.enabled_runners),
        "last": OUTCOMES.get(found.last_outcome),
        "is_open": found.status not in {Cluster.Status.DISMISSED, Cluster.Status.RESOLVED},
        "must_approve": found.project.requires_approval and not (plan and plan.is_approved),
        "tabs": _tabs(found, plan, tab),
    }


def _tabs(found: Cluster, plan: Plan | None, current: str) -> list[Tab]:
    jobs = Job.objects.filter(cluster=found).count()
    known: list[tuple[str, str, str, int | None]] = [
        ("evidence", "Evidence", "cluster", found.item_count),
        ("plan", "Plan", "cluster_plan", None),
        ("jobs", "Jobs", "cluster_jobs", jobs),
        ("activity", "Activity", "cluster_activity", None),
    ]
    return [
        Tab(label=label, url=reverse(name, args=[found.pk]), current=key == current, count=count)
        for key, label, name, count in known
    ]


def _narrow(request: HttpRequest, items: QuerySet[FeedbackItem]) -> QuerySet[FeedbackItem]:
    """One report, one person's, or one source's, as the address says."""
    source, report, author = (typed(request, name) for name in ("source", "report", "author"))
    if report.isascii() and report.isdigit() and len(report) < 19:
        return items.filter(pk=int(report))
    if source.isascii() and source.isdigit() and len(source) < 19:
        return items.filter(source=int(source))
    return items.filter(author=author) if author else items


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


def _version(request: HttpRequest, versions: list[Plan]) -> Plan | None:
    wanted = request.GET.get("version", "")
    if not wanted:
        return versions[0] if versions else None
    for plan in versions:
        if str(plan.version) == wanted:
            return plan
    raise Http404("There is no such version.")


def _parts(plan: Plan) -> list[dict[str, Any]]:
    return [
        {"section": section, "value": plan.content.get(section.name)}
        for section in sections.SECTIONS
    ]


def _changed_sections(versions: list[Plan], place: int) -> str:
    """What a version changed, in a few words; '' for the first one."""
    if place + 1 >= len(versions):
        return ""
    found = sections.differences(versions[place + 1].content, versions[place].content)
    return ", ".join(section.title.lower() for section, _, _ in found) or "nothing"

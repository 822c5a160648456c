"""A cluster's pages: is this one defect, and do I agree with the plan?"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
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
from clusters.models import Cluster, Plan
from clusters.services import plans
from clusters.views.clusters import visible
from credentials.paging import Listing
from credentials.services import audit
from credentials.views.helpers import Tab, act, can_write, go, signed_in

ITEMS_PER_PAGE = 30


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
        request, "agents/cluster_jobs.html", frame(request, found, "jobs") | {"page": page}
    )


@require_safe
def cluster_activity(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Who did what."""
    found = visible(request, cluster_id)
    context = {"events": happenings(audit.of(found))}
    return render(
        request, "agents/cluster_activity.html", frame(request, found, "activity") | context
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


def frame(request: HttpRequest, found: Cluster, tab: str) -> dict[str, Any]:
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

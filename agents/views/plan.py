"""A cluster's plan: do I agree with it, what changed, and what became of it?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agents.models import Job, Step
from agents.services import plan_jobs
from agents.views.checks import Results, results_of
from agents.views.clusters import frame
from agents.views.job_page import newest as newest_attempt
from clusters.models import Cluster, Plan, PlanDrafting
from clusters.services.plans import comments as plan_comments
from clusters.services.plans import drafting, questions
from clusters.services.plans import writing as plan_writing
from clusters.views import plan_diff, sections
from clusters.views.clusters import visible
from credentials.views.helpers import act, go, signed_in

VERSIONS_SHOWN = 50  # the newest; older ones have their addresses


@require_safe
def cluster_plan(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """The newest plan to edit and approve, an older version to read, or two of them compared."""
    found = visible(request, cluster_id)
    plans = found.plans.select_related("created_by", "approved_by", "rejected_by")
    versions = list(plans.order_by("-version")[: VERSIONS_SHOWN + 1])
    shown = _version(request, "version", plans) or (versions[0] if versions else None)
    against = _version(request, "against", plans)
    context = {
        "shown": shown,
        "newest": bool(shown) and shown == versions[0],
        "against": against,
        "changes": plan_diff.compare(against.content, shown.content) if shown and against else [],
        "parts": _parts(found, shown) if shown else [],
        "comments": _comments(found, ""),
        "versions": [
            (plan, _changed_sections(versions, place))
            for place, plan in enumerate(versions[:VERSIONS_SHOWN])
        ],
        "questions": questions.waiting(found),
        "answered": list(questions.of(found).exclude(answered_at=None)),
        "results": _results(found, shown) if shown else None,
        "planner_model": plan_writing.model_of(signed_in(request), found),
        "cost": _cost(shown),
        **_drafting(found, shown),
    }
    around = frame(request, found, "plan")
    context["plan_runners"] = plan_jobs.ready([info for info, _, _ in around["runners"]])
    return render(request, "agents/cluster_plan.html", around | context)


@require_POST
def plan_by_agent(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Have an agent plan in a sandbox, and go to its job; a second click goes to the same one."""
    found = visible(request, cluster_id)
    started: list[Job] = []

    def work() -> None:
        runner, hint = request.POST.get("runner", "")[:64], request.POST.get("hint", "")
        job, _ = plan_jobs.start(signed_in(request), found, runner=runner, hint=hint)
        started.append(job)

    answer = act(request, work, to=reverse("cluster_plan", args=[found.pk]))
    return go(request, reverse("job", args=[started[0].pk])) if started else answer


def _version(request: HttpRequest, name: str, plans: QuerySet[Plan]) -> Plan | None:
    """The version that the address names; None where it names none."""
    wanted = request.GET.get(name, "")
    if not wanted:
        return None
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 10):
        raise Http404("There is no such version.")
    return get_object_or_404(plans, version=int(wanted))


def _parts(found: Cluster, plan: Plan) -> list[dict[str, Any]]:
    said = list(plan_comments.of(found))
    return [
        {
            "section": section,
            "value": plan.content.get(section.name),
            "comments": [one for one in said if one.section == section.name],
        }
        for section in sections.SECTIONS
    ]


def _comments(found: Cluster, section: str) -> list[Any]:
    return list(plan_comments.of(found).filter(section=section))


def _cost(shown: Plan | None) -> Decimal | None:
    """What its planner cost, in USD; None where nobody knows."""
    usd = shown.audit.get("cost_usd") if shown else None
    return None if usd is None else Decimal(str(usd))


def _drafting(found: Cluster, shown: Plan | None) -> dict[str, Any]:
    """What is being written, or why the last attempt at it failed."""
    current = drafting.current(found)
    active = current if current and current.state in drafting.ACTIVE else None
    failed = current if current and current.state == PlanDrafting.State.FAILED else None
    if failed and shown and failed.ended_at and shown.created_at > failed.ended_at:
        failed = None  # there is a plan since
    job = Job.objects.filter(drafting=active).order_by("-id").first() if active else None
    return {"drafting": active, "failed": failed, "drafting_job": job}


def _results(found: Cluster, plan: Plan) -> Results | None:
    """What the newest job with this very plan showed; None before there is anything to tell."""
    jobs = Job.objects.filter(cluster=found, kind=Job.Kind.FIX, plan_digest=plan.digest)
    job = jobs.order_by("-id").first()
    if job is None:
        return None
    execution = newest_attempt(job)
    steps = list(Step.objects.filter(execution=execution)) if execution else []
    results = results_of(job, execution, steps)
    return results if results.is_measured else None


def _changed_sections(versions: Sequence[Plan], place: int) -> str:
    """What a version changed, in a few words; '' for the first one."""
    if place + 1 >= len(versions):
        return ""
    found = plan_diff.changed(versions[place + 1].content, versions[place].content)
    return ", ".join(section.title.lower() for section in found) or "nothing"

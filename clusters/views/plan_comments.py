"""What people say about a plan's sections: said, settled, reopened."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from clusters.models import Cluster, Plan, PlanComment
from clusters.services.plans import comments as service
from clusters.views.clusters import visible
from credentials.errors import AppError, Forbidden, NotFound
from credentials.models import User
from credentials.views.helpers import act, as_http, can_write, require_writer, signed_in

SECTION_LENGTH = 40


@require_POST
def plan_comment(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Say something about a section of the version that was read."""
    cluster = visible(request, cluster_id)
    require_writer(request, cluster.project.team)
    version = request.POST.get("version", "")
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise Http404("There is no such version.")
    plan = get_object_or_404(Plan.objects.filter(cluster=cluster), version=int(version))
    section = request.POST.get("section", "")[:SECTION_LENGTH]
    body = request.POST.get("body", "")
    user = signed_in(request)
    return _answer(
        request, cluster, section, lambda: service.add(user, plan, section, body), typed=body
    )


@require_POST
def plan_comment_resolve(request: HttpRequest, comment_id: int) -> HttpResponse:
    """It is settled."""
    return _settle(request, comment_id, service.resolve)


@require_POST
def plan_comment_reopen(request: HttpRequest, comment_id: int) -> HttpResponse:
    """It is not settled after all."""
    return _settle(request, comment_id, service.reopen)


def _settle(
    request: HttpRequest, comment_id: int, work: Callable[[User, PlanComment], object]
) -> HttpResponse:
    mine = Cluster.objects.for_user(signed_in(request))
    comments = PlanComment.objects.filter(plan__cluster__in=mine)
    comment = get_object_or_404(
        comments.select_related("plan__cluster__project__team"), pk=comment_id
    )
    cluster = comment.plan.cluster
    return _answer(request, cluster, comment.section, lambda: work(signed_in(request), comment))


def _answer(
    request: HttpRequest,
    cluster: Cluster,
    section: str,
    work: Callable[[], object],
    *,
    typed: str = "",
) -> HttpResponse:
    """The section's comments for htmx, else back to the section."""
    if not request.headers.get("HX-Request"):
        return act(request, work, to=f"{reverse('cluster_plan', args=[cluster.pk])}#{section}")
    problem = ""
    try:
        work()
    except (Forbidden, NotFound) as error:
        raise as_http(error) from error
    except AppError as error:
        problem = error.message
    newest = cluster.plans.order_by("-version").first()
    context = {
        "cluster": cluster,
        "comments": [one for one in service.of(cluster) if one.section == section],
        "name": section,
        "shown": newest,
        "can_write": can_write(request, cluster.project.team),
        "problem": problem,
        "typed": typed if problem else "",
        "open": True,
    }
    return render(request, "clusters/_plan_comments.html", context)

"""A plan's buttons and the form of each of its sections."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from clusters.models import Cluster
from clusters.services import plans as service
from clusters.services.plans import drafting
from clusters.views import sections
from clusters.views.clusters import visible
from credentials.errors import Conflict, Forbidden, Invalid, NotFound
from credentials.views.helpers import act, as_http, require_writer, signed_in


@require_POST
def plan_generate(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Have a new version written in the background; the page shows how far it is."""
    cluster = visible(request, cluster_id)
    way, hint = request.POST.get("way", "")[:10], request.POST.get("hint", "")
    return act(
        request,
        lambda: drafting.request(signed_in(request), cluster, way=way, hint=hint),
        to=_plan(cluster),
    )


@require_safe
def plan_drafting(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """How far the plan is that is being written; the whole page again when it has ended."""
    cluster = visible(request, cluster_id)
    current = drafting.active(cluster)
    if not request.headers.get("HX-Request"):
        return redirect(_plan(cluster))
    if current is None:
        return HttpResponseClientRefresh()
    return render(
        request, "clusters/_plan_drafting.html", {"cluster": cluster, "drafting": current}
    )


@require_POST
def plan_approve(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Approve the version that the person has read."""
    cluster = visible(request, cluster_id)
    version = _number(request.POST.get("version", ""))
    return act(
        request,
        lambda: service.approve(signed_in(request), cluster, version=version),
        to=_plan(cluster),
        done=f"Version {version} is approved. The fix can be started.",
    )


@require_POST
def plan_withdraw(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Take the approval back."""
    cluster = visible(request, cluster_id)
    return act(
        request,
        lambda: service.withdraw_approval(signed_in(request), cluster),
        to=_plan(cluster),
        done="The approval was taken back. A job that runs already goes on.",
    )


@require_POST
def plan_reject(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Say that the version that the person has read will not do, and why."""
    cluster = visible(request, cluster_id)
    version = _number(request.POST.get("version", ""))
    reason = request.POST.get("reason", "")
    return act(
        request,
        lambda: service.reject(signed_in(request), cluster, version=version, reason=reason),
        to=_plan(cluster),
        done=f"Version {version} is rejected. It can be written anew with your reason.",
    )


@require_POST
def plan_unreject(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Take the rejection back."""
    cluster = visible(request, cluster_id)
    return act(
        request,
        lambda: service.withdraw_rejection(signed_in(request), cluster),
        to=_plan(cluster),
        done="The rejection was taken back.",
    )


def _plan(cluster: Cluster) -> str:
    return reverse("cluster_plan", args=[cluster.pk])


@require_http_methods(["GET", "HEAD", "POST"])
def plan_edit(request: HttpRequest, cluster_id: int, section: str) -> HttpResponse:
    """One section's form: in place for htmx, a page of its own without script."""
    cluster = visible(request, cluster_id)
    require_writer(request, cluster.project.team)
    if section not in sections.BY_NAME:
        raise Http404("A plan has no such section.")
    part = sections.BY_NAME[section]
    if request.method == "POST":
        return _save(request, cluster, part)
    plan = service.current(cluster)
    if plan is None:
        raise Http404("There is no plan yet.")
    return _form(request, cluster, part, sections.stored(part, plan.content), version=plan.version)


def _save(request: HttpRequest, cluster: Cluster, part: sections.Section) -> HttpResponse:
    """Save a section as a new version; what was typed survives every refusal."""
    version = _number(request.POST.get("version", ""))
    typed = sections.posted(part, request.POST)
    plan = service.current(cluster)
    content = plan.content if plan else {}
    try:
        changes = sections.changes(part, typed, content)
        saved = service.edit(signed_in(request), cluster, changes, version=version)
    except Invalid as error:
        texts = [_plain(text) for text in error.fields.get(part.name, [error.message])]
        return _form(request, cluster, part, typed, version=version, errors=texts, status=422)
    except Conflict as error:
        theirs = sections.stored(part, content)
        newest = plan.version if plan else version
        return _form(
            request,
            cluster,
            part,
            typed,
            version=newest,
            errors=[error.message],
            theirs=theirs,
            status=409,
        )
    except (Forbidden, NotFound) as error:
        raise as_http(error) from error
    messages.success(request, _said(saved.version, version))
    if request.headers.get("HX-Request"):
        return HttpResponseClientRefresh()  # the page stays where it is
    return redirect(f"{_plan(cluster)}#{part.name}")


def _form(
    request: HttpRequest,
    cluster: Cluster,
    part: sections.Section,
    value: str | list[sections.Row],
    *,
    version: int,
    errors: list[str] | None = None,
    theirs: str | list[sections.Row] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "cluster": cluster,
        "project": cluster.project,
        "part": part,
        "value": sections.with_spares(value),
        "version": version,
        "errors": errors or [],
        "theirs": theirs,
        "fragment": (fragment := bool(request.headers.get("HX-Request"))),
    }
    template = "clusters/_plan_form.html" if fragment else "clusters/plan_edit.html"
    return render(request, template, context, status=status)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _plain(text: str) -> str:
    """What the validator found, as a person would say it."""
    known = {
        "String should have at least 1 character": "This section cannot be empty: write something, or go back.",
        "List should have at least 1 item": "This section needs at least one entry.",
        "String should have at most": "An entry is too long: split or shorten it.",
        "List should have at most": "These are too many entries: keep the ones that matter most.",
        "Input should be 'low'": "The confidence is low, medium or high.",
    }
    return next((words for start, words in known.items() if text.startswith(start)), text)


def _said(saved: int, before: int) -> str:
    if saved == before:
        return "Nothing was changed."
    return f"Saved as version {saved}. It is not approved yet."

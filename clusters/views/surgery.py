"""Merging, dismissing, locking and reopening clusters, one or many; and taking changes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clusters.models import Cluster, ClusterChange
from clusters.services import changes, surgery
from clusters.services import clusters as service
from clusters.services.surgery import MOST_CLUSTERS
from clusters.views.answers import carry_out, wants_fragment
from credentials.errors import Invalid
from credentials.views.helpers import require_writer, signed_in, way_back

GET_AND_POST = ("GET", "HEAD", "POST")
# Usual reasons for dismissing, chosen by their number.
REASONS = (
    "Works as intended",
    "Not enough to go on",
    "No longer happens",
    "Not planned",
    "Not about this product",
    "Spam",
)


@require_http_methods(GET_AND_POST)
def clusters_merge(request: HttpRequest) -> HttpResponse:
    """Which of the chosen clusters stays, then the merge."""
    chosen = _chosen(request)
    if request.method != "POST" and len(chosen) > 1:
        suggested = max(chosen, key=lambda each: (each.reporter_count, each.item_count, -each.pk))
        return _ask(request, "merge", chosen, {"suggested": suggested})
    into = next((each for each in chosen if str(each.pk) == request.POST.get("into")), None)

    def work() -> ClusterChange:
        if into is None or len(chosen) < 2:
            raise Invalid(
                "nothing_to_merge", "Choose at least two clusters, and the one that stays."
            )
        return surgery.merge(signed_in(request), chosen, into=into, keep_title=True)

    return carry_out(request, work, to=lambda: way_back(request, _inbox(chosen)))


@require_http_methods(GET_AND_POST)
def clusters_dismiss(request: HttpRequest) -> HttpResponse:
    """Why the chosen clusters are not worth work, then that."""
    chosen = _chosen(request)
    if request.method != "POST" and chosen:
        return _ask(request, "dismiss", chosen, {"reasons": REASONS})
    reason = request.POST.get("reason", "") or request.POST.get("own_reason", "")
    return _each(
        request, chosen, lambda some: service.dismiss_all(signed_in(request), some, reason)
    )


@require_POST
def clusters_reopen(request: HttpRequest) -> HttpResponse:
    """The chosen clusters are work again."""
    return _each(
        request, _chosen(request), lambda some: service.reopen_all(signed_in(request), some)
    )


@require_POST
def clusters_lock(request: HttpRequest) -> HttpResponse:
    """Lock the chosen clusters; unlock them when every one is locked."""
    chosen = _chosen(request)
    locked = not all(each.locked for each in chosen)
    return _each(
        request, chosen, lambda some: surgery.lock_all(signed_in(request), some, locked=locked)
    )


@require_POST
def change_undo(request: HttpRequest, change_id: int) -> HttpResponse:
    """Take a change back."""
    change = _change(request, change_id)
    return carry_out(
        request,
        lambda: surgery.undo(signed_in(request), change),
        to=lambda: _back_from(request, change),
        done=f"Undone: {changes.sentence(change)}.",
    )


@require_POST
def change_redo(request: HttpRequest, change_id: int) -> HttpResponse:
    """Make a change again that was taken back."""
    change = _change(request, change_id)
    return carry_out(
        request,
        lambda: surgery.redo(signed_in(request), change),
        to=lambda: _back_from(request, change),
    )


def _each(
    request: HttpRequest,
    chosen: Sequence[Cluster],
    work: Callable[[Sequence[Cluster]], ClusterChange | None],
) -> HttpResponse:
    """One change for each project, all or none."""

    def all_of_them() -> ClusterChange | None:
        if not chosen:
            raise Invalid("nothing_chosen", "Choose at least one cluster.")
        with transaction.atomic():
            done = [
                work([each for each in chosen if each.project_id == project])
                for project in dict.fromkeys(each.project_id for each in chosen)
            ]
        return next((change for change in reversed(done) if change is not None), None)

    return carry_out(request, all_of_them, to=lambda: way_back(request, _inbox(chosen)))


def _chosen(request: HttpRequest) -> list[Cluster]:
    """The clusters that a form or an address names; 404 when one is not this person's."""
    values: QueryDict = request.POST if request.method == "POST" else request.GET
    ids = {int(text) for text in values.getlist("cluster") if _is_id(text)}
    rows = Cluster.objects.for_user(signed_in(request)).filter(
        pk__in=list(ids)[: MOST_CLUSTERS + 1]
    )
    found = list(rows.select_related("project__team").order_by("pk"))
    if len(found) != len(ids):
        raise Http404("There is no such cluster.")
    for team in {each.project.team for each in found}:
        require_writer(request, team)
    return found


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _ask(
    request: HttpRequest, what: str, chosen: Sequence[Cluster], more: dict[str, object]
) -> HttpResponse:
    """A question: in a dialog of the page that stays, or on a page of its own."""
    if any(each.merged_into_id for each in chosen):
        raise Http404("This cluster was merged into another one.")
    context = {
        "chosen": chosen,
        "project": chosen[0].project,
        "next": way_back(request, request.GET.get("next", "")) or _inbox(chosen),
        "fragment": f"clusters/_{what}.html",
        **more,
    }
    fragment = wants_fragment(request)
    return render(
        request, f"clusters/_{what}.html" if fragment else "clusters/question.html", context
    )


def _inbox(chosen: Sequence[Cluster]) -> str:
    projects = {each.project_id for each in chosen}
    return reverse("inbox") + (f"?project={projects.pop()}" if len(projects) == 1 else "")


def _change(request: HttpRequest, change_id: int) -> ClusterChange:
    mine = ClusterChange.objects.for_user(signed_in(request)).select_related("project__team")
    return get_object_or_404(mine, pk=change_id)


def _back_from(request: HttpRequest, change: ClusterChange) -> str:
    """The page that asked, unless it is of a cluster: that may be gone, others of it are not."""
    wanted = way_back(request, "")
    if wanted and not wanted.startswith("/clusters/"):
        return wanted
    here = re.match(r"/clusters/(\d+)/", wanted)
    places = change.clusters.filter(merged_into=None).order_by("pk")
    ids = list(places.values_list("pk", flat=True))
    if not ids:
        return f"{reverse('inbox')}?project={change.project_id}"
    place = int(here[1]) if here and int(here[1]) in ids else ids[0]
    return reverse("cluster", args=[place])

"""What people do with a cluster itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clusters.forms import ClusterForm, DismissForm
from clusters.models import Cluster, ClusterChange
from clusters.services import clusters as service
from clusters.views.answers import carry_out, wants_fragment
from credentials.errors import AppError
from credentials.views.helpers import refuse, require_writer, signed_in


def visible(request: HttpRequest, cluster_id: int) -> Cluster:
    """The cluster, when this person may see it; else 404."""
    clusters = Cluster.objects.for_user(signed_in(request)).select_related("project__team")
    return get_object_or_404(clusters, pk=cluster_id)


@require_http_methods(["GET", "HEAD", "POST"])
def cluster_edit(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Write a better title and summary: on a page, or in a dialog of a page that stays."""
    cluster = visible(request, cluster_id)
    require_writer(request, cluster.project.team)
    title, there = cluster.title, newest_of(cluster)
    form = ClusterForm(request.POST or None, instance=cluster)
    if request.method == "POST" and form.is_valid():
        try:
            service.edit(signed_in(request), cluster, **form.cleaned_data)
        except AppError as error:
            refuse(form, error)
        else:
            change = newest_of(cluster)
            return carry_out(
                request,
                lambda: change if change != there else None,
                to=lambda: reverse("cluster", args=[cluster.pk]),
                done="The title was saved.",
            )
    context = {"form": form, "cluster": cluster, "project": cluster.project, "title": title}
    page = "clusters/_rename.html" if wants_fragment(request) else "clusters/cluster_edit.html"
    return render(request, page, context)


@require_POST
def cluster_dismiss(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Not worth work, for a reason."""
    cluster = visible(request, cluster_id)
    form = DismissForm(request.POST)
    reason = (
        form.cleaned_data["reason"] if form.is_valid() else request.POST.get("reason", "")[:2000]
    )
    return carry_out(
        request,
        lambda: service.dismiss_all(signed_in(request), [cluster], reason),
        to=lambda: reverse("cluster", args=[cluster.pk]),
        done="The cluster was dismissed. Its reports are kept; you can reopen it here.",
    )


@require_POST
def cluster_reopen(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Back to work."""
    cluster = visible(request, cluster_id)
    return carry_out(
        request,
        lambda: service.reopen_all(signed_in(request), [cluster]),
        to=lambda: reverse("cluster", args=[cluster.pk]),
        done="The cluster is open again.",
    )


def newest_of(cluster: Cluster) -> ClusterChange | None:
    """What was changed last about a cluster."""
    return cluster.changes.order_by("-pk").first()

"""Taking a cluster apart: its reports get a cluster of their own, or go to another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clusters.models import Cluster, ClusterChange, FeedbackItem
from clusters.services import search, surgery
from clusters.services.grouping import splitting
from clusters.services.grouping.similar import similar, telling
from clusters.views.answers import carry_out, wants_fragment
from clusters.views.clusters import visible
from credentials.errors import Invalid
from credentials.views.helpers import require_writer, signed_in

GET_AND_POST = ("GET", "HEAD", "POST")
TARGETS = 8  # clusters that are offered
SHOWN = 200  # reports of a proposed group
_WORDS_OF = 50  # reports whose words say what a group is about


@dataclass(frozen=True, slots=True)
class Group:
    """A proposed part of a cluster: its reports, and the words that the others have not."""

    number: int
    items: Sequence[FeedbackItem]
    count: int
    words: list[str]


@require_http_methods(GET_AND_POST)
def cluster_split(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Split the chosen reports off; without any, a proposal is made."""
    cluster = visible(request, cluster_id)
    require_writer(request, cluster.project.team)
    if request.method == "POST":
        return carry_out(
            request,
            lambda: _split(request, cluster),
            to=lambda: reverse("cluster", args=[cluster.pk]),
        )
    items = _chosen(request.GET, cluster)
    if not items:
        groups = _groups(cluster)
        return _ask(request, "propose", cluster, {"groups": groups})
    return _ask(request, "split", cluster, {"items": items})


@require_http_methods(GET_AND_POST)
def cluster_move(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """Where the chosen reports go, then that."""
    cluster = visible(request, cluster_id)
    require_writer(request, cluster.project.team)
    if request.method == "POST":
        return carry_out(
            request,
            lambda: _move(request, cluster),
            to=lambda: reverse("cluster", args=[cluster.pk]),
        )
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    context = {
        "items": _chosen(request.GET, cluster),
        "words": words,
        "targets": _targets(cluster, words),
    }
    if request.headers.get("HX-Target") == "move-targets":
        return render(request, "clusters/_targets.html", {"cluster": cluster, **context})
    return _ask(request, "move", cluster, context)


def _split(request: HttpRequest, cluster: Cluster) -> ClusterChange:
    """One new cluster for the chosen reports, or for each accepted group."""
    user, numbers = signed_in(request), request.POST.getlist("group")[:50]
    if not numbers:
        title = request.POST.get("title", "")
        return surgery.split(user, cluster, _ids(request.POST, "item"), title=title)
    with transaction.atomic():
        parts = [ids for number in numbers if (ids := _ids(request.POST, f"item-{number}"))]
        done = [surgery.split(user, cluster, ids) for ids in parts]
    if not done:
        raise Invalid("nothing_chosen", "Choose at least one report.")
    return done[-1]


def _move(request: HttpRequest, cluster: Cluster) -> ClusterChange:
    text = request.POST.get("to", "")
    to = (
        Cluster.objects.for_user(signed_in(request))
        .select_related("project__team")
        .filter(project=cluster.project_id, pk=int(text) if _is_id(text) else 0)
    )
    target = to.first()
    if target is None:
        raise Invalid("nothing_chosen", "Choose the cluster that the reports belong to.")
    return surgery.move(signed_in(request), _ids(request.POST, "item"), to=target)


def _groups(cluster: Cluster) -> list[Group]:
    """The proposed parts, the largest first: it stays what it is."""
    parts = sorted(splitting.propose_split(cluster), key=len, reverse=True)
    if len(parts) < 2:
        return []
    shown = [key for part in parts for key in part[:SHOWN]]
    rows = FeedbackItem.objects.filter(cluster=cluster).select_related("source").in_bulk(shown)
    lists = [[rows[key] for key in part[:SHOWN] if key in rows] for part in parts]
    texts = [[f"{item.title}\n{item.body[:500]}" for item in part[:_WORDS_OF]] for part in lists]
    return [
        Group(
            number,
            items,
            len(part),
            telling(
                texts[number],
                [text for place, own in enumerate(texts) if place != number for text in own],
            ),
        )
        for number, (part, items) in enumerate(zip(parts, lists, strict=True))
    ]


def _targets(cluster: Cluster, words: str) -> list[Cluster]:
    """Clusters of this project to choose from: those with these words, else most alike first."""
    rows = Cluster.objects.filter(project=cluster.project_id, merged_into=None)
    rows = rows.exclude(pk=cluster.pk)
    if not words:
        alike = [each.cluster for each in similar(cluster, TARGETS)]
        others = rows.filter(rank__gt=0).exclude(pk__in=[each.pk for each in alike])
        most = others.order_by("-rank", "-impact", "-id")[: TARGETS - len(alike)]
        return [*alike, *most]
    if _is_id(words.removeprefix("#")):
        return list(rows.filter(pk=int(words.removeprefix("#"))))
    found = search.matching(words, [cluster.project_id]) or []
    return list(rows.filter(pk__in=found).order_by("-rank", "-impact", "-id")[:TARGETS])


def _chosen(values: QueryDict, cluster: Cluster) -> list[FeedbackItem]:
    rows = FeedbackItem.objects.filter(cluster=cluster, pk__in=_ids(values, "item"))
    return list(rows.only("pk", "title", "body", "author").order_by("-seen_at", "-id"))


def _ids(values: QueryDict, name: str) -> list[int]:
    return [int(text) for text in values.getlist(name)[: surgery.LIMIT + 1] if _is_id(text)]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _ask(
    request: HttpRequest, what: str, cluster: Cluster, more: Mapping[str, object]
) -> HttpResponse:
    """A question: in a dialog of the page that stays, or on a page of its own."""
    if cluster.merged_into_id:
        raise Http404("This cluster was merged into another one.")
    context = {
        "cluster": cluster,
        "project": cluster.project,
        "next": reverse("cluster", args=[cluster.pk]),
        "fragment": f"clusters/_{what}.html",
        **more,
    }
    page = f"clusters/_{what}.html" if wants_fragment(request) else "clusters/question.html"
    return render(request, page, context)

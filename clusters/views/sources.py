"""Where a project's feedback comes from, and how each source is doing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.models import FeedbackItem, Intake, Project, Source
from clusters.services import sources as service
from clusters.services.sources import health as source_health
from clusters.services.sources import kinds as source_kinds
from clusters.services.sources.health import Health
from clusters.services.sources.kinds import KindInfo
from clusters.services.sources.trial import TestResult
from clusters.views import source_setup
from clusters.views.source_chart import LEGEND, Chart, chart, words
from credentials.paging import Listing
from credentials.views.helpers import can_write, signed_in, typed

MESSAGES_PER_PAGE = 20
ITEMS_SHOWN = 5
ITEMS_PER_PAGE = 30
# Seconds between two looks: of somebody who waits for something, and of somebody who watches.
SOON, LATER = 2, 10


@dataclass(frozen=True, slots=True)
class Row:
    """A source of the list."""

    source: Source
    info: KindInfo
    health: Health
    chart: Chart

    @property
    def counts(self) -> list[str]:
        """What came in 14 days."""
        return words(dict(self.health.totals))


@require_safe
def sources(request: HttpRequest, project_id: int) -> HttpResponse:
    """Every source of a project with its state, and the kinds that can be connected."""
    project = the_project(request, project_id)
    context = {
        "project": project,
        "rows": _rows(project),
        "cards": [(info, _way_in(info, project)) for info in source_kinds.all_kinds()],
        "legend": LEGEND,
        "can_write": can_write(request, project.team),
    }
    return render(request, "clusters/sources.html", context)


@never_cache
@require_safe
def source(request: HttpRequest, source_id: int) -> HttpResponse:
    """One source: how it is doing, what it sent, how it is set up."""
    return show(request, the_source(request, source_id))


@never_cache
@require_safe
def source_state(request: HttpRequest, source_id: int) -> HttpResponse:
    """The part that changes by itself; 204 while it is as `seen`."""
    context = _state(the_source(request, source_id))
    if typed(request, "seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "clusters/_source_state.html", context)


@require_safe
def source_reports(request: HttpRequest, source_id: int) -> HttpResponse:
    """Every report that came by it, newest first, with the cluster that each is in."""
    found = the_source(request, source_id)
    page = Listing(_reports(found), ("-id",)).page(request.GET, ITEMS_PER_PAGE)
    context = {"source": found, "project": found.project, "page": page, "items": page.object_list}
    return render(request, "clusters/source_reports.html", context)


def show(
    request: HttpRequest,
    found: Source,
    *,
    result: TestResult | None = None,
    secret: str = "",
) -> HttpResponse:
    """A source's page, with what a test showed, or with a secret that is seen this once."""
    project = found.project
    writer = can_write(request, project.team)
    intakes = Intake.objects.filter(source=found).defer("body", "headers")
    context = {
        "result": result,
        "secret": secret,
        "can_write": writer,
        # Addresses that one can send to are for those who may change things here.
        "setup": source_setup.of(found, secret) if writer else None,
        "page": Listing(intakes, ("-id",)).page(request.GET, MESSAGES_PER_PAGE),
        "items": _reports(found).order_by("-id")[:ITEMS_SHOWN],
        "legend": LEGEND,
    }
    return render(request, "clusters/source.html", context | _state(found))


def the_project(request: HttpRequest, project_id: int) -> Project:
    """The viewer's project, or 404."""
    projects = Project.objects.for_user(signed_in(request)).select_related("team")
    return get_object_or_404(projects, pk=project_id)


def the_source(request: HttpRequest, source_id: int) -> Source:
    """The viewer's source, or 404; one that was removed is no longer there."""
    mine = service.there(Source.objects.for_user(signed_in(request)))
    return get_object_or_404(
        mine.select_related("project__team", "secret", "connected_by"), pk=source_id
    )


def _reports(found: Source) -> QuerySet[FeedbackItem]:
    """Its reports; the project is named for the sake of the index."""
    items = FeedbackItem.objects.filter(project=found.project_id, source=found)
    return items.select_related("cluster")


def _state(found: Source) -> dict[str, Any]:
    health = source_health.of(found)
    busy = health.state in {"syncing", "waiting", "unfinished"} or health.waiting > 0
    drawn = chart(health.days)
    return {
        "source": found,
        "project": found.project,
        "info": source_kinds.info_for(found),
        "health": health,
        "chart": drawn,
        "counts": words(dict(health.totals)),
        "advice": source_setup.advice(found, health),
        "poll": SOON if busy else LATER,
        "seen": _digest(health, found),
        "next_sync_at": _coming(found),
    }


def _coming(found: Source) -> Any:
    """When it is asked next, while that lies ahead."""
    when = found.next_sync_at
    return when if found.enabled and when is not None and when > timezone.now() else None


def _digest(health: Health, found: Source) -> str:
    """Changes when anything but the time that passes does."""
    parts = (
        health.state,
        health.word,
        health.last_event_at,
        health.last_error,
        health.waiting,
        sorted(health.totals.items()),
        found.synced_at,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _rows(project: Project) -> list[Row]:
    found = list(service.of_project(project))
    states = source_health.of_all(found)
    return [
        Row(each, source_kinds.info_for(each), states[each.pk], chart(states[each.pk].days))
        for each in found
    ]


def _way_in(info: KindInfo, project: Project) -> str:
    """Where a kind is connected, or where its reports are brought in."""
    if info.kind == Source.Kind.MANUAL:
        return reverse("feedback_new", args=[project.pk])
    if info.way == "here":
        anchor = "#script" if info.kind == Source.Kind.API else ""
        return reverse("project_import", args=[project.pk]) + anchor
    return reverse("source_new", args=[project.pk, info.kind])

"""What a correction answers: a page, or for a page that stays, a toast with its undo."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clusters.models import ClusterChange, Project
from clusters.services import changes
from credentials.errors import AppError, Forbidden, NotFound
from credentials.views.helpers import as_http, go, signed_in

CHANGED = "clusters-changed"  # the event that lists on the page listen for


def carry_out(
    request: HttpRequest,
    work: Callable[[], ClusterChange | None],
    *,
    to: Callable[[], str],
    done: str = "",
) -> HttpResponse:
    """Do it and say so, with the way back; a refusal is said, too, and changes nothing.

    `to`: the page to go to, asked for afterwards. `done`: said instead of the change's sentence.
    """
    try:
        change = work()
    except (Forbidden, NotFound) as error:
        raise as_http(error) from error
    except AppError as error:
        messages.error(request, error.message, extra_tags=_blocking(error))
        return _answer(request, to, status=409)
    if change is not None:
        undo = str(change.pk) if change.undone_at is None else ""
        messages.success(request, done or f"{changes.sentence(change)}.", extra_tags=undo)
    return _answer(request, to)


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page."""
    return bool(request.headers.get("HX-Request"))


def _blocking(error: AppError) -> str:
    """The newer change that can be undone instead, when the refusal names one."""
    return (
        str(error.extra["change"])
        if error.code == "changed_since" and "change" in error.extra
        else ""
    )


def _answer(request: HttpRequest, to: Callable[[], str], status: int = 200) -> HttpResponse:
    """A page that stays gets what it has to say and what changed; others go on."""
    if not wants_fragment(request):
        return go(request, to())
    projects = list(Project.objects.for_user(signed_in(request)).values_list("pk", flat=True))
    context = {"last_change": changes.newest(signed_in(request), projects)}
    answer = render(request, "clusters/_said.html", context, status=status)
    answer["HX-Reswap"] = "none"  # nothing but the parts that name their own place
    if status == 200:
        answer["HX-Trigger"] = json.dumps({CHANGED: True})
    return answer

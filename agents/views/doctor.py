"""What runs here and what does not: the page is there at once, what was found comes later."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from agents.services import checkups, runners
from agents.services import doctor as service
from credentials.models import Team
from credentials.views.helpers import Tab, signed_in, typed


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def doctor(request: HttpRequest) -> HttpResponse:
    """Every part, each with a place for what will be found; a POST looks again."""
    user = signed_in(request)
    teams = list(Team.objects.filter(memberships__user=user).order_by("-personal", "name"))
    team = _team(request, teams)
    parts = service.parts(operator=user.is_staff)
    address = reverse("doctor") + (f"?team={team.pk}" if team else "")
    if request.method == "POST":
        if not checkups.forget([part.name for part in parts], user, team):
            messages.info(request, "This was looked at a few seconds ago.")
        return redirect(address)
    now = "now" in request.GET  # for browsers without scripts
    context: dict[str, Any] = {
        "team": team,
        "tabs": _tabs(teams, team),
        "parts": [(part, checkups.lines(part.name, user, team) if now else None) for part in parts],
        "now": now,
        "default": runners.default(),
    }
    return render(request, "agents/doctor.html", context)


@never_cache
@require_safe
def doctor_part(request: HttpRequest, part: str) -> HttpResponse:
    """A fragment: the findings about one part."""
    user = signed_in(request)
    known = {each.name: each for each in service.parts(operator=True)}
    if part not in known:
        raise Http404("There is nothing of this name to look at.")
    if part == service.INSTALLATION and not user.is_staff:
        raise PermissionDenied("Only operators look at the installation.")
    team = _team(request, list(Team.objects.filter(memberships__user=user)))
    context = {
        "part": known[part],
        "lines": checkups.lines(part, user, team),
        "team": team,
        "default": runners.default(),
    }
    return render(request, "agents/_doctor_part.html", context)


def _team(request: HttpRequest, teams: list[Team]) -> Team | None:
    """The team of the address, else the first; 404 for one that is not the person's."""
    wanted = typed(request, "team")
    if not wanted:
        return teams[0] if teams else None
    for team in teams:
        if str(team.pk) == wanted:
            return team
    raise Http404("There is no such team.")


def _tabs(teams: list[Team], current: Team | None) -> list[Tab]:
    return [
        Tab(
            label=team.name,
            url=f"{reverse('doctor')}?team={team.pk}",
            current=team == current,
            count=None,
        )
        for team in teams
    ]

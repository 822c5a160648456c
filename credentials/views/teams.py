"""Teams: who is in, who is asked in, and as what."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials.errors import AppError, Forbidden
from credentials.models import Membership, Role, Team, User
from credentials.services import invitations, members
from credentials.services import teams as service
from credentials.team_forms import ROLES, InviteForm, TeamForm
from credentials.views.helpers import act, refuse, signed_in


@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    """The person's teams, and invitations to others."""
    user = signed_in(request)
    mine = Membership.objects.filter(user=user).select_related("team")
    context = {
        "memberships": mine.order_by("-team__personal", "team__name"),
        "invitations": invitations.open_for(user),
    }
    return render(request, "credentials/teams.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def team_new(request: HttpRequest) -> HttpResponse:
    """Make a team."""
    user = signed_in(request)
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            team = service.create_team(user, form.cleaned_data["name"])
        except AppError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{team} is made. Now ask people in.")
            return redirect("team", team.pk)
    return render(request, "credentials/team_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, team_id: int) -> HttpResponse:
    """The members; an owner asks others in here."""
    user = signed_in(request)
    known = _team(user, team_id)
    if request.method == "POST":
        _require_owner(user, known)
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = invitations.invite(user, known, **form.cleaned_data)
        except AppError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{made.login} is invited: it is accepted by signing in.")
            return redirect("team", known.pk)
    role = service.role_of(user, known)
    context = {
        "team": known,
        "form": form,
        "role": role,
        "is_owner": role == Role.OWNER,
        "roles": ROLES[:2] if known.personal else ROLES,
        "memberships": members.of_team(known),
        "invitations": invitations.open_of(known),
    }
    return render(request, "credentials/team.html", context)


@require_POST
def member_role(request: HttpRequest, team_id: int, membership_id: int) -> HttpResponse:
    """Give a member another role."""
    user = signed_in(request)
    known = _team(user, team_id)
    role = request.POST.get("role", "")
    return act(
        request,
        lambda: members.change_role(user, known, membership_id, role),
        to=reverse("team", args=[known.pk]),
        done="The role was changed, and holds from now on.",
    )


@require_POST
def member_remove(request: HttpRequest, team_id: int, membership_id: int) -> HttpResponse:
    """Take somebody out of the team."""
    user = signed_in(request)
    known = _team(user, team_id)
    return act(
        request,
        lambda: members.remove(user, known, membership_id),
        to=reverse("team", args=[known.pk]),
        done="They are no longer in the team. What they made stays.",
    )


@require_POST
def team_leave(request: HttpRequest, team_id: int) -> HttpResponse:
    """Leave a team."""
    user = signed_in(request)
    known = _team(user, team_id)
    return act(
        request,
        lambda: members.leave(user, known),
        to=reverse("teams"),
        done=f"You left {known}. What you made there stays.",
    )


@require_POST
def invitation_revoke(request: HttpRequest, team_id: int, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    user = signed_in(request)
    known = _team(user, team_id)
    return act(
        request,
        lambda: invitations.revoke(user, known, invitation_id),
        to=reverse("team", args=[known.pk]),
        done="The invitation was taken back.",
    )


@require_POST
def invitation_accept(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Join a team."""
    user = signed_in(request)
    return act(
        request,
        lambda: invitations.accept(user, invitation_id),
        to=reverse("teams"),
        done="You are in the team now.",
    )


def _team(user: User, team_id: int) -> Team:
    """A team of this person; 404 for any other."""
    return get_object_or_404(Team, pk=team_id, memberships__user=user)


def _require_owner(user: User, known: Team) -> None:
    try:
        service.require_owner(user, known)
    except Forbidden as error:
        raise PermissionDenied(error.message) from error

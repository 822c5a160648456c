"""Who is in a team, and as what."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Case, QuerySet, When

from credentials.errors import Conflict, Invalid, NotFound
from credentials.models import Membership, Role, Team, User
from credentials.services import audit, teams


def of_team(team: Team) -> QuerySet[Membership]:
    """The members, owners first. The caller checked the viewer."""
    rank = Case(*(When(role=role, then=at) for at, role in enumerate(Role.values)))
    return team.memberships.select_related("user").order_by(rank, "user__username")


@transaction.atomic
def change_role(user: User, team: Team, membership_id: int, role: str) -> Membership:
    """Give a member another role; a team never loses its last owner."""
    membership = _for_owner(user, team, membership_id)
    if role not in Role.values:
        raise Invalid("role_unknown", "Choose a role from the list.")
    if role == membership.role:
        return membership
    teams.check_role(team, role)
    if membership.role == Role.OWNER:
        _require_another_owner(team)
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    audit.record(
        actor=user,
        team=team,
        verb="member.role_changed",
        target=membership,
        member=membership.user.username,
        before=before,
        after=role,
    )
    return membership


@transaction.atomic
def remove(user: User, team: Team, membership_id: int) -> None:
    """Take somebody out of the team at once."""
    membership = _for_owner(user, team, membership_id)
    _end(user, team, membership, "member.removed")


@transaction.atomic
def leave(user: User, team: Team) -> None:
    """Go; the last owner cannot."""
    membership = _locked(team).filter(user=user).first()
    if membership is None:
        raise NotFound("team_not_found", "You are not in this team.")
    _end(user, team, membership, "member.left")


def _end(user: User, team: Team, membership: Membership, verb: str) -> None:
    if membership.role == Role.OWNER:
        _require_another_owner(team)
    audit.record(
        actor=user,
        team=team,
        verb=verb,
        target=membership,
        member=membership.user.username,
        role=membership.role,
    )
    membership.delete()


def _for_owner(user: User, team: Team, membership_id: int) -> Membership:
    members = _locked(team)
    teams.require_owner(user, team)
    membership = members.filter(pk=membership_id).first()
    if membership is None:
        raise NotFound("member_not_found", "There is no such member of this team.")
    return membership


def _locked(team: Team) -> QuerySet[Membership]:
    """The members, while nobody else changes them: two owners cannot remove each other."""
    Team.objects.select_for_update().get(pk=team.pk)
    return Membership.objects.filter(team=team).select_related("user")


def _require_another_owner(team: Team) -> None:
    if team.memberships.filter(role=Role.OWNER).count() < 2:
        raise Conflict("last_owner", "A team needs an owner: make somebody else an owner first.")

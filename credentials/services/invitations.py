"""Asking people into a team."""

from __future__ import annotations

import re

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from credentials.errors import Conflict, Invalid, NotFound
from credentials.models import Invitation, Membership, Provider, Role, Team, User
from credentials.services import audit, github, teams

Kind = Invitation.Kind
MOST_OPEN = 200
_GITHUB_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")
_OPEN = Q(accepted_at=None, revoked_at=None)


def open_of(team: Team) -> QuerySet[Invitation]:
    """Invitations to a team that nobody has accepted yet. The caller checked the viewer."""
    return team.invitations.filter(_OPEN).select_related("invited_by").order_by("-id")


def open_for(user: User) -> QuerySet[Invitation]:
    """Invitations that this person may accept."""
    names = Q(kind=Kind.USERNAME, login=user.username)
    if identity := github.identity_of(user):
        names |= Q(kind=Kind.GITHUB, login=identity.login.lower())
    return Invitation.objects.filter(_OPEN, names).select_related("team").order_by("id")


@transaction.atomic
def invite(user: User, team: Team, *, kind: str, login: str, role: str) -> Invitation:
    """Ask somebody in, by GitHub login or by user name here. Raises Invalid, Conflict."""
    teams.require_owner(user, team)
    login = _checked_login(kind, login)
    if role not in Role.values:
        raise Invalid("role_unknown", "Choose a role from the list.", fields={"role": ["Unknown."]})
    teams.check_role(team, role)
    if _is_member(team, kind, login):
        raise Conflict("member_already", f"{login} is in this team already.")
    if open_of(team).count() >= MOST_OPEN:
        raise Conflict("too_many", "There are many open invitations: take some back first.")
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                team=team, kind=kind, login=login, role=role, invited_by=user
            )
    except IntegrityError as error:
        raise Conflict("invited_already", f"{login} is invited to this team already.") from error
    audit.record(
        actor=user, team=team, verb="invitation.made", target=invitation, login=login, role=role
    )
    return invitation


@transaction.atomic
def revoke(user: User, team: Team, invitation_id: int) -> None:
    """Take an invitation back."""
    teams.require_owner(user, team)
    invitation = open_of(team).filter(pk=invitation_id).first()
    if invitation is None or not _end(invitation, "revoked_at"):
        raise NotFound("invitation_not_found", "There is no such open invitation.")
    audit.record(
        actor=user,
        team=team,
        verb="invitation.revoked",
        target=invitation,
        login=invitation.login,
    )


@transaction.atomic
def accept(user: User, invitation_id: int) -> Membership:
    """Become a member. A role that the person has in the team already stays as it is."""
    invitation = open_for(user).filter(pk=invitation_id).first()
    if invitation is None or not _end(invitation, "accepted_at"):
        raise NotFound("invitation_not_found", "There is no such open invitation for you.")
    membership, _ = Membership.objects.get_or_create(
        team=invitation.team, user=user, defaults={"role": invitation.role}
    )
    audit.record(
        actor=user,
        team=invitation.team,
        verb="invitation.accepted",
        target=invitation,
        role=membership.role,
    )
    return membership


def accept_all(user: User) -> list[Membership]:
    """Accept what is open for somebody who has just signed in."""
    joined = []
    for pk in list(open_for(user).values_list("pk", flat=True)):
        try:
            joined.append(accept(user, pk))
        except NotFound:
            continue  # another window accepted it, or it was taken back this moment
    return joined


def _end(invitation: Invitation, moment: str) -> bool:
    """Close an open invitation; False when somebody did before."""
    still_open = Invitation.objects.filter(_OPEN, pk=invitation.pk)
    return bool(still_open.update(**{moment: timezone.now()}))


def _checked_login(kind: str, login: str) -> str:
    login = login.strip().removeprefix("@")
    if kind == Kind.GITHUB:
        if not _GITHUB_LOGIN.fullmatch(login):
            raise _wrong_login("This is not a GitHub login: letters, digits and hyphens.")
        return login.lower()
    if kind != Kind.USERNAME:
        raise Invalid("kind_unknown", "Choose what the name is.", fields={"kind": ["Unknown."]})
    # Bound to somebody who exists: whoever takes a free name later must not inherit this.
    if "\0" in login or not User.objects.filter(username=login, is_active=True).exists():
        raise _wrong_login("Nobody here has this user name: check it, or use the GitHub login.")
    return login


def _is_member(team: Team, kind: str, login: str) -> bool:
    if kind == Kind.USERNAME:
        return team.memberships.filter(user__username=login).exists()
    accounts = SocialAccount.objects.filter(
        user__memberships__team=team, provider=Provider.GITHUB, extra_data__login__iexact=login
    )
    return bool(accounts.exists())


def _wrong_login(sentence: str) -> Invalid:
    return Invalid("login_invalid", sentence, fields={"login": [sentence]})

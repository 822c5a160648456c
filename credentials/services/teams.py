"""Teams, roles and rights."""

from __future__ import annotations

from django.db import transaction
from django.utils.text import slugify

from credentials.errors import Forbidden, Invalid
from credentials.models import Membership, Role, Team, User
from credentials.querysets import WRITERS
from credentials.services import audit

LONGEST_NAME = 200


@transaction.atomic
def create_team(user: User, name: str, *, personal: bool = False) -> Team:
    """A team with this person as its owner. Raises Invalid for a name that is none."""
    name = name.replace("\0", "").strip()
    if not 0 < len(name) <= LONGEST_NAME:
        text = f"A team's name has 1 to {LONGEST_NAME} characters."
        raise Invalid("name_invalid", text, fields={"name": [text]})
    team = Team.objects.create(name=name, slug=_free_slug(name), personal=personal)
    Membership.objects.create(team=team, user=user, role=Role.OWNER)
    audit.record(actor=user, team=team, verb="team.created", target=team)
    return team


def personal_team(user: User) -> Team:
    """The person's own team, made at first need."""
    team = Team.objects.filter(
        personal=True, memberships__user=user, memberships__role=Role.OWNER
    ).first()
    return team or create_team(user, str(user), personal=True)


def role_of(user: User, team: Team) -> Role | None:
    """The person's role in the team; None for a stranger."""
    role = Membership.objects.filter(team=team, user=user).values_list("role", flat=True).first()
    return Role(role) if role else None


def require_writer(user: User, team: Team) -> None:
    """Raise Forbidden unless the person may change things of this team."""
    if role_of(user, team) not in WRITERS:
        raise Forbidden(
            "read_only",
            "You can look but not change things here: ask an owner of the team for the member role.",
        )


def require_owner(user: User, team: Team) -> None:
    """Raise Forbidden unless the person owns this team."""
    if role_of(user, team) != Role.OWNER:
        raise Forbidden("owner_only", "Only an owner of the team can do this.")


def check_role(team: Team, role: str) -> None:
    """Raise Invalid for a second owner of a personal team: it is somebody's own."""
    if team.personal and role == Role.OWNER:
        text = "A personal team has one owner: make a new team to own it together."
        raise Invalid("personal_team", text, fields={"role": [text]})


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "team"
    taken = set(Team.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{base}-{n}") not in taken)

"""Every query starts from the viewer."""

from __future__ import annotations

from typing import ClassVar, Self, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from credentials.models.people import Role

M = TypeVar("M", bound=models.Model)

WRITERS = (Role.OWNER, Role.MEMBER)


class TeamScoped(models.QuerySet[M]):
    """A queryset that knows which team its rows belong to.

    Subclasses say how to get to the team: `team_path` is a lookup such as `"project__team"`.
    """

    team_path: ClassVar[str] = "team"

    def for_user(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """The rows that this person may see; none for a stranger."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(**{f"{self.team_path}__memberships__user": user})

    def writable_by(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """The rows that this person may change."""
        if not user.is_authenticated:
            return self.none()
        # One filter call: both conditions must hold for the same membership row.
        path = f"{self.team_path}__memberships"
        return self.filter(**{f"{path}__user": user, f"{path}__role__in": WRITERS})

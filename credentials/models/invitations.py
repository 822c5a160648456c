"""Invitations to teams."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from credentials.models.people import Role, Team, User


class Invitation(models.Model):
    """Somebody may become a member. Open until it is accepted or taken back."""

    class Kind(models.TextChoices):
        """Whose names these are: the two have nothing to do with each other."""

        GITHUB = "github", "GitHub login"
        USERNAME = "username", "User name here"

    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GITHUB)
    login = models.CharField(max_length=150)  # GitHub's in lower case: there the case is the same
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "kind", "login"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_login",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role"),
            models.CheckConstraint(
                condition=Q(kind__in=["github", "username"]), name="invitation_kind"
            ),
        ]
        # What is open for somebody who signs in.
        indexes = [models.Index(fields=["kind", "login"], name="invitations_of_login")]

    def __str__(self) -> str:
        return f"{self.login} to {self.team}"

"""People, teams, and what they did."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class User(AbstractUser):
    """A person who signs in."""

    full_name = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    # The name and address that this person's commits carry.
    commit_email = models.EmailField(blank=True)

    def __str__(self) -> str:
        return self.full_name or self.username

    @property
    def initials(self) -> str:
        """One or two letters for the avatar."""
        words = str(self).replace("_", " ").replace("-", " ").split()
        return "".join(word[0] for word in words[:2]).upper() or "?"


class Team(models.Model):
    """Owns everything: projects, feedback, jobs, keys."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=64, unique=True)
    personal = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do: a viewer reads, a member works, an owner also manages."""

    OWNER = "owner"
    MEMBER = "member"
    VIEWER = "viewer"


class Membership(models.Model):
    """One person's role in one team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_team"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} ({self.role})"


class AuditEvent(models.Model):
    """What a person (or the platform, when `actor` is empty) did to what."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="audit_events", null=True)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    verb = models.CharField(max_length=64)  # e.g. "plan.approved"
    target_type = models.CharField(max_length=64)
    target_id = models.BigIntegerField()
    data = models.JSONField(default=dict)  # never a secret
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        # A page's Activity tab: newest events of one target.
        indexes = [models.Index(fields=["target_type", "target_id", "-id"], name="audit_by_target")]

    def __str__(self) -> str:
        return f"{self.verb} {self.target_type} {self.target_id}"

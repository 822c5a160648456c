"""Keys of people and teams, encrypted, and every use that was made of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from credentials.models.people import Team


class Provider(models.TextChoices):
    """Whom a key opens."""

    ANTHROPIC = "anthropic", "Anthropic"
    OPENAI = "openai", "OpenAI"
    OPENROUTER = "openrouter", "OpenRouter"
    GOOGLE = "google", "Google Gemini"
    KILOCODE = "kilocode", "Kilo Code"
    E2B = "e2b", "E2B"
    AWS = "aws", "Amazon Web Services"
    OLLAMA = "ollama", "Ollama"
    GITHUB = "github", "GitHub"
    SLACK = "slack", "Slack"


class Credential(models.Model):
    """One key of one person or one team. Only `credentials.services.keys` reads the value.

    The value leaves the row when it is revoked; the row stays, for what was done with it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="credentials", null=True, blank=True
    )
    team = models.ForeignKey(
        Team, models.CASCADE, related_name="credentials", null=True, blank=True
    )
    provider = models.CharField(max_length=20, choices=Provider)
    ciphertext = models.TextField(editable=False)
    key_id = models.CharField(max_length=32, editable=False)  # of the key ring, for rotation
    last_four = models.CharField(max_length=4, editable=False)
    base_url = models.URLField(max_length=500, blank=True)  # another address than the provider's
    scopes = models.TextField(blank=True)  # as the provider names them, with commas
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    verified_at = models.DateTimeField(null=True, editable=False)  # asked last, good or not
    verify_error = models.TextField(blank=True, editable=False)  # empty: it was good
    revoked_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, team__isnull=False) | Q(user__isnull=False, team=None),
                name="credential_has_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(provider__in=Provider.values), name="credential_provider"
            ),
            models.UniqueConstraint(
                fields=["user", "provider"],
                condition=Q(revoked_at=None, user__isnull=False),
                name="one_active_credential_per_user",
            ),
            models.UniqueConstraint(
                fields=["team", "provider"],
                condition=Q(revoked_at=None, team__isnull=False),
                name="one_active_credential_per_team",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} …{self.last_four}"

    @property
    def is_active(self) -> bool:
        """It can be used now."""
        return self.revoked_at is None and not self.is_expired

    @property
    def is_expired(self) -> bool:
        """Its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()


class SharedSecret(models.Model):
    """What another system signs its messages to a team with. Only `credentials.services` reads it."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="shared_secrets")
    purpose = models.CharField(max_length=64)  # what it is for, as people call it
    ciphertext = models.TextField(editable=False)
    key_id = models.CharField(max_length=32, editable=False)  # of the key ring, for rotation
    last_four = models.CharField(max_length=4, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.purpose} …{self.last_four}"


class CredentialUse(models.Model):
    """A key was read, for a purpose and perhaps for a job."""

    credential = models.ForeignKey(Credential, models.CASCADE, related_name="uses")
    job_id = models.BigIntegerField(null=True)  # no foreign key: jobs live a floor above
    purpose = models.CharField(max_length=64)  # e.g. "job", "plan", "verify"
    used_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        # A key's newest uses, on the page of keys.
        # And the keys that a job used, on its page, which asks every few seconds.
        indexes = [
            models.Index(fields=["credential", "-id"], name="uses_of_credential"),
            models.Index(fields=["job_id"], name="uses_of_job", condition=Q(job_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.job_id or ''}".strip()

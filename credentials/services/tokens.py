"""Personal API tokens."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from credentials import one_time
from credentials.errors import Invalid, NotFound
from credentials.models import ApiToken, Scope, User
from credentials.services import audit

PREFIX = "soul_"
LONGEST_DAYS = 365


@transaction.atomic
def create(
    user: User, name: str, *, scope: str = Scope.READ, days: int = 90
) -> tuple[ApiToken, str]:
    """A token and its text, which nobody can see again. `days`: until it expires, at most 365."""
    name = name.strip()
    if not name:
        raise Invalid(
            "name_missing",
            "Give the token a name, so that you know later what uses it.",
            fields={"name": ["Needed."]},
        )
    if scope not in Scope.values:
        raise Invalid(
            "scope_unknown", "The scope is `read` or `write`.", fields={"scope": ["Unknown."]}
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid(
            "days_out_of_range",
            f"A token lives 1 to {LONGEST_DAYS} days.",
            fields={"days": ["Out of range."]},
        )
    text = one_time.new_text(PREFIX)
    token = ApiToken.objects.create(
        user=user,
        name=name[:100],
        scope=scope,
        digest=one_time.digest(text, "api-token"),
        last_four=text[-4:],
        expires_at=timezone.now() + timedelta(days=days),
    )
    audit.record(
        actor=user, team=None, verb="token.created", target=token, name=token.name, scope=scope
    )
    return token, text


@transaction.atomic
def revoke(user: User, token_id: int) -> ApiToken:
    """End one of the person's own tokens at once. Revoked already is fine."""
    token = ApiToken.objects.select_for_update().filter(user=user, pk=token_id).first()
    if token is None:
        raise NotFound("token_not_found", "There is no such token of yours.")
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        audit.record(actor=user, team=None, verb="token.revoked", target=token, name=token.name)
    return token


def find(text: str) -> ApiToken | None:
    """The active token of this text, its use noted once a minute; None when it opens nothing."""
    now = timezone.now()
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=one_time.digest(text, "api-token"), revoked_at=None, expires_at__gt=now)
        .first()
    )
    if token is None or not token.user.is_active:
        return None
    if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token

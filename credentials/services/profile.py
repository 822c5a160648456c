"""What people say about themselves."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from credentials.errors import Invalid
from credentials.models import User
from credentials.services import audit


@transaction.atomic
def update(user: User, *, full_name: str, commit_email: str, time_zone: str) -> User:
    """Change the person's own name, commit address and time zone (an IANA name)."""
    if time_zone not in available_timezones():
        raise Invalid(
            "time_zone_unknown",
            "Choose a time zone from the list.",
            fields={"time_zone": ["Unknown."]},
        )
    if commit_email:
        try:
            validate_email(commit_email)
        except ValidationError as error:
            raise Invalid(
                "email_invalid",
                "This is not an e-mail address.",
                fields={"commit_email": error.messages},
            ) from error
    user.full_name, user.commit_email, user.time_zone = (
        full_name.strip()[:200],
        commit_email,
        time_zone,
    )
    user.save(update_fields=["full_name", "commit_email", "time_zone"])
    audit.record(actor=user, team=None, verb="profile.updated", target=user)
    return user

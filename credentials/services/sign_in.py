"""One-time links that sign a person in, made by commands on the server."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from credentials import one_time
from credentials.errors import Invalid
from credentials.models import SignInLink, User


def create_link(user: User, *, minutes: int = 60) -> str:
    """The path of a link that works once, for `minutes`."""
    text = one_time.new_text("")
    SignInLink.objects.create(
        user=user,
        digest=one_time.digest(text, "sign-in"),
        expires_at=timezone.now() + timedelta(minutes=minutes),
    )
    return reverse("sign_in", args=[text])


def redeem(text: str) -> User:
    """The person of an unused link; the link is used up. Raises Invalid."""
    links = SignInLink.objects.filter(digest=one_time.digest(text, "sign-in"))
    now = timezone.now()
    # Only one of two racing requests changes the row.
    if not links.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        raise Invalid(
            "link_used",
            "This sign-in link was used already or is too old: make a new one with `bin/manage sign_in_link`.",
        )
    user = links.select_related("user").get().user
    if not user.is_active:
        raise Invalid("account_closed", "This account is closed: ask an operator.")
    return user

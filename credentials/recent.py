"""Whether a person has shown lately who they are: needed before keys are added or replaced."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

MINUTES = 15
SESSION_KEY = "signed_in_at"


@receiver(user_logged_in)
def note_sign_in(sender: object, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Every way to sign in sends this signal."""
    if request is not None and hasattr(request, "session"):
        request.session[SESSION_KEY] = int(time.time())


def has_signed_in_recently(request: HttpRequest) -> bool:
    """Signed in, or the password repeated, within the last MINUTES."""
    times = [float(request.session.get(SESSION_KEY, 0))]
    times += [float(record["at"]) for record in get_authentication_records(request, request.user)]
    return time.time() - max(times) < MINUTES * 60

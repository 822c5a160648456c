"""What happens when somebody arrives, whichever way they came in."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.signals import social_account_added
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from credentials.adapters import keep_token
from credentials.models import User
from credentials.services import invitations


@receiver(user_logged_in)
def accept_invitations(
    sender: object, user: User, request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Whoever was invited is in the team from now on."""
    for joined in invitations.accept_all(user):
        if request is not None and hasattr(request, "_messages"):
            messages.success(request, f"You are now in the team {joined.team}.")


@receiver(social_account_added)
def keep_connected_token(
    sender: object, request: HttpRequest, sociallogin: SocialLogin, **kwargs: Any
) -> None:
    """GitHub was connected to an account that was here before."""
    keep_token(request, sociallogin)
    invitations.accept_all(sociallogin.user)

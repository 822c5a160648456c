"""How allauth behaves here."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from credentials import github_sign_in, recent
from credentials.errors import AppError, Forbidden
from credentials.models import Provider, User
from credentials.services import github, teams
from credentials.sign_in_trouble import Trouble, page


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth is untyped
    """Accounts are made by sign-in with a forge or by an operator, not by a public form."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody registers with a password."""
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth is untyped
    """Who may come in with GitHub, what becomes of them, and where their token goes."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The operator's OAuth app, from the settings alone: no secret of it is in the database."""
        if not github_sign_in.is_set_up() or provider not in {None, Provider.GITHUB}:
            return []
        app = SocialApp(
            provider=Provider.GITHUB,
            name="GitHub",
            client_id=settings.GITHUB_CLIENT_ID,
            secret=settings.GITHUB_CLIENT_SECRET,
        )
        return [app]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Who is let in was decided before."""
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Turn away who may not come in; keep the new token of who is known."""
        connects = sociallogin.state.get("process") == AuthProcess.CONNECT
        try:
            github.require_allowed(sociallogin.account.extra_data["login"], sociallogin.token.token)
            if connects:
                self._require_own(request, sociallogin)
        except AppError as error:
            raise _stop(request, Trouble.REFUSED, error.message) from error
        if sociallogin.is_existing and sociallogin.user.is_active:
            keep_token(request, sociallogin)

    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: object = None
    ) -> User:
        """Somebody's first sign-in: the account with a team of its own."""
        try:
            with transaction.atomic():
                user: User = super().save_user(request, sociallogin, form)
                teams.personal_team(user)
        except IntegrityError as error:
            raise _stop(request, Trouble.TWICE) from error
        keep_token(request, sociallogin)
        return user

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """Named as on GitHub, with a number when somebody here has that name already."""
        user: User = sociallogin.user
        user.username = github.free_username(data["username"])
        user.full_name = data["name"].replace("\0", "").strip()[:200]
        return user

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: object) -> str:
        """Where the page says with which account."""
        return reverse("profile")

    def serialize_instance(self, instance: Model) -> dict[str, Any]:
        """What goes into a session on the way; a token never does."""
        if isinstance(instance, SocialToken):
            return {}
        serialized: dict[str, Any] = super().serialize_instance(instance)
        return serialized

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: object,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Say what went wrong in our own words; GitHub's may hold anything."""
        if error == AuthError.CANCELLED:
            raise _stop(request, Trouble.DENIED)
        if exception is None and not (extra_context or {}).get("state"):
            raise _stop(request, Trouble.STATE)
        raise _stop(request, Trouble.UNANSWERED)

    def _require_own(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """A GitHub account opens one account here, and the other way round."""
        login = sociallogin.account.extra_data["login"]
        if sociallogin.is_existing:
            if sociallogin.user != request.user:
                raise Forbidden("connected_other", f"{login} on GitHub opens another account here.")
            return
        if not isinstance(request.user, User):
            return  # signed out meanwhile: allauth sends them to the door
        if known := github.identity_of(request.user):
            raise Forbidden(
                "connected_already",
                f"Your account is connected to {known.login} on GitHub, and you came as {login}: "
                "switch accounts on GitHub, then try again.",
            )
        # Whoever holds a session for a moment must not make a lasting way in of it.
        if not recent.has_signed_in_recently(request):
            raise Forbidden(
                "sign_in_again",
                f"You signed in more than {recent.MINUTES} minutes ago: sign out and in again, "
                "then connect GitHub.",
            )


def keep_token(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Hand the token over; a sign-in succeeds without it, and says so."""
    token, granted = sociallogin.token, sociallogin.granted
    try:
        github.keep_token(
            sociallogin.user, token.token, scopes=granted, expires_at=token.expires_at
        )
    except AppError as error:
        messages.error(
            request, f"You are signed in, but your GitHub token was not kept. {error.message}"
        )
        return
    if lack := github.lacking(token.token, granted, github_sign_in.wanted_scopes()):
        messages.warning(request, lack)


def _stop(request: HttpRequest, trouble: Trouble, sentence: str = "") -> ImmediateHttpResponse:
    return ImmediateHttpResponse(page(request, trouble, sentence))

"""How allauth signs people in with GitHub here. Everything is read from the settings at use."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.base import AuthProcess, ProviderException
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse

READ_ORGANISATIONS = "read:org"


def is_set_up() -> bool:
    """Whether the operator has named an OAuth app."""
    return bool(settings.GITHUB_CLIENT_ID and settings.GITHUB_CLIENT_SECRET)


def callback_url() -> str:
    """The address that the OAuth app must name, whatever host a request came by."""
    return f"{settings.SITE_URL}{reverse('github_callback')}"


def wanted_scopes() -> list[str]:
    """What people are asked for."""
    scopes = list(settings.GITHUB_SCOPES)
    if settings.GITHUB_ALLOWED_ORGANISATIONS and READ_ORGANISATIONS not in scopes:
        scopes.append(READ_ORGANISATIONS)
    return scopes


class GitHubAdapter(GitHubOAuth2Adapter):  # type: ignore[misc] # allauth is untyped
    """GitHub, or a GitHub Enterprise server, by its two addresses."""

    @property
    def authorize_url(self) -> str:
        """Where people say yes."""
        return f"{settings.GITHUB_URL}/login/oauth/authorize"

    @property
    def access_token_url(self) -> str:
        """Where a code becomes a token."""
        return f"{settings.GITHUB_URL}/login/oauth/access_token"

    @property
    def profile_url(self) -> str:
        """Who the token belongs to."""
        return f"{settings.GITHUB_API_URL}/user"

    def get_provider(self) -> GitHubProvider:
        """404 where no operator has set it up."""
        if not is_set_up():
            raise Http404("Sign-in with GitHub is not set up here.")
        return super().get_provider()

    def get_callback_url(self, request: HttpRequest, app: object) -> str:
        """The one that the OAuth app knows."""
        return callback_url()

    def complete_login(
        self, request: HttpRequest, app: object, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """Ask who it is, and keep what GitHub granted beside the answer."""
        login = super().complete_login(request, app, token, **kwargs)
        granted = str(kwargs["response"].get("scope") or "")
        login.granted = sorted({scope for scope in granted.replace(",", " ").split() if scope})
        return login


class GitHubSignIn(GitHubProvider):  # type: ignore[misc] # allauth is untyped
    """Who somebody is on GitHub: a number and a login, nothing else is kept."""

    oauth2_adapter_class = GitHubAdapter
    pkce_enabled_default = True

    def get_scope(self) -> list[str]:
        """As the operator has chosen."""
        return wanted_scopes()

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Only where to go afterwards: a link must not ask for more scopes in our name."""
        connects = request.POST.get("process") == AuthProcess.CONNECT
        process = AuthProcess.CONNECT if connects else AuthProcess.LOGIN
        return {"process": process, "next_url": get_next_redirect_url(request)}

    def extract_uid(self, data: dict[str, Any]) -> str:
        """The number, which stays when the login changes."""
        if not isinstance(data.get("id"), int) or not isinstance(data.get("login"), str):
            raise ProviderException("GitHub did not say who this is.")
        return str(data["id"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """The login of today."""
        return {"id": data["id"], "login": data["login"]}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """No address: one that another account has would stop the sign-in half-way."""
        return {"username": data["login"], "name": str(data.get("name") or "")}


def is_member(organisation: str, login: str, token: str) -> bool:
    """Whether GitHub says so; raises requests.RequestException when it says nothing."""
    url = f"{settings.GITHUB_API_URL}/orgs/{organisation}/memberships/{login}"
    with get_adapter().get_requests_session() as session:
        answer = session.get(
            url, headers={"Authorization": f"token {token}"}, allow_redirects=False
        )
    if answer.status_code in {302, 403, 404}:
        return False
    answer.raise_for_status()
    return bool(answer.json().get("state") == "active")

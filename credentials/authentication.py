"""The two ways into the API: a session, or a personal token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from credentials.models import ApiToken, Scope, User
from credentials.services import tokens

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module while it loads


class ApiTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer soul_...`"""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's person; None without the header; 401 for a token that opens nothing."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = tokens.find(text.strip())
        if token is None:
            raise exceptions.AuthenticationFailed(
                "This token is unknown, revoked or expired: make a new one under Settings, API tokens.",
                code="token_invalid",
            )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """So that a missing token answers 401 and not 403."""
        return "Bearer"


class ScopedAccess(BasePermission):
    """Signed in; and a token that only reads changes nothing."""

    message = "This token may only read: make one with the scope `write`."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True for a session, and for a token whose scope covers the method."""
        if not request.user.is_authenticated:
            return False
        if isinstance(request.auth, ApiToken) and request.method not in SAFE_METHODS:
            return request.auth.scope == Scope.WRITE
        return True

"""People and their keys."""

from __future__ import annotations

from credentials.models.invitations import Invitation
from credentials.models.keys import Credential, CredentialUse, Provider, SharedSecret
from credentials.models.people import AuditEvent, Membership, Role, Team, User
from credentials.models.tokens import ApiToken, Scope, SignInLink

__all__ = [
    "ApiToken",
    "AuditEvent",
    "Credential",
    "CredentialUse",
    "Invitation",
    "Membership",
    "Provider",
    "Role",
    "Scope",
    "SharedSecret",
    "SignInLink",
    "Team",
    "User",
]

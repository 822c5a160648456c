"""People and their keys."""

from __future__ import annotations

from credentials.models.people import AuditEvent, Membership, Role, Team, User
from credentials.models.tokens import ApiToken, Scope, SignInLink

__all__ = ["ApiToken", "AuditEvent", "Membership", "Role", "Scope", "SignInLink", "Team", "User"]

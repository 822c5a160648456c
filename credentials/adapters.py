"""How allauth behaves here."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth is untyped
    """Accounts are made by sign-in with a forge or by an operator, not by a public form."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody registers with a password."""
        return False

"""What people are on GitHub, who may come in with it, and the token that their sign-in gave."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import requests
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.utils import timezone

from credentials import github_sign_in
from credentials.errors import Forbidden
from credentials.models import Credential, Provider, User
from credentials.services import credentials

# What a scope is part of: GitHub names the larger one alone.
_PART_OF = {
    "public_repo": "repo",
    "read:user": "user",
    "user:email": "user",
    "read:org": "admin:org",
}
_WITHOUT = {
    "repo": "private repositories cannot be read, and no branch or pull request can be made in them",
    "public_repo": "no branch or pull request can be made",
}


class Identity(NamedTuple):
    """A GitHub account: its number, which stays, and its login as of the last sign-in."""

    id: int
    login: str


def identity_of(user: User) -> Identity | None:
    """The GitHub account that this person signs in with."""
    account = SocialAccount.objects.filter(user=user, provider=Provider.GITHUB).first()
    return Identity(int(account.uid), str(account.extra_data["login"])) if account else None


def require_allowed(login: str, token: str) -> None:
    """Raise Forbidden when the operator lets only others in."""
    logins = {allowed.lower() for allowed in settings.GITHUB_ALLOWED_LOGINS}
    organisations = list(settings.GITHUB_ALLOWED_ORGANISATIONS)
    if not logins and not organisations:
        return
    if login.lower() in logins:
        return
    try:
        if any(github_sign_in.is_member(name, login, token) for name in organisations):
            return
    except requests.RequestException as error:
        raise Forbidden(
            "membership_unknown",
            "GitHub did not say which organisations you are in. Begin again in a moment.",
        ) from error
    raise Forbidden(
        "not_invited",
        f"This installation is open to chosen people only, and {login} is not one of them: ask "
        "its operator.",
    )


def free_username(login: str) -> str:
    """The login, or with a number behind it when somebody here is called so."""
    taken = {
        name.lower()
        for name in User.objects.filter(username__istartswith=login).values_list(
            "username", flat=True
        )
    }
    if login.lower() not in taken:
        return login
    return next(
        name for n in range(2, len(taken) + 3) if (name := f"{login}-{n}").lower() not in taken
    )


def keep_token(
    user: User, token: str, *, scopes: Sequence[str], expires_at: datetime | None
) -> Credential:
    """Store the token of a sign-in, encrypted, in place of the one before."""
    credential = credentials.put(
        user, user, Provider.GITHUB, token, scopes=",".join(scopes), expires_at=expires_at
    )
    # GitHub has just said whose it is.
    credential.verified_at = timezone.now()
    credential.save(update_fields=["verified_at"])
    return credential


def token_refused(user: User, sentence: str) -> None:
    """GitHub does not take this person's token any more: it is revoked here too."""
    active = Credential.objects.filter(user=user, provider=Provider.GITHUB, revoked_at=None)
    for pk in active.values_list("pk", flat=True):
        credentials.refused(pk, sentence, revoked=True)


def lacking(token: str, granted: Collection[str], wanted: Collection[str]) -> str:
    """What does not work with the scopes that GitHub granted, as a sentence; '' for nothing."""
    if token.startswith("ghu_"):
        return ""  # a GitHub App's: it has permissions and no scopes
    for scope, loss in _WITHOUT.items():
        if scope in wanted and scope not in granted and _PART_OF.get(scope) not in granted:
            return (
                f"GitHub did not grant “{scope}”: {loss}. Connect GitHub again under Profile, and "
                "leave everything ticked there."
            )
    return ""

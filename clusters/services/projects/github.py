"""GitHub as one person sees it: asked with their own token, each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from clusters import wiring
from clusters.forges.base import ForgeError
from clusters.forges.github import listing
from clusters.forges.github.listing import Listing
from credentials.models import User
from credentials.services import github


def is_connected(user: User) -> bool:
    """Whether this person has a GitHub token here; it may still turn out to be refused."""
    return wiring.has_github(user)


def search(user: User, query: str, page: int) -> Listing:
    """The repositories that the person may write to; raises ForgeError."""
    with _noting_refusals(user):
        return listing.repositories(wiring.github_client(user), query, page)


def writable(user: User, name: str) -> str:
    """What GitHub calls a repository that the person may connect; raises ForgeError."""
    with _noting_refusals(user):
        return wiring.check_github_repository(user, name)


@contextmanager
def _noting_refusals(user: User) -> Iterator[None]:
    """A token that GitHub does not take is not used again."""
    try:
        yield
    except ForgeError as error:
        if error.code == "token_invalid":
            github.token_refused(user, str(error))
        raise

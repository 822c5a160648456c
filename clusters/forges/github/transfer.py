"""Git to and from GitHub: with the token in memory, and with git's words told as the forge's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from clusters.forges.addresses import Remote, web_remote
from clusters.forges.base import DiskFull, GitError
from clusters.forges.github.client import BACKOFF, Client
from clusters.forges.github.errors import GitHubError, Place, no_write_access, token_invalid

T = TypeVar("T")

_PASSING = re.compile(
    r"error: (429|5\d\d)|timed? ?out|Connection|early EOF|RPC failed|hung up|Could not resolve"
    r"|unexpected disconnect|Empty reply|did not end within",
    re.IGNORECASE,
)


def remote_of(place: Place) -> Remote:
    """The repository as git reaches it; raises GitError for an address that is not allowed."""
    return web_remote(
        f"{place.url}.git",
        hosts=[urlsplit(place.web_url).netloc],
        user="x-access-token",
        secret=place.token,
    )


def transfer(client: Client, code: str, work: Callable[[Remote], T]) -> T:
    """Do what may be repeated, again while the connection is bad; raises GitHubError.

    `code` is the error's when git does not say what was wrong.
    """
    failures = 0
    while True:
        try:
            return work(remote_of(client.place))
        except GitError as error:
            failure = told(error, code, client.place)
            if failure.code != "forge_unavailable" or failures == len(BACKOFF):
                raise failure from None
        client.pause(BACKOFF[failures])
        failures += 1


def told(error: GitError, code: str, place: Place) -> GitHubError:
    """What git said about a transfer, as the forge's error."""
    text = str(error)
    if isinstance(error, DiskFull):
        return GitHubError("disk_full", text)
    if re.search(r"Authentication failed|could not read (Username|Password)|error: 401", text):
        return token_invalid(place)
    if "error: 403" in text:
        return no_write_access(place)
    if "not found" in text or "error: 404" in text or "error: 301" in text:
        return GitHubError("repository_unavailable", text, fix_url=place.url)
    if "remote rejected" in text:
        said = f"GitHub refused the push: {text} Look at the rules for the repository's branches."
        return GitHubError("push_refused", said, fix_url=f"{place.url}/settings/rules")
    if _PASSING.search(text):
        return GitHubError("forge_unavailable", f"GitHub could not be reached: {text}")
    return GitHubError(code, text)

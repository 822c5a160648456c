"""What GitHub's refusals mean to a person, and what they can do about them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from clusters.forges.base import ForgeError
from clusters.forges.github.answers import Answer

# With one of these a classic token may write to a repository; others have no scopes at all.
WRITING = frozenset({"repo", "public_repo"})
_MAX_QUOTED = 200


class GitHubError(ForgeError):
    """GitHub refused, or did not answer.

    `status` is that of its answer, 0 without one. `uncertain`: it may have done what was asked
    all the same, so look before asking again.
    """

    def __init__(self, code: str, message: str, *, fix_url: str = "") -> None:
        super().__init__(code, message, fix_url=fix_url)
        self.status = 0
        self.uncertain = False


@dataclass(frozen=True, slots=True)
class Place:
    """Which repository is asked for, and where its people put things right.

    `keys_url` is the page where the person changes the token.
    """

    repository: str
    web_url: str
    keys_url: str
    token: str = field(repr=False)

    @property
    def url(self) -> str:
        """The repository's page."""
        return f"{self.web_url}/{self.repository}"


def refusal(answer: Answer, place: Place) -> GitHubError:
    """A refused call as an error that says what to do."""
    error = _meaning(answer, place)
    error.status = answer.status
    return error


def _meaning(answer: Answer, place: Place) -> GitHubError:
    if answer.status >= 500:
        said = f"GitHub answered with an error ({answer.status}): try again in a few minutes."
        return GitHubError("forge_unavailable", said)
    match answer.status:
        case 401:
            return token_invalid(place)
        case 403:
            return _forbidden(answer, place)
        case 404:
            return _not_found(answer, place)
        case 409 if "empty" in answer.message.lower():
            said = f"{place.repository} has no commits yet: push a first one and try again."
            return GitHubError("repository_empty", said, fix_url=place.url)
        case 410 | 451:
            said = f"GitHub does not give {place.repository} out any more: {quoted(answer, place)}"
            return GitHubError("repository_unavailable", said, fix_url=place.url)
        case 422:
            return _invalid(answer, place)
    said = f"GitHub refused what was asked ({answer.status}): {quoted(answer, place)}"
    return GitHubError("forge_refused", said)


def scopes(headers: Mapping[str, str]) -> frozenset[str] | None:
    """The scopes of a classic token; None for the kinds of tokens that have none."""
    listed = headers.get("x-oauth-scopes")
    return None if listed is None else frozenset(s.strip() for s in listed.split(",") if s.strip())


def scope_missing(place: Place) -> GitHubError:
    """The token is fine, but it may do too little."""
    said = (
        "The GitHub token does not have the scope “repo”, so nothing can be pushed or opened with "
        "it. Connect GitHub again, or give a token that has it."
    )
    return GitHubError("scope_missing", said, fix_url=place.keys_url)


def no_write_access(place: Place) -> GitHubError:
    """The account may read but not write."""
    said = (
        f"Your GitHub account may not write to {place.repository}: ask its owner for write access, "
        "or connect a fork of your own."
    )
    return GitHubError("no_write_access", said, fix_url=place.url)


def archived(place: Place) -> GitHubError:
    """Nobody may write."""
    said = f"{place.repository} is archived on GitHub, so it cannot be changed: unarchive it first."
    return GitHubError("repository_archived", said, fix_url=f"{place.url}/settings")


def quoted(answer: Answer, place: Place) -> str:
    """GitHub's own words on one line, without the token; never ''."""
    parts = [answer.message, *(str(part.get("message") or "") for part in answer.problems)]
    text = " ".join(part for part in parts if part)
    text = text.replace(place.token, "***") if place.token else text
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain[:_MAX_QUOTED] or "it gave no reason."


def token_invalid(place: Place) -> GitHubError:
    """The token opens nothing any more."""
    said = (
        "GitHub does not accept the token any more: it was revoked or has expired. Connect GitHub "
        "again, then try again."
    )
    return GitHubError("token_invalid", said, fix_url=place.keys_url)


def _forbidden(answer: Answer, place: Place) -> GitHubError:
    message = answer.message.lower()
    if "required" in (sso := answer.headers.get("x-github-sso", "")):
        owner = place.repository.partition("/")[0]
        said = (
            f"The organisation {owner} wants this token authorised for its single sign-on: open "
            "the link, authorise it, then try again."
        )
        return GitHubError("sso_required", said, fix_url=_sso_url(sso, place))
    if "archived" in message:
        return archived(place)
    if "resource not accessible" in message or not _may(answer, WRITING):
        return scope_missing(place)
    if "blocked" in message or "disabled" in message:
        said = f"GitHub does not give {place.repository} out: {quoted(answer, place)}"
        return GitHubError("repository_unavailable", said, fix_url=place.url)
    return no_write_access(place)


def _not_found(answer: Answer, place: Place) -> GitHubError:
    if not _may(answer, {"repo"}):
        # GitHub hides a private repository from a token that may not see it.
        return scope_missing(place)
    said = (
        f"GitHub shows no repository {place.repository} to your account: check its name, and that "
        "you may read it."
    )
    return GitHubError("repository_unavailable", said, fix_url=place.url)


def _invalid(answer: Answer, place: Place) -> GitHubError:
    words = quoted(answer, place)
    text = " ".join([answer.message, *(str(part.get("message")) for part in answer.problems)])
    fields = {str(part.get("field")) for part in answer.problems}
    for pattern, code in (
        (r"already exists", "pr_exists"),
        (r"no commits between", "no_changes"),
        (r"draft pull requests? (is|are) not supported", "drafts_unsupported"),
    ):
        if re.search(pattern, text, re.IGNORECASE):
            return GitHubError(code, f"GitHub refused the pull request: {words}")
    if fields & {"head", "base"}:
        return GitHubError("branch_not_found", f"GitHub does not know the branch: {words}")
    return GitHubError("forge_refused", f"GitHub refused what was asked: {words}")


def _may(answer: Answer, any_of: Set[str]) -> bool:
    given = scopes(answer.headers)
    return given is None or bool(given & any_of)


def _sso_url(header: str, place: Place) -> str:
    found = re.search(r"url=(https?://[^\s;,]+)", header)
    url = found[1] if found else ""
    # Shown as a link: it must lead to the forge and nowhere else.
    return url if urlsplit(url).netloc == urlsplit(place.web_url).netloc else place.web_url

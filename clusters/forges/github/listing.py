"""The repositories that one person may write to, to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusters.forges.github import reading
from clusters.forges.github.client import Client
from clusters.forges.github.errors import GitHubError
from clusters.forges.github.reading import Facts

ENOUGH = 30
PER_PAGE = 100
# So that a search through thousands of repositories stays a few seconds and a few calls.
MOST_PAGES = 5
_OWNED = "owner,collaborator,organization_member"


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found; `next_page` is where to look on, None at the end."""

    repositories: Sequence[Facts]
    next_page: int | None = None


def repositories(client: Client, query: str = "", page: int = 1) -> Listing:
    """Repositories whose names contain every word, last pushed first. Raises ForgeError."""
    words = query.lower().split()
    found = _named(client, query.strip()) if page == 1 else []
    for at in range(page, page + MOST_PAGES):
        answer = client.call(
            "GET",
            "/user/repos",
            query={"affiliation": _OWNED, "sort": "pushed", "per_page": PER_PAGE, "page": at},
        )
        known = {each.full_name for each in found}
        found += [
            each
            for each in _writable(answer.data)
            if each.full_name not in known and all(word in each.full_name.lower() for word in words)
        ]
        if 'rel="next"' not in answer.headers.get("link", ""):
            return Listing(found)
        if len(found) >= ENOUGH:
            break
    return Listing(found, at + 1)


def _named(client: Client, name: str) -> list[Facts]:
    """The one that is called exactly so, which no list need contain."""
    try:
        path = f"/repos/{reading.check_full_name(name)}"
    except GitHubError:
        return []  # not a whole name
    try:
        return list(_writable([client.get(path)]))
    except GitHubError as error:
        if error.code == "token_invalid":
            raise
        return []  # half a name, or one that GitHub does not show: the list says what there is


def _writable(listed: Sequence[Mapping[str, Any]]) -> Iterator[Facts]:
    for data in listed:
        try:
            facts = reading.facts(data)
        except GitHubError:
            continue  # a name that would be unsafe in a path
        if facts.can_write and not facts.archived:
            yield facts

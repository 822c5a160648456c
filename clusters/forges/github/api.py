"""The calls of GitHub's API that the forge needs, and what they have told so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from clusters.forges.base import Comment, Pull
from clusters.forges.github import reading
from clusters.forges.github.client import Client
from clusters.forges.github.errors import GitHubError, Place
from clusters.forges.github.reading import Account, Facts

Json = Mapping[str, Any]


class Api:
    """One repository. `renamed` is told its new name when it has moved. Raises ForgeError.

    What cannot change while a job prepares (rights, account, branches) is asked once.
    """

    def __init__(self, client: Client, renamed: Callable[[str], None]) -> None:
        self.client = client
        self.told: dict[int, Pull] = {}
        self.nodes: dict[int, str] = {}
        self._renamed = renamed
        self._facts: Facts | None = None
        self._account: Account | None = None
        self._branches: dict[str, Json | None] = {}

    @property
    def place(self) -> Place:
        """The repository by its present name."""
        return self.client.place

    def path(self, rest: str = "") -> str:
        """A path below the repository's."""
        return f"/repos/{self.place.repository}{f'/{rest}' if rest else ''}"

    def facts(self) -> Facts:
        """What GitHub says about the repository."""
        if self._facts is None:
            self._facts = reading.facts(self.client.get(self.path()))
            self._follow(self._facts.full_name)
        return self._facts

    def look_again(self) -> bool:
        """Ask for the repository once more; whether it is called something else by now."""
        before, self._facts = self.place.repository, None
        self.facts()
        return self.place.repository != before

    def account(self) -> Account:
        """Whose token it is."""
        if self._account is None:
            self._account = reading.account(self.client.get("/user"))
        return self._account

    def branch(self, name: str) -> Json | None:
        """A branch as GitHub describes it; None when it is not there."""
        if name not in self._branches:
            self._branches[name] = self._found(f"branches/{quote(name, safe='')}")
        return self._branches[name]

    def pulls(self, **query: object) -> Sequence[Json]:
        """The newest hundred pull requests of a search."""
        listed: Sequence[Json] = self.client.get(self.path("pulls"), {"per_page": 100, **query})
        return listed

    def pulls_of(self, branch: str, state: str) -> Sequence[Json]:
        """Those whose head is a branch of this repository, newest first."""
        owner = self.place.repository.partition("/")[0]
        hops = self.client.hops
        listed = self.pulls(head=f"{owner}:{branch}", state=state, sort="created", direction="desc")
        if self.client.hops != hops and self.look_again():
            return self.pulls_of(branch, state)  # under a new owner, the search means nobody
        return [data for data in listed if self.is_of(data, branch)]

    def is_of(self, data: Json, branch: str) -> bool:
        """Whether a pull request's head is this branch of this repository, and not of a fork."""
        here = reading.head_repository(data).lower() in {"", self.place.repository.lower()}
        return here and data["head"]["ref"] == branch

    def pull(self, number: int) -> Json:
        """One pull request; raises ForgeError('pr_not_found')."""
        data = self._found(f"pulls/{number}")
        if data is None:
            said = f"There is no pull request {number} in {self.place.repository}."
            raise GitHubError("pr_not_found", said, fix_url=f"{self.place.url}/pulls")
        return data

    def comments(self, number: int) -> list[Comment]:
        """The first hundred comments of a pull request."""
        listed = self.client.get(self.path(f"issues/{number}/comments"), {"per_page": 100})
        return [reading.comment(data) for data in listed]

    def change(self, number: int, changes: Json) -> Pull:
        """Change a pull request's fields."""
        answer = self.client.call("PATCH", self.path(f"pulls/{number}"), body=dict(changes))
        return self.tell(answer.data)

    def tell(self, data: Json, comments: Sequence[Comment] = ()) -> Pull:
        """A pull request that GitHub told of, which is kept."""
        pull = reading.pull(data, comments)
        self._follow(reading.check_full_name(str(data["base"]["repo"]["full_name"])))
        self.nodes[pull.number] = str(data.get("node_id") or "")
        return self.keep(pull)

    def keep(self, pull: Pull) -> Pull:
        """Keep what is known of a pull request now."""
        self.told[pull.number] = pull
        return pull

    def forget(self, branch: str) -> None:
        """A branch has moved: what was told of its pull requests is not true any more."""
        self.told = {n: pull for n, pull in self.told.items() if pull.branch != branch}

    def _found(self, rest: str) -> Json | None:
        try:
            data: Json = self.client.get(self.path(rest))
        except GitHubError as error:
            if error.status != 404 or error.code == "scope_missing":
                raise
            # The repository itself is there, or this would be about the repository.
            self.facts()
            return None
        return data

    def _follow(self, name: str) -> None:
        if name != self.place.repository:
            self.client.place = replace(self.place, repository=name)
            self._renamed(name)

"""A repository on GitHub, seen and changed with one person's token."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from clusters.forges import interrupts, merging
from clusters.forges.addresses import Remote
from clusters.forges.base import Access, Author, Finding, GitError, Pull, PullState
from clusters.forges.branches import check_branch
from clusters.forges.diffs import ChangedFile, Commit
from clusters.forges.github import errors, findings, opening, reading
from clusters.forges.github.api import Api, Json
from clusters.forges.github.client import Client
from clusters.forges.github.errors import GitHubError, Place
from clusters.forges.github.transfer import transfer
from clusters.forges.mirrors import Mirror
from clusters.forges.pulls import body_text, one_line

_READY = (
    "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) "
    "{ pullRequest { isDraft } } }"
)


class GitHubForge:
    """One repository on GitHub or GitHub Enterprise. Raises ForgeError.

    `web_url` is where its pages and git are, `api_url` where REST is. `patience` is how many
    seconds a call may wait when GitHub limits us; `renamed` is told a repository's new name.
    `keys_url` is the page on which the person changes the token.
    """

    kind = "github"

    def __init__(
        self,
        repository: str,
        token: str,
        mirror_path: Path,
        *,
        web_url: str,
        api_url: str,
        keys_url: str = "",
        timeout: float = 20.0,
        patience: float = 0.0,
        wait: Callable[[float], None] = interrupts.pause,
        now: Callable[[], float] = time.time,
        renamed: Callable[[str], None] = lambda name: None,
    ) -> None:
        web = web_url.rstrip("/")
        keys = keys_url or f"{web}/settings/tokens"
        place = Place(reading.check_full_name(repository), web, keys, token)
        client = Client(
            token, place, api_url=api_url, timeout=timeout, patience=patience, wait=wait, now=now
        )
        self._client = client
        self._api = Api(client, renamed)
        self._mirror = Mirror(mirror_path)
        self._pushed: set[str] = set()

    def __repr__(self) -> str:
        return f"GitHubForge({self.repository!r})"

    @property
    def repository(self) -> str:
        """Its name, which is the new one after a rename or a transfer."""
        return self._api.place.repository

    @property
    def calls(self) -> int:
        """How often GitHub's API was called."""
        return self._client.calls

    def access(self) -> Access:
        """What this account may do; asked once."""
        facts, place = self._api.facts(), self._api.place
        empty = facts.maybe_empty and self._api.branch(facts.default_branch) is None
        reason = ""
        if facts.archived:
            reason = str(errors.archived(place))
        elif not facts.can_write:
            reason = str(errors.no_write_access(place))
        elif empty:
            reason = "The repository has no commits yet: push a first one and try again."
        return Access(facts.can_write and not facts.archived, facts.default_branch, empty, reason)

    def noreply(self) -> str:
        """The address that hides the account's own, by which GitHub still knows whose work it is."""
        account, host = self._api.account(), urlsplit(self._api.place.web_url).hostname
        return f"{account.id}+{account.login}@users.noreply.{host}"

    def findings(
        self,
        candidate_files: Sequence[str],
        branch: str,
        *,
        base_branch: str = "",
        issues: Sequence[int] = (),
        mark: str = "",
        author: str = "",
    ) -> list[Finding]:
        """What stands in the way of a change. Our own author is the token's owner here."""
        intent = findings.Intent(candidate_files, branch, base_branch, issues, mark)
        return findings.inspect(self._api, self._with_heads, intent)

    def mirror(self) -> Mirror:
        """The worker's mirror, fetched with this person's token."""
        self._api.facts()
        self._transfer("repository_unavailable", self._mirror.fetch)
        return self._mirror

    def push(self, mirror: Mirror, sha: str, branch: str) -> None:
        """Push a commit to a branch; only forward or to a new branch."""
        self._check(branch)
        self._api.facts()
        self._transfer("push_rejected", lambda to: mirror.push(to, sha, branch))
        self._api.forget(branch)
        self._pushed.add(branch)

    def delete_branch(self, branch: str) -> None:
        """Delete a branch, which closes its pull request; one that is not there is fine."""
        self._check(branch)
        if branch == self._api.facts().default_branch:
            raise GitHubError("branch_protected", f"{branch} is the default branch: it stays.")
        self._mirror.create()
        self._transfer("push_rejected", lambda to: self._mirror.delete_remote(to, branch))
        self._api.forget(branch)

    def find_pr(self, branch: str) -> Pull | None:
        """The newest pull request of a branch of this repository, in any state."""
        found = self._api.pulls_of(branch, "all")
        newest = max(found, key=lambda data: int(data["number"]), default=None)
        return None if newest is None else self._api.tell(newest)

    def get_pr(self, number: int, *, comments: bool = True) -> Pull:
        """One pull request; raises ForgeError('pr_not_found')."""
        data = self._api.pull(number)
        wanted = comments and data.get("comments")
        return self._api.tell(data, self._api.comments(number) if wanted else ())

    def recall(self, number: int) -> Pull:
        """What was last told of a pull request, or else is told now."""
        return self._api.told.get(number) or self.get_pr(number, comments=False)

    def open_draft(
        self,
        *,
        branch: str,
        base_branch: str,
        title: str,
        body: str,
        author: Author,
        draft: bool = True,
    ) -> Pull:
        """Open a draft in the token owner's name; an open one of the branch is returned instead."""
        self._check(branch)
        wanted = opening.Proposal(
            branch, base_branch, one_line(title) or branch, body_text(body), draft
        )
        return opening.open_once(self._api, wanted, pushed=branch in self._pushed)

    def update(self, number: int, *, title: str | None = None, body: str | None = None) -> Pull:
        """Change title or text."""
        changes = {}
        if title is not None and one_line(title):
            changes["title"] = one_line(title)
        if body is not None:
            changes["body"] = body_text(body)
        return self._api.change(number, changes) if changes else self.recall(number)

    def mark_ready(self, number: int) -> Pull:
        """A draft no more; REST cannot do it, so GraphQL is asked."""
        before = self.recall(number)
        if before.state is not PullState.OPEN:
            said = f"Pull request {number} is {before.state} already."
            raise GitHubError("pr_not_open", said, fix_url=before.url)
        if not before.draft:
            return before
        self._client.graphql(_READY, {"id": self._api.nodes[number]})
        return self._api.keep(replace(before, draft=False))

    def comment(self, number: int, text: str, *, author: str) -> None:
        """Say something below a pull request, in the token owner's name."""
        opening.say_once(self._api, number, body_text(text))

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        """Put labels on a pull request; GitHub makes those that are new."""
        path = self._api.path(f"issues/{number}/labels")
        self._client.call("POST", path, body={"labels": list(labels)}, repeat=True)

    def request_reviewers(self, number: int, reviewers: Sequence[str]) -> None:
        """Ask people and teams ("organisation/team") to review it."""
        body = {
            "reviewers": [name for name in reviewers if "/" not in name],
            "team_reviewers": [name.partition("/")[2] for name in reviewers if "/" in name],
        }
        path = self._api.path(f"pulls/{number}/requested_reviewers")
        self._client.call("POST", path, body=body, repeat=True)

    def close(self, number: int) -> Pull:
        """Close without merging; one that is closed or merged stays as it is."""
        return self._api.change(number, {"state": "closed"})

    def merge(self, number: int, *, author: Author) -> Pull:
        """Merge into the base branch, in the token owner's name."""
        pull = self.get_pr(number, comments=False)
        if pull.state is PullState.MERGED:
            return pull
        if pull.state is not PullState.OPEN:
            raise GitHubError("pr_not_open", f"Pull request {number} is {pull.state} already.")
        if pull.draft:
            raise GitHubError("pr_is_draft", "It is still a draft: mark it ready first.")
        opening.merge(self._api, pull)
        return self.get_pr(number, comments=False)

    def diff(self, number: int) -> str:
        """The unified difference of a pull request, cut at a size limit."""
        with self._reading(number) as (base, head):
            return self._mirror.diff(base, head)

    def commits(self, number: int) -> list[Commit]:
        """The commits of a pull request, oldest first."""
        with self._reading(number) as (base, head):
            return self._mirror.commits(base, head)

    def changed(self, number: int) -> list[ChangedFile]:
        """The files that a pull request changes."""
        with self._reading(number) as (base, head):
            return self._mirror.changed(base, head)

    @contextmanager
    def _reading(self, number: int) -> Iterator[tuple[str, str]]:
        """Where a pull request begins and ends, with both commits in the mirror."""
        pull = self.recall(number)  # which GitHub told to this person
        try:
            self._bring([pull])
            yield merging.merge_base(self._mirror.path, pull.base_sha, pull.head_sha), pull.head_sha
        except (GitError, merging.ConflictError) as error:
            raise GitHubError("repository_unavailable", str(error), fix_url=pull.url) from None

    def _with_heads(self, listed: Sequence[Json]) -> Mirror:
        self._bring([reading.pull(data) for data in listed])
        return self._mirror

    def _bring(self, pulls: Sequence[Pull]) -> None:
        """Fetch the commits of pull requests that the mirror does not have yet."""
        self._mirror.create()
        self._mirror.touch()
        if all(self._mirror.has(sha) for p in pulls for sha in (p.base_sha, p.head_sha)):
            return
        mirror = self.mirror()
        missing = [pull.number for pull in pulls if not mirror.has(pull.head_sha)]
        if missing:
            # Of forks, or of branches that were deleted: GitHub keeps them by the number.
            refs = [f"+refs/pull/{number}/head:refs/pull/{number}/head" for number in missing]
            self._transfer("repository_unavailable", lambda to: mirror.fetch_refs(to, *refs))

    def _transfer(self, code: str, work: Callable[[Remote], None]) -> None:
        """Let git do something, under the new name when the repository has moved meanwhile."""
        try:
            transfer(self._client, code, work)
        except GitHubError as error:
            if error.code != "repository_unavailable" or not self._api.look_again():
                raise
            transfer(self._client, code, work)

    def _check(self, branch: str) -> None:
        try:
            check_branch(branch)
        except GitError as error:
            raise GitHubError("branch_invalid", str(error)) from None

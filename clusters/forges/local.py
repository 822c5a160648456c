"""The local forge: a bare repository and a file of pull requests, for trying the product out.

The user's own repository is only read. Its branches are copied to a bare repository of the
product, where work is pushed, reviewed and merged.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from clusters.forges import copying, merging
from clusters.forges.base import Access, Author, Finding, ForgeError, Pull, PullState, telling
from clusters.forges.branches import check_branch
from clusters.forges.detect import inspect
from clusters.forges.mirrors import ChangedFile, Commit, Mirror, locked
from clusters.forges.pulls import MAX_COMMENTS, Pulls, body_text, branch_taken, one_line, remark
from clusters.forges.remotes import choose_default, remote_heads


class LocalForge:
    """One repository on this machine, with its pull requests. Raises ForgeError."""

    kind = "local"
    calls = 0  # there is nobody to call

    def __init__(self, home: Path, mirror_path: Path, *, source: Path | None = None) -> None:
        self._home = home.absolute()
        self._mirror_path = mirror_path
        self._source = source.absolute() if source else None
        self._repository = Mirror(self._home / "repository.git")
        self._pulls = Pulls(self._home / "pulls.json")

    @property
    def repository(self) -> str:
        """Where the user's own repository is, or ours without one."""
        return str(self._source or self._repository.path)

    def noreply(self) -> str:
        """Nobody gives addresses out here."""
        return ""

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
        """Whether somebody else uses the branch: there is nobody else to ask."""
        return [
            branch_taken(pull)
            for pull in self._open_pulls(branch)
            if pull.author != author and not (mark and mark in pull.body)
        ]

    def access(self) -> Access:
        """What is possible here; a source that is no repository raises repository_unavailable."""
        source = self._checked_source()
        with telling("repository_unavailable"):
            self._repository.create()
            named, branches = self._repository.default_branch(), self._repository.branches()
            if named not in branches and source:
                head, found = remote_heads(str(source))
                branches = {n: s for n, s in found.items() if not n.startswith(copying.OWN_PREFIX)}
                named = choose_default(head, named, branches)
        reason = "" if branches else "The repository has no commits yet: commit its files first."
        return Access(can_write=True, default_branch=named, empty=not branches, reason=reason)

    def mirror(self) -> Mirror:
        """Copy what is new in the source, then fetch the worker's mirror."""
        source = self._checked_source()
        mirror = Mirror(self._mirror_path)
        with telling("repository_unavailable"):
            self._repository.create()
            if source:
                with locked(self._home / "source.lock"):
                    copying.copy_branches(source, self._repository)
            mirror.fetch(str(self._repository.path))
        return mirror

    def push(self, mirror: Mirror, sha: str, branch: str) -> None:
        """Push a commit to a branch; only forward or to a new branch."""
        with telling("push_rejected"):
            self._repository.create()
            mirror.push(str(self._repository.path), sha, branch)
        with self._pulls.lock():
            for pull in self._open_pulls(branch):
                self._keep(pull)

    def delete_branch(self, branch: str) -> None:
        """Delete a branch and close its open pull request; one that is not there is fine."""
        with telling("branch_invalid"):
            check_branch(branch)
        if branch == self._default_branch():
            raise ForgeError("branch_protected", f"{branch} is the default branch: it stays.")
        with self._pulls.lock(), telling("forge_unavailable"):
            for pull in self._open_pulls(branch):
                self._keep(replace(pull, state=PullState.CLOSED))
            self._repository.delete_ref(f"refs/heads/{branch}")

    def find_pr(self, branch: str) -> Pull | None:
        """The newest pull request of a branch, in any state."""
        return next((pull for pull in self.pulls() if pull.branch == branch), None)

    def get_pr(self, number: int, *, comments: bool = True) -> Pull:
        """One pull request; raises ForgeError('pr_not_found')."""
        return self._fresh(self._pulls.get(number), self._heads())

    def recall(self, number: int) -> Pull:
        """The same: asking costs nothing here."""
        return self.get_pr(number)

    def pulls(self, state: PullState | None = None) -> list[Pull]:
        """The pull requests, newest first; only those in `state` if one is given."""
        heads = self._heads()
        return [self._fresh(p, heads) for p in self._pulls.all() if state in (None, p.state)]

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
        """Open a draft; the open one of the same branch is returned instead of a second one."""
        with self._pulls.lock():
            for pull in self._open_pulls(branch):
                return pull
            head, base = self._branch(branch), self._branch(base_branch)
            start = self._merge_base(base, head)
            if start == head:
                raise ForgeError("no_changes", f"{branch} has nothing that {base_branch} has not.")
            opened = Pull(
                number=0,
                url="",
                branch=branch,
                base_branch=base_branch,
                title=one_line(title) or branch,
                body=body_text(body),
                state=PullState.OPEN,
                draft=draft,
                head_sha=head,
                base_sha=start,
                author=one_line(author.name),
            )
            return self._keep(self._pulls.add(opened))

    def update(self, number: int, *, title: str | None = None, body: str | None = None) -> Pull:
        """Change title or text."""
        with self._changing(number) as pull:
            new_title = pull.title if title is None else one_line(title) or pull.title
            new_body = pull.body if body is None else body_text(body)
            return self._keep(replace(pull, title=new_title, body=new_body))

    def mark_ready(self, number: int) -> Pull:
        """A draft no more; raises ForgeError('pr_not_open')."""
        with self._changing(number) as pull:
            _must_be_open(pull)
            return self._keep(replace(pull, draft=False)) if pull.draft else pull

    def comment(self, number: int, text: str, *, author: str) -> None:
        """Say something below a pull request."""
        with self._changing(number) as pull:
            if len(pull.comments) >= MAX_COMMENTS:
                raise ForgeError("too_many_comments", f"It has {MAX_COMMENTS} comments already.")
            self._keep(replace(pull, comments=(*pull.comments, remark(author, text))))

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        """Put labels on a pull request."""
        with self._changing(number) as pull:
            wanted = dict.fromkeys([*pull.labels, *(one_line(label) for label in labels)])
            self._keep(replace(pull, labels=list(wanted)))

    def request_reviewers(self, number: int, reviewers: Sequence[str]) -> None:
        """Nobody can be asked here: whoever sees the page reviews it."""

    def close(self, number: int) -> Pull:
        """Close without merging; one that is closed or merged stays as it is."""
        with self._changing(number) as pull:
            if pull.state is not PullState.OPEN:
                return pull
            return self._keep(replace(pull, state=PullState.CLOSED))

    def merge(self, number: int, *, author: Author) -> Pull:
        """Merge into the base branch; one that is merged already is returned as it is."""
        with self._changing(number) as pull:
            if pull.state is PullState.MERGED:
                return pull
            _must_be_open(pull)
            if pull.draft:
                raise ForgeError("pr_is_draft", "It is still a draft: mark it ready first.")
            return self._keep(self._merged(pull, author))

    def diff(self, number: int) -> str:
        """The unified difference of a pull request, cut at a size limit."""
        pull = self.get_pr(number)
        with telling("forge_unavailable"):
            return self._repository.diff(pull.base_sha, pull.head_sha)

    def commits(self, number: int) -> list[Commit]:
        """The commits of a pull request, oldest first."""
        pull = self.get_pr(number)
        with telling("forge_unavailable"):
            return self._repository.commits(pull.base_sha, pull.head_sha)

    def changed(self, number: int) -> list[ChangedFile]:
        """The files that a pull request changes."""
        pull = self.get_pr(number)
        with telling("forge_unavailable"):
            return self._repository.changed(pull.base_sha, pull.head_sha)

    def _checked_source(self) -> Path | None:
        if self._source is None:
            return None
        detected = inspect(self._source)
        if not detected.git:
            raise ForgeError("repository_unavailable", detected.reason)
        return self._source

    def _heads(self) -> Mapping[str, str]:
        with telling("forge_unavailable"):
            self._repository.create()
            return self._repository.branches()

    def _default_branch(self) -> str:
        with telling("forge_unavailable"):
            self._repository.create()
            return self._repository.default_branch()

    def _branch(self, name: str) -> str:
        with telling("branch_not_found"):
            return self._repository.resolve(f"refs/heads/{check_branch(name)}")

    def _open_pulls(self, branch: str) -> list[Pull]:
        return [pull for pull in self.pulls(PullState.OPEN) if pull.branch == branch]

    def _fresh(self, pull: Pull, heads: Mapping[str, str]) -> Pull:
        # A person may have pushed to the bare repository without asking this forge.
        head = heads.get(pull.branch, pull.head_sha)
        base = heads.get(pull.base_branch)
        if pull.state is not PullState.OPEN or head == pull.head_sha or base is None:
            return pull
        return replace(pull, head_sha=head, base_sha=self._merge_base(base, head))

    def _merge_base(self, base: str, head: str) -> str:
        try:
            return merging.merge_base(self._repository.path, base, head)
        except merging.ConflictError as error:
            raise ForgeError("merge_conflict", str(error)) from None

    @contextmanager
    def _changing(self, number: int) -> Iterator[Pull]:
        with self._pulls.lock():
            yield self.get_pr(number)

    def _keep(self, pull: Pull) -> Pull:
        # So that its commits outlive its branch.
        with telling("forge_unavailable"):
            self._repository.update_ref(f"refs/pull/{pull.number}/head", pull.head_sha)
        return self._pulls.keep(pull)

    def _merged(self, pull: Pull, author: Author) -> Pull:
        base = self._branch(pull.base_branch)
        start = self._merge_base(base, pull.head_sha)
        if start == pull.head_sha:
            # An earlier attempt, or a person, moved the base branch and got no further.
            return replace(pull, state=PullState.MERGED, merge_sha=base)
        sha = self._merge_commit(pull, base, author)
        with telling("base_moved"):
            self._repository.update_ref(f"refs/heads/{pull.base_branch}", sha, old=base)
        return replace(pull, state=PullState.MERGED, base_sha=start, merge_sha=sha)

    def _merge_commit(self, pull: Pull, base: str, author: Author) -> str:
        message = f"Merge pull request #{pull.number}: {pull.title}\n"
        try:
            with telling("forge_unavailable"):
                tree = merging.merged_tree(self._repository.path, base, pull.head_sha)
                return self._repository.commit_tree(
                    tree, [base, pull.head_sha], message, author, seconds=int(time.time())
                )
        except merging.ConflictError as error:
            sentence = f"{error} Update {pull.branch} with {pull.base_branch} and try again."
            raise ForgeError("merge_conflict", sentence) from None


def _must_be_open(pull: Pull) -> None:
    if pull.state is not PullState.OPEN:
        raise ForgeError("pr_not_open", f"Pull request {pull.number} is {pull.state} already.")

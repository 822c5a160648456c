"""The local forge: a bare repository and a file of pull requests, for trying the product out.

The user's own repository is only read. Its branches are copied to a bare repository of the
product, where work is pushed, reviewed and merged.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from clusters.forges import merging
from clusters.forges.base import Access, Author, ForgeError, Pull, PullState
from clusters.forges.branches import check_branch
from clusters.forges.detect import inspect
from clusters.forges.mirrors import ChangedFile, Commit, GitError, Mirror, locked
from clusters.forges.pulls import MAX_COMMENTS, Pulls, body_text, one_line, remark
from clusters.forges.remotes import choose_default, remote_heads

# Branches of the product's own making; those of the user's repository are never copied.
OWN_PREFIX = "soulcaster/"


class LocalForge:
    """One repository on this machine, with its pull requests. Raises ForgeError."""

    kind = "local"

    def __init__(self, home: Path, mirror_path: Path, *, source: Path | None = None) -> None:
        self._home = home.absolute()
        self._mirror_path = mirror_path
        self._source = source.absolute() if source else None
        self._repository = Mirror(self._home / "repository.git")
        self._pulls = Pulls(self._home / "pulls.json")

    def access(self) -> Access:
        """What is possible here; a source that is no repository raises repository_unavailable."""
        source = self._checked_source()
        with _telling("repository_unavailable"):
            self._repository.create()
            named, branches = self._repository.default_branch(), self._repository.branches()
            if named not in branches and source:
                head, found = remote_heads(str(source))
                branches = {n: s for n, s in found.items() if not n.startswith(OWN_PREFIX)}
                named = choose_default(head, named, branches)
        reason = "" if branches else "The repository has no commits yet: commit its files first."
        return Access(can_write=True, default_branch=named, empty=not branches, reason=reason)

    def mirror(self) -> Mirror:
        """Copy what is new in the source, then fetch the worker's mirror."""
        source = self._checked_source()
        mirror = Mirror(self._mirror_path)
        with _telling("repository_unavailable"):
            self._repository.create()
            if source:
                with locked(self._home / "source.lock"):
                    self._copy(source)
            mirror.fetch(str(self._repository.path))
        return mirror

    def push(self, mirror: Mirror, sha: str, branch: str) -> None:
        """Push a commit to a branch; only forward or to a new branch."""
        with _telling("push_rejected"):
            self._repository.create()
            mirror.push(str(self._repository.path), sha, branch)
        with self._pulls.lock():
            for pull in self._open_pulls(branch):
                self._keep(pull)

    def delete_branch(self, branch: str) -> None:
        """Delete a branch and close its open pull request; one that is not there is fine."""
        with _telling("branch_invalid"):
            check_branch(branch)
        if branch == self._default_branch():
            raise ForgeError("branch_protected", f"{branch} is the default branch: it stays.")
        with self._pulls.lock(), _telling("forge_unavailable"):
            for pull in self._open_pulls(branch):
                self._keep(replace(pull, state=PullState.CLOSED))
            self._repository.delete_ref(f"refs/heads/{branch}")

    def find_pr(self, branch: str) -> Pull | None:
        """The newest pull request of a branch, in any state."""
        return next((pull for pull in self.pulls() if pull.branch == branch), None)

    def get_pr(self, number: int) -> Pull:
        """One pull request; raises ForgeError('pr_not_found')."""
        return self._fresh(self._pulls.get(number), self._heads())

    def pulls(self, state: PullState | None = None) -> list[Pull]:
        """The pull requests, newest first; only those in `state` if one is given."""
        heads = self._heads()
        return [self._fresh(p, heads) for p in self._pulls.all() if state in (None, p.state)]

    def open_draft(
        self, *, branch: str, base_branch: str, title: str, body: str, author: Author
    ) -> Pull:
        """Open a draft; the open one of the same branch is returned instead of a second one."""
        with self._pulls.lock():
            for pull in self._open_pulls(branch):
                return pull
            head, base = self._branch(branch), self._branch(base_branch)
            start = self._merge_base(base, head)
            if start == head:
                raise ForgeError("no_changes", f"{branch} has nothing that {base_branch} has not.")
            draft = Pull(
                number=0,
                url="",
                branch=branch,
                base_branch=base_branch,
                title=one_line(title) or branch,
                body=body_text(body),
                state=PullState.OPEN,
                draft=True,
                head_sha=head,
                base_sha=start,
                author=one_line(author.name),
            )
            return self._keep(self._pulls.add(draft))

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
        with _telling("forge_unavailable"):
            return self._repository.diff(pull.base_sha, pull.head_sha)

    def commits(self, number: int) -> list[Commit]:
        """The commits of a pull request, oldest first."""
        pull = self.get_pr(number)
        with _telling("forge_unavailable"):
            return self._repository.commits(pull.base_sha, pull.head_sha)

    def changed(self, number: int) -> list[ChangedFile]:
        """The files that a pull request changes."""
        pull = self.get_pr(number)
        with _telling("forge_unavailable"):
            return self._repository.changed(pull.base_sha, pull.head_sha)

    def _checked_source(self) -> Path | None:
        if self._source is None:
            return None
        detected = inspect(self._source)
        if not detected.git:
            raise ForgeError("repository_unavailable", detected.reason)
        return self._source

    def _copy(self, source: Path) -> None:
        """Copy the source's branches, except where a merge moved ours to somewhere else."""
        head, _ = remote_heads(str(source))
        seen = self._repository.refs("refs/source/")
        self._repository.fetch_refs(
            str(source), "+refs/heads/*:refs/source/*", f"^refs/heads/{OWN_PREFIX}*"
        )
        ours = self._repository.branches()
        for name, sha in self._repository.refs("refs/source/").items():
            if self._is_news(name, sha, ours, seen):
                old = ours.get(name, "")
                self._repository.update_ref(f"refs/heads/{name}", sha, old=old)
        named, known = self._repository.default_branch(), self._repository.branches()
        if known and named not in known:
            self._repository.set_default_branch(choose_default(head, named, known))

    def _is_news(
        self, name: str, sha: str, ours: Mapping[str, str], seen: Mapping[str, str]
    ) -> bool:
        here = ours.get(name)
        if here is None:
            # Git cannot keep “a” and “a/b” at once; what is here already stays.
            return not any(
                name.startswith(f"{other}/") or other.startswith(f"{name}/") for other in ours
            )
        if here == sha:
            return False
        return here == seen.get(name) or self._repository.is_ancestor(here, sha)

    def _heads(self) -> Mapping[str, str]:
        with _telling("forge_unavailable"):
            self._repository.create()
            return self._repository.branches()

    def _default_branch(self) -> str:
        with _telling("forge_unavailable"):
            self._repository.create()
            return self._repository.default_branch()

    def _branch(self, name: str) -> str:
        with _telling("branch_not_found"):
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
        with _telling("forge_unavailable"):
            self._repository.update_ref(f"refs/pull/{pull.number}/head", pull.head_sha)
        return self._pulls.keep(pull)

    def _merged(self, pull: Pull, author: Author) -> Pull:
        base = self._branch(pull.base_branch)
        start = self._merge_base(base, pull.head_sha)
        if start == pull.head_sha:
            # An earlier attempt, or a person, moved the base branch and got no further.
            return replace(pull, state=PullState.MERGED, merge_sha=base)
        sha = self._merge_commit(pull, base, author)
        with _telling("base_moved"):
            self._repository.update_ref(f"refs/heads/{pull.base_branch}", sha, old=base)
        return replace(pull, state=PullState.MERGED, base_sha=start, merge_sha=sha)

    def _merge_commit(self, pull: Pull, base: str, author: Author) -> str:
        message = f"Merge pull request #{pull.number}: {pull.title}\n"
        try:
            with _telling("forge_unavailable"):
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


@contextmanager
def _telling(code: str) -> Iterator[None]:
    """Tell a failure of git as one of the forge's."""
    try:
        yield
    except GitError as error:
        raise ForgeError(code, str(error)) from None

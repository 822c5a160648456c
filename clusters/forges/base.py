"""The forge seam: where the code lives and pull requests are opened.

Plain Python: no Django here. Tokens come in as arguments of the constructor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from clusters.forges.mirrors import ChangedFile, Commit, Mirror


class ForgeError(Exception):
    """The forge refused or could not be reached. `code` is an outcome code, the text a sentence.

    `fix_url` is where a person can put it right, or ''.
    """

    def __init__(self, code: str, message: str, *, fix_url: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.fix_url = fix_url


class RateLimited(ForgeError):
    """The forge wants us to wait longer than the caller has patience: try again at `until`.

    `until` is seconds of the epoch by this machine's clock.
    """

    def __init__(self, until: float, message: str) -> None:
        super().__init__("rate_limited", message)
        self.until = until


class GitError(Exception):
    """A git command failed: what was tried and git's last line, never a secret.

    `status` is git's exit status, None when it did not come to one.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class DiskFull(GitError):
    """Git found no space left on this machine."""


@contextmanager
def telling(code: str) -> Iterator[None]:
    """Tell a failure of git as one of the forge's."""
    try:
        yield
    except DiskFull as error:
        raise ForgeError("disk_full", str(error)) from None
    except GitError as error:
        raise ForgeError(code, str(error)) from None


class PullState(StrEnum):
    """Where a pull request is."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Author:
    """In whose name commits and pull requests are made."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Access:
    """What the holder of the forge's token may do here."""

    can_write: bool
    default_branch: str
    empty: bool
    reason: str = ""  # a sentence, when something is in the way


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know before money is spent on a job.

    `severity`: block (the job cannot succeed), warn (look at it first) or info. `fix_url` leads
    to what puts it right, or is ''.
    """

    code: str
    severity: Literal["block", "warn", "info"]
    sentence: str
    fix_url: str = ""


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request as the forge tells it. Times are ISO 8601 in UTC."""

    number: int
    url: str  # absolute on a remote forge, '' on the local one (the page belongs to the product)
    branch: str
    base_branch: str
    title: str
    body: str
    state: PullState
    draft: bool
    head_sha: str
    base_sha: str
    author: str
    labels: Sequence[str] = ()
    comments: Sequence[Comment] = ()
    created_at: str = ""
    updated_at: str = ""
    merge_sha: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """One remark below a pull request."""

    author: str
    text: str
    created_at: str


class Forge(Protocol):
    """One repository on one forge, seen with one person's rights."""

    kind: str

    @property
    def repository(self) -> str:
        """What the forge calls it now; another name than the one asked for after a rename."""
        ...

    @property
    def calls(self) -> int:
        """How often this object has called the forge's API."""
        ...

    def access(self) -> Access:
        """Ask the forge what is possible; raises ForgeError."""
        ...

    def noreply(self) -> str:
        """An address for commits that hides the person's own; '' where there is none."""
        ...

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
        """What stands in the way of a change of these files on `branch`, the worst first.

        `issues` are numbers that the change is about; a pull request with `mark` in its text, or
        by `author`, is our own. Raises RateLimited, and ForgeError when nothing can be said.
        """
        ...

    def mirror(self) -> Mirror:
        """The worker's bare mirror, fetched now."""
        ...

    def push(self, mirror: Mirror, sha: str, branch: str) -> None:
        """Push `sha` of the mirror to `branch`; only ever forward or to a new branch."""
        ...

    def delete_branch(self, branch: str) -> None:
        """Delete a branch; one that is not there is fine."""
        ...

    def find_pr(self, branch: str) -> Pull | None:
        """The newest pull request whose head is `branch`, in any state."""
        ...

    def get_pr(self, number: int, *, comments: bool = True) -> Pull:
        """One pull request, without its comments if they are not wanted.

        Raises ForgeError('pr_not_found').
        """
        ...

    def recall(self, number: int) -> Pull:
        """What this object was last told of a pull request, or else is told now."""
        ...

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
        """Open a draft; the open one of the same branch is returned instead of a second one.

        Raises ForgeError('drafts_unsupported') where there are none; `draft=False` works there.
        """
        ...

    def update(self, number: int, *, title: str | None = None, body: str | None = None) -> Pull:
        """Change title or text."""
        ...

    def mark_ready(self, number: int) -> Pull:
        """A draft no more."""
        ...

    def comment(self, number: int, text: str, *, author: str) -> None:
        """Say something below it."""
        ...

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        """Put labels on it, beside those it has."""
        ...

    def request_reviewers(self, number: int, reviewers: Sequence[str]) -> None:
        """Ask people ("login") and teams ("organisation/team") to review it."""
        ...

    def close(self, number: int) -> Pull:
        """Close without merging. Closed already is fine."""
        ...

    def merge(self, number: int, *, author: Author) -> Pull:
        """Merge into the base branch; raises ForgeError('merge_conflict' | 'pr_is_draft')."""
        ...

    def diff(self, number: int) -> str:
        """The unified difference of a pull request, cut at a size limit."""
        ...

    def commits(self, number: int) -> Sequence[Commit]:
        """The commits of a pull request, oldest first."""
        ...

    def changed(self, number: int) -> Sequence[ChangedFile]:
        """The files that a pull request changes."""
        ...

"""The forge seam: where the code lives and pull requests are opened.

Plain Python: no Django here. Tokens come in as arguments of the constructor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from clusters.forges.mirrors import Mirror


class ForgeError(Exception):
    """The forge refused or could not be reached. `code` is an outcome code, the text a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


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

    def access(self) -> Access:
        """Ask the forge what is possible; raises ForgeError."""
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

    def get_pr(self, number: int) -> Pull:
        """One pull request; raises ForgeError('pr_not_found')."""
        ...

    def open_draft(
        self, *, branch: str, base_branch: str, title: str, body: str, author: Author
    ) -> Pull:
        """Open a draft; the open one of the same branch is returned instead of a second one."""
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

    def close(self, number: int) -> Pull:
        """Close without merging. Closed already is fine."""
        ...

    def merge(self, number: int, *, author: Author) -> Pull:
        """Merge into the base branch; raises ForgeError('merge_conflict' | 'pr_is_draft')."""
        ...

"""What the server knows: accounts, tokens, repositories, pulls and everything that hangs on them."""

from __future__ import annotations

import base64
import itertools
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

RIGHTS = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass
class Account:
    """A person or an organisation."""

    id: int
    login: str
    kind: str = "User"
    name: str = ""
    email: str = ""
    created_at: str = ""
    members: dict[str, str] = field(default_factory=dict)  # login -> "admin" | "member"
    sso: bool = False

    @property
    def noreply(self) -> str:
        """The address that GitHub gives to a person who hides the real one."""
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass
class Token:
    """A key to the API. `scopes` is None for a fine-grained one, which tells no scopes."""

    value: str
    login: str
    scopes: frozenset[str] | None
    client_id: str = ""
    revoked: bool = False
    sso: set[str] = field(default_factory=set)  # organisations that it was authorised for

    def may(self, *any_of: str) -> bool:
        """Whether it has one of these scopes."""
        return self.scopes is None or bool(self.scopes & set(any_of))


@dataclass
class Label:
    id: int
    name: str
    color: str = "ededed"
    description: str = ""


@dataclass
class Comment:
    id: int
    author: str
    body: str
    created_at: str
    updated_at: str
    reactions: list[Reaction] = field(default_factory=list)


@dataclass
class Reaction:
    id: int
    author: str
    content: str
    created_at: str


@dataclass
class Review:
    id: int
    author: str
    body: str
    state: str
    commit_id: str
    submitted_at: str


@dataclass
class LineComment:
    """A remark on a line of the diff."""

    id: int
    review_id: int
    author: str
    body: str
    path: str
    line: int
    side: str
    commit_id: str
    diff_hunk: str
    created_at: str
    in_reply_to: int | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass
class Pull:
    """A pull request within one repository."""

    id: int
    number: int
    title: str
    body: str | None
    author: str
    head: str
    base: str
    head_sha: str
    base_sha: str
    draft: bool
    created_at: str
    updated_at: str
    state: str = "open"
    merged_at: str | None = None
    merged_by: str = ""
    merge_sha: str | None = None
    closed_at: str | None = None
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    line_comments: list[LineComment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        """Its name in GraphQL."""
        return node_id("PR", self.id)


@dataclass
class Issue:
    """An issue of one repository."""

    id: int
    number: int
    title: str
    body: str | None
    author: str
    created_at: str
    updated_at: str
    state: str = "open"
    state_reason: str | None = None
    closed_at: str | None = None
    milestone: str = ""
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        """Its name in GraphQL."""
        return node_id("I", self.id)


@dataclass
class Status:
    id: int
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: str
    created_at: str


@dataclass
class CheckRun:
    id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    details_url: str | None
    external_id: str
    started_at: str | None
    completed_at: str | None
    output: dict[str, object]


@dataclass
class Protection:
    """Rules for one branch."""

    reviews: int = 0
    checks: tuple[str, ...] = ()
    refuse_push: bool = False
    code_owners: bool = False


@dataclass
class Hook:
    """Where events of a repository are told. An empty `events` means all of them."""

    id: int
    url: str
    secret: str
    events: frozenset[str] = frozenset()


@dataclass
class Repository:
    """A repository; its bare copy at `path` keeps its place when it is renamed."""

    id: int
    owner: str
    name: str
    private: bool
    path: Path
    created_at: str
    default_branch: str = "main"
    archived: bool = False
    drafts_supported: bool = True
    pushed_at: str = ""
    updated_at: str = ""
    rights: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    has_issues: bool = True
    labels: dict[str, Label] = field(default_factory=dict)
    protection: dict[str, Protection] = field(default_factory=dict)
    hooks: list[Hook] = field(default_factory=list)
    statuses: dict[str, list[Status]] = field(default_factory=dict)
    check_runs: dict[str, list[CheckRun]] = field(default_factory=dict)
    last_number: int = 0
    pushing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def full_name(self) -> str:
        """owner/name"""
        return f"{self.owner}/{self.name}"


class State:
    """All of it, behind one lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Token] = {}
        self.repositories: dict[int, Repository] = {}
        self.names: dict[str, int] = {}  # every name that a repository ever had, in lower case
        self._ids = itertools.count(583231)

    def next_id(self) -> int:
        return next(self._ids)

    def now(self) -> str:
        """ISO 8601 in UTC, whole seconds as GitHub has them: ties are real."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def account(self, login: str) -> Account:
        return self.accounts[login.lower()]

    def add_account(self, login: str, kind: str, *, name: str = "", email: str = "") -> Account:
        """The account of this login; made when it is new."""
        known = self.accounts.get(login.lower())
        if known is None:
            known = Account(self.next_id(), login, kind, name, email, self.now())
            self.accounts[login.lower()] = known
        return known

    def add_token(
        self, login: str, scopes: Iterable[str] | None, *, prefix: str, client_id: str = ""
    ) -> Token:
        value = prefix + secrets.token_hex(18)
        granted = None if scopes is None else frozenset(scopes)
        self.tokens[value] = token = Token(value, login, granted, client_id)
        return token

    def find(self, full_name: str) -> Repository | None:
        """By its name, or by one that it had before."""
        known = self.names.get(full_name.lower())
        return None if known is None else self.repositories[known]

    def right_of(self, login: str, repository: Repository) -> str:
        """What this person may do there, whatever the token; one of RIGHTS."""
        given = [repository.rights.get(login, "none")]
        if not repository.private:
            given.append("read")
        if login.lower() == repository.owner.lower():
            given.append("admin")
        role = self.account(repository.owner).members.get(login)
        if role:
            given.append("admin" if role == "admin" else "read")
        return max(given, key=RIGHTS.index)


def at_least(right: str, wanted: str) -> bool:
    """Whether one right includes the other."""
    return RIGHTS.index(right) >= RIGHTS.index(wanted)


def node_id(kind: str, number: int) -> str:
    """A name for GraphQL."""
    return f"{kind}_" + base64.urlsafe_b64encode(number.to_bytes(9, "big")).decode().rstrip("=")

"""GitHub's JSON as the forge's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusters.forges.base import Comment, Pull, PullState
from clusters.forges.github.errors import GitHubError

# What people can have: letters that are safe in a path of the API and in one of the disk.
_OWNER = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})"
_NAME = r"[A-Za-z0-9._-]{1,100}"
_FULL_NAME = re.compile(rf"{_OWNER}/{_NAME}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What GitHub says about the repository and what this account may do in it."""

    full_name: str
    default_branch: str
    private: bool
    archived: bool
    can_write: bool
    maybe_empty: bool


@dataclass(frozen=True, slots=True)
class Account:
    """Whose token it is."""

    id: int
    login: str
    name: str = ""


def check_full_name(name: str) -> str:
    """The name, or GitHubError when it cannot be a repository's: `owner/name`."""
    owner, _, short = name.partition("/")
    fits = _FULL_NAME.fullmatch(name) and not owner.endswith("-") and "--" not in owner
    if not fits or short in {".", ".."} or short.lower().endswith((".git", ".wiki")):
        said = "Give the repository as owner/name, for example octocat/hello-world."
        raise GitHubError("repository_unavailable", said)
    return name


def facts(data: Mapping[str, Any]) -> Facts:
    """The answer about a repository; raises GitHubError when its name cannot be right."""
    allowed: Mapping[str, Any] = data.get("permissions") or {}
    return Facts(
        full_name=check_full_name(str(data["full_name"])),
        default_branch=str(data.get("default_branch") or "main"),
        private=bool(data.get("private")),
        archived=bool(data.get("archived")) or bool(data.get("disabled")),
        can_write=any(allowed.get(right) for right in ("push", "maintain", "admin")),
        maybe_empty=not data.get("size"),
    )


def account(data: Mapping[str, Any]) -> Account:
    """The answer about the token's owner."""
    return Account(int(data["id"]), str(data["login"]), str(data.get("name") or ""))


def pull(data: Mapping[str, Any], comments: Sequence[Comment] = ()) -> Pull:
    """A pull request, from a list or on its own."""
    merged = bool(data.get("merged_at"))
    closed = PullState.CLOSED if data["state"] == "closed" else PullState.OPEN
    return Pull(
        number=int(data["number"]),
        url=str(data["html_url"]),
        branch=str(data["head"]["ref"]),
        base_branch=str(data["base"]["ref"]),
        title=str(data["title"]),
        body=(data.get("body") or "").replace("\r\n", "\n"),
        state=PullState.MERGED if merged else closed,
        draft=bool(data.get("draft")),
        head_sha=str(data["head"]["sha"]),
        base_sha=str(data["base"]["sha"]),
        author=login(data),
        labels=[str(label["name"]) for label in data.get("labels") or ()],
        comments=comments,
        created_at=str(data.get("created_at") or ""),
        updated_at=str(data.get("updated_at") or ""),
        merge_sha=str(data.get("merge_commit_sha") or "") if merged else "",
    )


def comment(data: Mapping[str, Any]) -> Comment:
    """One remark below a pull request."""
    return Comment(login(data), str(data.get("body") or ""), str(data.get("created_at") or ""))


def login(data: Mapping[str, Any]) -> str:
    """Who made it; GitHub shows the account “ghost” in the place of a deleted one."""
    user = data.get("user") or {}
    return str(user.get("login") or "ghost")


def is_person(data: Mapping[str, Any]) -> bool:
    """Whether somebody and not something made it."""
    return bool((data.get("user") or {}).get("type", "User") == "User")


def head_repository(data: Mapping[str, Any]) -> str:
    """Where a pull request's branch is; '' when that repository is gone."""
    return str((data["head"].get("repo") or {}).get("full_name") or "")

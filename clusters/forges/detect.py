"""Looks at a user's path and says whether it is a repository that can be worked with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from clusters.forges import git
from clusters.forges.git import GitError

_SHA1_LETTERS = 40


@dataclass(frozen=True, slots=True)
class Detected:
    """What lies at a path. `reason` is a sentence when something is in the way, '' otherwise."""

    git: bool  # the path itself is a repository that can be used: a working copy's root or a bare one
    empty: bool = True  # it has no commits yet
    branch: str = ""  # what HEAD names; '' when it is detached
    head: str = ""  # the full sha of HEAD
    reason: str = ""


def inspect(path: Path) -> Detected:
    """Describe the repository at `path`; changes nothing there and never raises for bad input."""
    if not str(path).isprintable():
        return Detected(git=False, reason="The path cannot be read: it has unprintable letters.")
    obstacle = _obstacle(path)
    if obstacle:
        return Detected(git=False, reason=obstacle)
    try:
        root = _root(path)
        whole = root.samefile(path)
    except (GitError, OSError):
        sentence = f"{path} is not a git repository: run “git init” there and commit its files."
        return Detected(git=False, reason=sentence)
    if not whole:
        sentence = f"{path} is a folder inside the repository {root}: use {root} instead."
        return Detected(git=False, reason=sentence)
    return _head(path)


def _obstacle(path: Path) -> str:
    try:
        if not path.exists():
            return f"{path} does not exist: check the path."
        if not path.is_dir():
            return f"{path} is not a folder: give the folder of a git repository."
    except OSError:
        return f"{path} cannot be read: check the path and its permissions."
    if not os.access(path, os.R_OK | os.X_OK):
        return f"{path} cannot be read: give the user of this program the right to read it."
    return ""


def _root(path: Path) -> Path:
    bare, inside = _ask(path, "--is-bare-repository", "--is-inside-git-dir").split()
    if bare == "true" or inside == "true":
        return Path(_ask(path, "--absolute-git-dir"))
    return Path(_ask(path, "--show-toplevel"))


def _head(path: Path) -> Detected:
    try:
        named = _ask(path, "--symbolic-full-name", "HEAD")
        head = _ask(path, "--verify", "HEAD^{commit}")
    except GitError:
        return _without_head(path)
    if len(head) != _SHA1_LETTERS:
        sentence = f"{path} names its objects by SHA-256: only repositories with SHA-1 can be used."
        return Detected(git=False, reason=sentence)
    branch = named.removeprefix("refs/heads/") if named.startswith("refs/heads/") else ""
    return Detected(git=True, empty=False, branch=branch, head=head)


def _without_head(path: Path) -> Detected:
    branch = git.run(["-C", path.absolute(), "symbolic-ref", "-q", "HEAD"]).decode().strip()
    return Detected(
        git=True,
        branch=branch.removeprefix("refs/heads/"),
        reason=f"{path} has no commits yet: commit its files and try again.",
    )


def _ask(path: Path, *questions: str) -> str:
    answer = git.run(["-C", path.absolute(), "rev-parse", *questions])
    return os.fsdecode(answer).rstrip("\n")

"""Git in the bare repositories: real commits, real merges, real conflicts."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NOBODY = "0" * 40
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_CONFIG = """[core]
	repositoryformatversion = 0
	bare = true
[http]
	receivepack = true
[receive]
	denyDeleteCurrent = refuse
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
[gc]
	auto = 0
"""
_HOOK = """#!/bin/sh
# Refuses what branch protection refuses.
if grep -qxF "$1" "$GIT_DIR/protected" 2>/dev/null; then
  echo "error: GH006: Protected branch update failed for $1." >&2
  exit 1
fi
"""


@dataclass(frozen=True)
class Person:
    """Who stands in a commit."""

    name: str
    email: str


ROBOT = Person("GitHub", "noreply@github.com")


class GitFailed(Exception):
    """Git said no; the text is what it said."""


def git(
    folder: Path,
    *args: str,
    data: bytes | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Standard output as text, without the newline at the end. Raises GitFailed."""
    return output(folder, *args, data=data, env=env).decode(errors="replace").removesuffix("\n")


def output(
    folder: Path,
    *args: str,
    data: bytes | None = None,
    env: Mapping[str, str] | None = None,
) -> bytes:
    """Standard output as it is. Raises GitFailed."""
    done = subprocess.run(
        ["git", *args],
        cwd=folder,
        input=data if data is not None else b"",
        capture_output=True,
        env=clean_environment() | dict(env or {}),
        check=False,
        timeout=60,
    )
    if done.returncode:
        raise GitFailed((done.stderr or done.stdout).decode(errors="replace"))
    return done.stdout


def clean_environment() -> dict[str, str]:
    """Nothing of the machine's own git settings."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "LANG": "C.UTF-8",
    }


def names(author: Person, committer: Person = ROBOT) -> dict[str, str]:
    """The environment that makes a commit theirs."""
    return {
        "GIT_AUTHOR_NAME": author.name,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_COMMITTER_NAME": committer.name,
        "GIT_COMMITTER_EMAIL": committer.email,
    }


def create(path: Path, source: Path | None) -> str:
    """Make the bare repository, empty or as a copy; returns the default branch."""
    if source is None:
        path.mkdir(parents=True)
        git(path, "init", "--quiet", "--bare", "--template=", "--initial-branch=main")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        git(path.parent, "clone", "--quiet", "--bare", "--no-hardlinks", str(source), str(path))
    (path / "config").write_text(_CONFIG)
    hook = path / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(_HOOK)
    hook.chmod(0o755)
    return (path / "HEAD").read_text().strip().removeprefix("ref: refs/heads/")


def branches(path: Path) -> dict[str, str]:
    """Names of branches, each with the commit it is at."""
    lines = git(path, "for-each-ref", "--format=%(objectname) %(refname:strip=2)", "refs/heads")
    pairs = (line.split(" ", 1) for line in lines.splitlines())
    return {name: sha for sha, name in pairs}


def commit_of(path: Path, name: str) -> str | None:
    """The commit behind a branch, a tag or a commit's own name; None when there is none."""
    for candidate in (f"refs/heads/{name}", f"refs/tags/{name}", name):
        try:
            return git(path, "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}", "--")
        except GitFailed:
            continue
    return None


def count(path: Path, span: str) -> int:
    """How many commits are in `a..b`."""
    return int(git(path, "rev-list", "--count", span, "--"))


def is_ancestor(path: Path, old: str, new: str) -> bool:
    """Whether `new` contains `old`."""
    try:
        git(path, "merge-base", "--is-ancestor", old, new)
    except GitFailed:
        return False
    return True


def merged_tree(path: Path, base: str, head: str) -> str | None:
    """The tree of a merge, or None when both sides changed the same lines."""
    try:
        return git(path, "merge-tree", "--write-tree", base, head).splitlines()[0]
    except GitFailed:
        return None


def commit_tree(
    path: Path, tree: str, parents: list[str], message: str, author: Person, by: Person = ROBOT
) -> str:
    """A commit object; no branch moves."""
    flags = [part for parent in parents for part in ("-p", parent)]
    return git(path, "commit-tree", tree, *flags, data=message.encode(), env=names(author, by))


def rebased(path: Path, base: str, head: str, by: Person) -> str | None:
    """The commits of `head` replayed on `base`; None when one does not fit."""
    with tempfile.TemporaryDirectory(dir=path.parent) as place:
        tree = Path(place) / "tree"
        git(path, "worktree", "add", "--quiet", "--detach", str(tree), base)
        try:
            git(tree, "cherry-pick", "--allow-empty", f"{base}..{head}", env=names(by, by))
            return git(tree, "rev-parse", "HEAD")
        except GitFailed:
            return None
        finally:
            git(path, "worktree", "remove", "--force", str(tree))


def move(path: Path, branch: str, new: str, old: str | None = None) -> None:
    """Point a branch at a commit; with `old`, only from there."""
    git(path, "update-ref", f"refs/heads/{branch}", new, *([old] if old else []))


def with_files(path: Path, parent: str | None, files: Mapping[str, bytes | None]) -> str:
    """The tree of `parent` with these files put in their places, or taken away (None)."""
    with tempfile.TemporaryDirectory(dir=path.parent) as place:
        index = {"GIT_INDEX_FILE": str(Path(place) / "index")}
        if parent:
            git(path, "read-tree", parent, env=index)
        lines = []
        for file, content in files.items():
            mode, blob = "0", NOBODY
            if content is not None:
                mode, blob = "100644", git(path, "hash-object", "-w", "--stdin", data=content)
            lines.append(f"{mode} {blob}\t{file}\n")
        git(path, "update-index", "--index-info", data="".join(lines).encode(), env=index)
        return git(path, "write-tree", env=index)


def is_branch_name(path: Path, name: str) -> bool:
    """Whether git would take this as the name of a branch."""
    try:
        git(path, "check-ref-format", f"refs/heads/{name}")
    except GitFailed:
        return False
    return True


def listing(path: Path, commit: str, file: str) -> list[str]:
    """Lines of `ls-tree --long`: what is in a folder, or the one line of a file."""
    where = [file] if file else []
    lines = git(path, "ls-tree", "--long", commit, "--", *where).splitlines()
    if lines and file and lines[0].split()[1] == "tree":
        return git(path, "ls-tree", "--long", commit, "--", f"{file}/").splitlines()
    return lines

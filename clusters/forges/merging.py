"""Merges two commits of a bare repository without ever checking out their files."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from clusters.forges import git
from clusters.forges.git import GitError

# The first version with `git merge-tree --write-tree`.
_MERGE_TREE = (2, 38)


class ConflictError(Exception):
    """Both sides changed the same thing."""


def merged_tree(repository: Path, ours: str, theirs: str) -> str:
    """The tree that has the changes of both commits (full shas); raises ConflictError."""
    base = merge_base(repository, ours, theirs)
    if base == ours:
        return _tree(repository, theirs)
    if git.version() >= _MERGE_TREE:
        return _with_merge_tree(repository, ours, theirs)
    return with_index(repository, base, ours, theirs)


def merge_base(repository: Path, ours: str, theirs: str) -> str:
    """The best common ancestor of two commits; raises ConflictError when there is none."""
    try:
        return git.run(["merge-base", ours, theirs], repository=repository).decode().strip()
    except GitError as error:
        if error.status != 1:
            raise
        raise ConflictError("The two branches have no common history.") from None


def _tree(repository: Path, commit: str) -> str:
    asked = ["rev-parse", "--verify", f"{commit}^{{tree}}"]
    return git.run(asked, repository=repository).decode().strip()


def _with_merge_tree(repository: Path, ours: str, theirs: str) -> str:
    with _conflicts(1):
        found = git.run(["merge-tree", "--write-tree", ours, theirs], repository=repository)
    return found.decode().splitlines()[0]


def with_index(repository: Path, base: str, ours: str, theirs: str) -> str:
    """The same for an older git: only files that both sides changed touch a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="soulcaster-merge-") as folder:
        work = Path(folder) / "files"
        work.mkdir()
        environment = {
            "GIT_DIR": str(repository.absolute()),
            "GIT_WORK_TREE": str(work),
            "GIT_INDEX_FILE": str(Path(folder) / "index"),
        }
        run = functools.partial(_run_at, work, environment)
        run("read-tree", "-i", "-m", "--aggressive", base, ours, theirs)
        with _conflicts(1, 128):
            run("merge-index", "-o", "-q", "git-merge-one-file", "-a")
            return run("write-tree").decode().strip()


def _run_at(work: Path, environment: Mapping[str, str], *arguments: str) -> bytes:
    return git.run(["-C", work, *arguments], environment=environment)


@contextmanager
def _conflicts(*statuses: int) -> Iterator[None]:
    try:
        yield
    except GitError as error:
        if error.status not in statuses:
            raise
        raise ConflictError("Both branches changed the same lines.") from None

"""The worker's bare mirror of one repository."""

from __future__ import annotations

import contextlib
import fcntl
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from clusters.forges import bundles, diffs, git, interrupts, trees
from clusters.forges.base import Author
from clusters.forges.branches import check_branch, shown
from clusters.forges.diffs import ChangedFile, Commit
from clusters.forges.git import GitError, Remote
from clusters.forges.remotes import choose_default, remote_heads
from clusters.planner.base import SourceFile

__all__ = [
    "ChangedFile",
    "Commit",
    "GitError",
    "Mirror",
    "check_branch",
    "lock_of",
    "locked",
    "touched",
]

_SHA = re.compile(r"[0-9a-f]{40}")
_SHORT_SHA = re.compile(r"[0-9a-f]{7,39}")
# Old mistakes that are part of the history of well-known projects, and do no harm.
_FORGIVEN = (
    "badTimezone",
    "missingSpaceBeforeDate",
    "missingSpaceBeforeEmail",
    "missingEmail",
    "missingNameBeforeEmail",
    "zeroPaddedFilemode",
    "zeroPaddedDate",
    "badDateOverflow",
    "badFilemode",
    "nullSha1",
)
# No git command runs this long, so a lock file of this age belongs to one that was killed.
_STALE_SECONDS = 3600
_LOCK_PAUSE = 0.02  # seconds between two looks at a lock that somebody holds


def lock_of(mirror: Path) -> Path:
    """The lock file of a mirror that is at `mirror`."""
    return mirror.with_name(mirror.name + ".lock")


def touched(mirror: Path) -> Path:
    """The file beside a mirror whose time says when the mirror was used last."""
    return mirror.with_name(mirror.name + ".used")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; waits for other processes and threads that hold it.

    The wait ends with the thread's interrupt.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        while not _try_lock(file):
            interrupts.pause(_LOCK_PAUSE)
        yield


def _try_lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Mirror:
    """A bare repository that the worker owns. Every method raises GitError when git refuses."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    def create(self) -> None:
        """Make the bare repository if it is not there yet; no template, so no hooks."""
        if not (self.path / "HEAD").is_file() or not (self.path / "objects").is_dir():
            self.path.mkdir(parents=True, exist_ok=True)
            git.run(["init", "-q", "--bare", "--template=", "--", self.path])

    def touch(self) -> None:
        """Say that it is in use, so that it is not the first to go when the disk is full."""
        touched(self.path).touch()

    def fetch(self, url: str | Remote) -> None:
        """Make the branches here those of `url`: an absolute path or an https:// address.

        One at a time: a second caller waits for the first.
        """
        with locked(lock_of(self.path)):
            self.create()
            self.touch()
            self._remove_stale_locks()
            self.fetch_refs(url, "+refs/heads/*:refs/heads/*")
            self._follow_head(url)

    def fetch_refs(self, url: str | Remote, *refspecs: str) -> None:
        """Fetch and prune what the refspecs name, as `fetch` does for all branches."""
        forgiven = [f"fetch.fsck.{name}=ignore" for name in _FORGIVEN]
        to = git.remote(url)
        options = ["-q", "--prune", "--no-tags", "--no-write-fetch-head", "--update-shallow"]
        options += ["--no-recurse-submodules", *([git.UPLOAD_PACK] if to.local else [])]
        git.run(
            ["fetch", *options, "--", to.url, *refspecs],
            repository=self.path,
            to=to,
            settings=forgiven,
            timeout=git.TRANSFER_TIMEOUT,
        )

    def _remove_stale_locks(self) -> None:
        oldest = time.time() - _STALE_SECONDS
        for file in [*self.path.glob("*.lock"), *self.path.glob("refs/**/*.lock")]:
            with contextlib.suppress(FileNotFoundError):
                if file.lstat().st_mtime < oldest:
                    file.unlink()

    def _follow_head(self, url: str | Remote) -> None:
        head, _ = remote_heads(url)
        before = self.default_branch()
        branch = choose_default(head, before, self.branches())
        if branch != before:
            self.set_default_branch(branch)

    def resolve(self, ref: str) -> str:
        """The full sha of a branch, of a reference below refs/, or of a commit."""
        for name in _meanings(ref):
            with contextlib.suppress(GitError):
                return self._text("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        raise GitError(f"There is no branch or commit “{shown(ref)}” in the repository.")

    def has(self, sha: str) -> bool:
        """Whether a commit is here, by its full sha."""
        try:
            return self.resolve(sha) == sha
        except GitError:
            return False

    def branches(self) -> dict[str, str]:
        """The sha of each branch, by name."""
        return self.refs("refs/heads/")

    def refs(self, prefix: str) -> dict[str, str]:
        """The sha of each reference below `prefix`, by the rest of its name."""
        rows = self._text("for-each-ref", "--format=%(objectname) %(refname)", prefix)
        pairs = (row.split(" ", 1) for row in rows.splitlines())
        return {name.removeprefix(prefix): sha for sha, name in pairs}

    def default_branch(self) -> str:
        """The branch that HEAD names, which an empty repository need not have."""
        return self._text("symbolic-ref", "HEAD").removeprefix("refs/heads/")

    def set_default_branch(self, branch: str) -> None:
        """Let HEAD name a branch."""
        self._text("symbolic-ref", "HEAD", f"refs/heads/{check_branch(branch)}")

    def tree(self, commit: str) -> list[str]:
        """The paths of all blobs of a commit (not submodules), sorted."""
        return [entry.path for entry in trees.entries(self.path, self.resolve(commit))]

    def files(
        self, commit: str, *, max_bytes: int = trees.MAX_TEXT, limit: int = trees.MAX_FILES
    ) -> Iterator[SourceFile]:
        """The text files of a commit, by path; each is cut after `max_bytes`.

        Binary files, symbolic links, submodules and what is larger than 8 MiB are left out.
        """
        sha = self.resolve(commit)
        return trees.text_files(self.path, sha, max_bytes=max_bytes, limit=limit)

    def read(self, commit: str, path: str, *, limit: int = 1 << 20) -> bytes | None:
        """The first `limit` bytes of a regular file; None when there is no such file."""
        return trees.read(self.path, self.resolve(commit), path, limit=limit)

    def empty_commit(self, parent: str, message: str, author: Author) -> str:
        """A commit on `parent` that changes nothing; the same call gives the same sha."""
        sha = self.resolve(parent)
        tree, seconds = self._text("log", "-1", "--format=%T %ct", sha).split()
        return self.commit_tree(tree, [sha], message, author, seconds=int(seconds) + 1)

    def commit_tree(
        self, tree: str, parents: list[str], message: str, author: Author, *, seconds: int
    ) -> str:
        """A new commit of a tree, written and committed by `author` at `seconds` of the epoch."""
        name, email, date = _ident(author.name), _ident(author.email), f"@{seconds} +0000"
        who = {"NAME": name, "EMAIL": email, "DATE": date}
        environment = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in who.items()
        }
        options = [part for parent in parents for part in ("-p", parent)]
        text = message.replace("\0", "").encode(errors="replace")
        made = git.run(
            ["commit-tree", tree, *options],
            repository=self.path,
            stdin=text,
            environment=environment,
        )
        return made.decode().strip()

    def bundle(self, commit: str, target: Path, *, depth: int = 50) -> list[str]:
        """Write a shallow bundle of the newest commits as `refs/heads/base`.

        Returns the shallow boundary, for `.git/shallow` of whoever fetches it.
        """
        return bundles.write(self.path, self.resolve(commit), target, depth=depth)

    def take_back(self, bundle: Path, *, base: str, ref: str, max_bytes: int = 64 << 20) -> str:
        """Fetch `refs/heads/work` of a bundle to `ref` (below refs/soulcaster/); its sha."""
        sha = self.resolve(base)
        return bundles.take_back(
            self.path, bundle, base=sha, ref=check_branch(ref), max_bytes=max_bytes
        )

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`."""
        return bundles.is_ancestor(self.path, self.resolve(older), self.resolve(newer))

    def commits(self, base: str, head: str, *, limit: int = 200) -> list[Commit]:
        """The newest `limit` commits that head has and base has not, oldest first."""
        return diffs.commits(self.path, self.resolve(base), self.resolve(head), limit=limit)

    def touched(self, head: str, *, depth: int) -> list[list[str]]:
        """The paths that each of the newest `depth` commits changed."""
        return diffs.touched(self.path, self.resolve(head), depth=depth)

    def changed(self, base: str, head: str) -> list[ChangedFile]:
        """The files that differ between two commits."""
        return diffs.changed(self.path, self.resolve(base), self.resolve(head))

    def diff(self, base: str, head: str, *, max_bytes: int = 2 << 20) -> str:
        """The unified difference between two commits, cut with a visible note."""
        return diffs.diff(self.path, self.resolve(base), self.resolve(head), max_bytes=max_bytes)

    def push(self, url: str | Remote, sha: str, branch: str, *, force: bool = False) -> None:
        """Push a commit to a branch of `url`; only forward, unless forced."""
        refspec = f"{self.resolve(sha)}:refs/heads/{check_branch(branch)}"
        self._push(url, *(["--force"] if force else []), refspec=refspec)

    def delete_remote(self, url: str | Remote, branch: str) -> None:
        """Delete a branch of `url`; one that is not there is fine."""
        try:
            self._push(url, refspec=f":refs/heads/{check_branch(branch)}")
        except GitError:
            if branch in remote_heads(url)[1]:
                raise

    def _push(self, url: str | Remote, *options: str, refspec: str) -> None:
        to = git.remote(url)
        extra = [git.RECEIVE_PACK] if to.local else []
        git.run(
            ["push", "-q", "--no-verify", *options, *extra, "--", to.url, refspec],
            repository=self.path,
            to=to,
            timeout=git.TRANSFER_TIMEOUT,
        )

    def update_ref(self, ref: str, sha: str, *, old: str | None = None) -> None:
        """Set a reference; with `old`, only if it still has that sha ('' : is not there)."""
        if not ref.startswith("refs/"):
            raise GitError("Only references below refs/ can be set.")
        before = [] if old is None else [old or "0" * 40]
        self._text("update-ref", check_branch(ref), self.resolve(sha), *before)

    def delete_ref(self, ref: str) -> None:
        """Remove a reference below refs/; one that is not there is fine."""
        self._text("update-ref", "-d", check_branch(ref))

    def _text(self, *arguments: str) -> str:
        found = git.run(arguments, repository=self.path)
        return found.decode(errors="replace").strip()


def _meanings(ref: str) -> list[str]:
    # Never what the caller wrote as it is: it could be an option or an expression.
    if ref == "HEAD":
        return [ref]
    try:
        check_branch(ref)
    except GitError:
        return []
    if ref.startswith("refs/") or _SHA.fullmatch(ref):
        return [ref]
    return [f"refs/heads/{ref}", *([ref] if _SHORT_SHA.fullmatch(ref) else [])]


def _ident(text: str) -> str:
    plain = "".join(letter for letter in text if letter.isprintable() and letter not in "<>")
    return plain.strip(" .,:;\"'\\")[:200] or "unknown"

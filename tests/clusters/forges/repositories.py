"""Small real repositories for tests, and what a sandbox does with a bundle."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from clusters.forges import git
from clusters.forges.base import Author
from clusters.forges.mirrors import Mirror

Files = Mapping[str, str | bytes]

ANN = Author("Ann Archer", "ann@example.org")

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Uma User",
    "GIT_AUTHOR_EMAIL": "uma@example.org",
    "GIT_COMMITTER_NAME": "Uma User",
    "GIT_COMMITTER_EMAIL": "uma@example.org",
}


class WorkingCopy:
    """A repository as a person has it: plain git, nothing switched off."""

    def __init__(self, path: Path, *, branch: str = "main", there: bool = False) -> None:
        self.path = path
        if there:
            return
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "--template=", "-b", branch)

    def git(self, *arguments: str | Path, stdin: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=_ENVIRONMENT,
            input=stdin,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode(errors="surrogateescape").strip()

    def commit(self, files: Files, message: str = "Change") -> str:
        """Write the files, commit everything, return the sha."""
        for name, content in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.head()

    def head(self, ref: str = "HEAD") -> str:
        return self.git("rev-parse", "--verify", ref)


def checked_out(mirror: Mirror, base: str, folder: Path, *, depth: int = 50) -> WorkingCopy:
    """What a sandbox makes of a bundle: the boundary is written before the fetch."""
    folder.mkdir(parents=True, exist_ok=True)
    boundary = mirror.bundle(base, folder / "base.bundle", depth=depth)
    copy = WorkingCopy(folder / "repository", branch="work")
    if boundary:
        (copy.path / ".git" / "shallow").write_text("".join(f"{sha}\n" for sha in boundary))
    copy.git(
        "fetch", "-q", "--no-tags", folder / "base.bundle", "refs/heads/base:refs/soulcaster/base"
    )
    copy.git("reset", "-q", "--hard", "refs/soulcaster/base")
    return copy


def bundled(copy: WorkingCopy, base: str) -> Path:
    """The bundle that a sandbox gives back."""
    target = copy.path.parent / "work.bundle"
    copy.git("bundle", "create", "-q", target, f"{base}..refs/heads/work")
    return target


def worked_on(mirror: Mirror, base: str, files: Files, folder: Path) -> str:
    """The sha of a new commit on `base` that made the whole way in and out of a sandbox."""
    copy = checked_out(mirror, base, folder)
    copy.commit(files, "Fix it")
    ref = f"refs/soulcaster/{folder.name}"
    return mirror.take_back(bundled(copy, base), base=base, ref=ref)


def written(mirror: Mirror, base: str, files: Files) -> str:
    """The sha of a new commit on `base` ('' : without a parent), made straight in the mirror."""
    lines = [b"commit refs/soulcaster/written", b"committer Uma User <uma@example.org> 1 +0000"]
    lines += [b"data 6\nFix it", *([f"from {base}".encode()] if base else [])]
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        lines += [f"M 100644 inline {name}\ndata {len(data)}".encode(), data]
    script = b"\n".join([b"reset refs/soulcaster/written", *lines, b""])
    git.run(["fast-import", "--quiet", "--force"], repository=mirror.path, stdin=script)
    return mirror.resolve("refs/soulcaster/written")


def listing(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Kind and mode, size and time of change of everything below a folder."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        about = path.lstat()
        found[str(path)] = (about.st_mode, about.st_size, about.st_mtime_ns)
    return found

"""Git repositories as users have them, and whether somebody touched them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_SIGNED = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (
        ("NAME", "Maintainer"),
        ("EMAIL", "maintainer@example.org"),
        ("DATE", "2026-01-05T10:00:00+00:00"),
    )
}


def git(folder: Path, *arguments: str) -> str:
    """What git printed, in the user's repository."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-c", "core.autocrlf=false", *arguments],
        cwd=folder,
        env={**kept, **_SIGNED, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_OPTIONAL_LOCKS": "0"},
        check=True,
        capture_output=True,
        text=True,
        errors="replace",
    )
    return done.stdout


def commit_all(folder: Path, message: str = "Import") -> str:
    """Make the folder a repository with everything in it; its commit."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", f"--message={message}")
    return git(folder, "rev-parse", "HEAD").strip()


def state_of(folder: Path) -> list[object]:
    """Everything that a careless visitor would change, git's own files included."""
    listing = [
        (str(path.relative_to(folder)), (found := path.lstat()).st_size, found.st_mtime_ns)
        for path in sorted(folder.rglob("*"))
    ]
    return [git(folder, "status", "--porcelain", "--ignored"), *listing]

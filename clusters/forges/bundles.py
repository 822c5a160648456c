"""Git in and out of a sandbox: a shallow bundle goes in, a bundle of new commits comes back.

The bundle that goes in is written by hand because git cannot make a shallow one. It keeps the
real shas, so what comes back has the real base commit below it.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path

from clusters.forges import git
from clusters.forges.git import GitError

_TIP = re.compile(rb"[0-9a-f]{40} refs/heads/work")


def write(repository: Path, commit: str, target: Path, *, depth: int) -> list[str]:
    """Write the newest `depth` commits up to `commit` (full sha) as `refs/heads/base`.

    Returns the shallow boundary: the reader puts these shas into `.git/shallow` before it fetches.
    """
    cut = _boundary(repository, commit, depth)
    wanted = "".join(f"--shallow {sha}\n" for sha in cut) + f"{commit}\n"
    packing = ["pack-objects", "--revs", "--shallow", "--stdout", "-q", "--delta-base-offset"]
    with (
        target.open("wb") as file,
        git.stream(
            packing,
            repository=repository,
            stdin=wanted.encode(),
            timeout=git.TRANSFER_TIMEOUT,
        ) as pack,
    ):
        file.write(f"# v2 git bundle\n{commit} refs/heads/base\n\n".encode())
        shutil.copyfileobj(pack, file, 1 << 20)
    return cut


def _boundary(repository: Path, commit: str, depth: int) -> list[str]:
    rows = git.run(["rev-list", f"--max-count={depth}", "--parents", commit], repository=repository)
    family = [row.split() for row in rows.decode().splitlines()]
    inside = {row[0] for row in family}
    cut = {row[0] for row in family if not inside.issuperset(row[1:])}
    return sorted(cut | (inside & _shallow(repository)))


def _shallow(repository: Path) -> set[str]:
    # A mirror of a shallow clone has a boundary of its own.
    file = repository / "shallow"
    return set(file.read_text().split()) if file.is_file() else set()


def new_commits(repository: Path, base: str, head: str) -> bytes:
    """The commits that `head` has and `base` has not (full shas), as `take_back` reads them."""
    packing = ["pack-objects", "--revs", "--thin", "--stdout", "-q", "--delta-base-offset"]
    pack = git.run(
        packing,
        repository=repository,
        stdin=f"{head}\n^{base}\n".encode(),
        timeout=git.TRANSFER_TIMEOUT,
    )
    return f"# v2 git bundle\n-{base}\n{head} refs/heads/work\n\n".encode() + pack


def take_back(repository: Path, bundle: Path, *, base: str, ref: str, max_bytes: int) -> str:
    """Take `refs/heads/work` of a stranger's bundle in as `ref` and return its sha.

    Every object is checked, and `base` (full sha) must be an ancestor of the result; otherwise
    `ref` stays as it was, and GitError is raised.
    """
    if not ref.startswith("refs/soulcaster/"):
        raise GitError("Work is only taken back to references below refs/soulcaster/.")
    tip, pack = _opened(_content(bundle, max_bytes))
    # Not `git fetch`: before version 2.46 it does not check the objects of a bundle.
    git.run(
        ["index-pack", "--stdin", "--fix-thin", "--strict"],
        repository=repository,
        stdin=pack,
        timeout=git.TRANSFER_TIMEOUT,
    )
    if git.run(["cat-file", "-t", tip], repository=repository).strip() != b"commit":
        raise GitError("What came back is not a commit.")
    if not is_ancestor(repository, base, tip):
        raise GitError("The commits that came back are not based on the base commit.")
    git.run(["update-ref", ref, tip], repository=repository)
    return tip


def _content(bundle: Path, max_bytes: int) -> bytes:
    # Opened once, without following a link, so it cannot be exchanged after it was checked.
    try:
        handle = os.open(bundle, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise GitError("The bundle of commits cannot be read.") from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise GitError("The bundle of commits is not a file.")
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    finally:
        os.close(handle)
    if len(data) > max_bytes:
        raise GitError(f"The bundle of commits is larger than {max_bytes} bytes.")
    return data


def _opened(data: bytes) -> tuple[str, bytes]:
    header, _, pack = data.partition(b"\n\n")
    lines = header.split(b"\n")
    tips = [line[:40] for line in lines[1:] if _TIP.fullmatch(line)]
    if lines[0] != b"# v2 git bundle" or len(tips) != 1:
        raise GitError("The bundle of commits has no branch “work”.")
    return tips[0].decode(), pack


def is_ancestor(repository: Path, older: str, newer: str) -> bool:
    """Whether `newer` contains `older` (full shas of commits)."""
    missing = ["rev-list", "--max-count=1", older, f"^{newer}"]
    return not git.run(missing, repository=repository).strip()

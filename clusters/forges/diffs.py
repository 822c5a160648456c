"""What lies between two commits: the commits, the files, the text of the difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from clusters.forges import git
from clusters.forges.trees import readable

_PLAIN = ("-r", "-M", "-l1000", "--no-ext-diff", "--no-textconv", "--no-color")
_STATUS = {b"A": "added", b"D": "deleted", b"R": "renamed"}


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; `authored_at` is ISO 8601."""

    sha: str
    title: str
    author: str
    email: str
    authored_at: str


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of a difference. `status`: added | modified | deleted | renamed."""

    path: str
    status: str
    added: int
    removed: int
    binary: bool
    mode: str  # the new one, e.g. 100644, 120000 symbolic link, 160000 submodule, 000000 deleted
    old_path: str = ""


def commits(repository: Path, base: str, head: str, *, limit: int) -> list[Commit]:
    """The newest `limit` commits of head that base has not, oldest first (full shas)."""
    found = git.run(
        [
            "log",
            "-z",
            "--reverse",
            f"--max-count={limit}",
            "--no-show-signature",
            "--format=%H%x00%s%x00%an%x00%ae%x00%aI",
            f"{base}..{head}",
        ],
        repository=repository,
    )
    fields = found.decode(errors="replace").split("\0")
    return [Commit(*fields[at : at + 5]) for at in range(0, len(fields) - 4, 5)]


def messages(repository: Path, base: str, head: str, *, max_bytes: int) -> str | None:
    """The messages of the commits that head has and base has not; None when they are longer."""
    return _log(repository, base, head, ["--format=%B"], max_bytes)


def patches(repository: Path, base: str, head: str, *, max_bytes: int) -> str | None:
    """What each of these commits changed, merges included; None when that is longer."""
    wanted = ["-p", "-m", "-U0", "--root", "--src-prefix=a/", "--dst-prefix=b/", "--format="]
    return _log(repository, base, head, [*wanted, *_PLAIN[1:]], max_bytes)


def _log(repository: Path, base: str, head: str, options: list[str], max_bytes: int) -> str | None:
    found = git.run(
        ["log", "--no-show-signature", *options, f"{base}..{head}"],
        repository=repository,
        limit=max_bytes + 1,
        cut=True,
    )
    return found.decode(errors="replace") if len(found) <= max_bytes else None


def touched(repository: Path, head: str, *, depth: int) -> list[list[str]]:
    """The paths that each of the newest `depth` commits changed, merges left out."""
    found = git.run(
        [
            "log",
            "-z",
            "--no-merges",
            f"--max-count={depth}",
            "--no-show-signature",
            "--name-only",
            "--no-renames",
            # Two of them in a row stand in no path.
            "--format=%x00%x00",
            head,
        ],
        repository=repository,
    )
    blocks = found.decode(errors="replace").split("\0\0\0")
    return [
        [path.lstrip("\n") for path in block.split("\0") if path.strip()] for block in blocks[1:]
    ]


def changed(repository: Path, base: str, head: str) -> list[ChangedFile]:
    """The files that differ between two commits (full shas)."""
    found = git.run(
        ["diff-tree", "-z", "--raw", "--numstat", *_PLAIN, base, head], repository=repository
    )
    tokens = iter(found.split(b"\0")[:-1])
    files: dict[bytes, ChangedFile] = {}
    for token in tokens:
        if token.startswith(b":"):
            name, file = _raw(token, tokens)
            files[name] = file
        else:
            added, removed, name = _counts(token, tokens)
            files[name] = _counted(files[name], added, removed)
    return list(files.values())


def _raw(token: bytes, tokens: Iterator[bytes]) -> tuple[bytes, ChangedFile]:
    _, mode, _, _, letter = token.split(b" ")
    renamed = letter.startswith(b"R")
    old_path = readable(next(tokens)) if renamed else ""
    name = next(tokens)
    status = _STATUS.get(letter[:1], "modified")
    return name, ChangedFile(readable(name), status, 0, 0, False, mode.decode(), old_path)


def _counts(token: bytes, tokens: Iterator[bytes]) -> tuple[bytes, bytes, bytes]:
    added, removed, name = token.split(b"\t", 2)
    if not name:  # a renamed file: its old and its new name follow
        next(tokens)
        name = next(tokens)
    return added, removed, name


def _counted(file: ChangedFile, added: bytes, removed: bytes) -> ChangedFile:
    if added == b"-":
        return replace(file, binary=True)
    return replace(file, added=int(added), removed=int(removed))


def diff(repository: Path, base: str, head: str, *, max_bytes: int) -> str:
    """The unified difference of two commits (full shas), cut visibly after `max_bytes`."""
    found = git.run(
        [
            "diff-tree",
            "-p",
            "--submodule=short",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            *_PLAIN,
            base,
            head,
        ],
        repository=repository,
        limit=max_bytes + 1,
        cut=True,
    )
    if len(found) <= max_bytes:
        return found.decode(errors="replace")
    whole_lines = found[: found.rfind(b"\n", 0, max_bytes) + 1]
    note = f"\n[The difference is longer than {max_bytes} bytes; the rest is left out.]\n"
    return whole_lines.decode(errors="replace") + note

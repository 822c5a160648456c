"""What a repository keeps elsewhere: large files in Git LFS, and other repositories inside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from clusters.forges import git, trees
from clusters.forges.trees import Entry

# How every pointer begins, and how large one is at most, by the description of Git LFS.
_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_POINTER_SIZE = 1024
_ATTRIBUTES_SIZE = 1 << 20
_NAMED = 3


def pointers(repository: Path, commit: str) -> list[str]:
    """The paths of a commit (full sha) whose content is in Git LFS, sorted."""
    found = trees.entries(repository, commit)
    if not _uses_lfs(repository, found):
        return []
    small = [e for e in found if e.regular and len(_POINTER) <= e.size < _POINTER_SIZE]
    contents = _contents(repository, small)
    return [e.path for e, data in zip(small, contents, strict=True) if data.startswith(_POINTER)]


def submodules(repository: Path, commit: str) -> list[str]:
    """The paths of a commit (full sha) that are other repositories, sorted."""
    rows = git.run(["ls-tree", "-r", "-z", "--full-tree", commit], repository=repository)
    parts = (row.partition(b"\t") for row in rows.split(b"\0") if row)
    return sorted(trees.readable(name) for mode, _, name in parts if mode.startswith(b"160000"))


def notes(repository: Path, commit: str) -> list[str]:
    """What a sandbox does not get of a commit (full sha), as sentences for people."""
    said = []
    if count := len(pointers(repository, commit)):
        files = "1 file" if count == 1 else f"{count} files"
        theirs = "its pointer" if count == 1 else "their pointers"
        said.append(f"This repository keeps {files} in Git LFS: the sandbox sees {theirs} only.")
    if paths := submodules(repository, commit):
        said.append(f"Submodules are not checked out: {_listed(paths)}.")
    return said


def _listed(paths: Sequence[str]) -> str:
    more = len(paths) - _NAMED
    return ", ".join(paths[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _uses_lfs(repository: Path, found: Sequence[Entry]) -> bool:
    attributes = [
        entry
        for entry in found
        if entry.regular
        and entry.size <= _ATTRIBUTES_SIZE
        and entry.path.rpartition("/")[2] == ".gitattributes"
    ]
    return any(b"filter=lfs" in data for data in _contents(repository, attributes))


def _contents(repository: Path, wanted: Sequence[Entry]) -> Iterator[bytes]:
    """The content of each blob, one at a time."""
    if not wanted:
        return
    names = "".join(f"{entry.sha}\n" for entry in wanted).encode()
    with git.stream(
        ["cat-file", "--batch"], repository=repository, stdin=names, timeout=git.TRANSFER_TIMEOUT
    ) as output:
        for entry in wanted:
            output.readline()
            data = output.read(entry.size + 1)
            yield data[: entry.size]

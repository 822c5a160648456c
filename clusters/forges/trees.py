"""Reads the files of a commit straight from a bare repository: nothing is ever checked out."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from clusters.forges import git
from clusters.forges.git import GitError
from clusters.planner.base import SourceFile

# What is larger is data, and would only be read to be thrown away.
MAX_BLOB = 8 << 20
# What is read of one file, in bytes, and of one commit, in files, unless somebody asks otherwise.
MAX_TEXT = 512_000
MAX_FILES = 30_000
_REGULAR = ("100644", "100755", "100664")


@dataclass(frozen=True, slots=True)
class Entry:
    """One blob of a tree; `size` in bytes."""

    mode: str
    sha: str
    size: int
    path: str

    @property
    def regular(self) -> bool:
        """Whether it is a file, and not a symbolic link."""
        return self.mode in _REGULAR


def readable(name: bytes) -> str:
    """A path as text; bytes that are not UTF-8 are shown as \\xNN, so it can always be stored."""
    return name.decode(errors="backslashreplace")


def entries(repository: Path, commit: str) -> list[Entry]:
    """All blobs of a commit (full sha), submodules left out, sorted by path."""
    found = git.run(["ls-tree", "-r", "-l", "-z", "--full-tree", commit], repository=repository)
    rows = (_entry(row) for row in found.split(b"\0") if row)
    return sorted((row for row in rows if row), key=lambda entry: entry.path)


def _entry(row: bytes) -> Entry | None:
    described, _, name = row.partition(b"\t")
    mode, kind, sha, size = described.decode().split()
    return Entry(mode, sha, int(size), readable(name)) if kind == "blob" else None


def text_files(
    repository: Path, commit: str, *, max_bytes: int, limit: int
) -> Iterator[SourceFile]:
    """The text files of a commit, each cut after `max_bytes`, at most `limit` of them."""
    wanted = [e for e in entries(repository, commit) if e.regular and e.size <= MAX_BLOB]
    names = "".join(f"{entry.sha}\n" for entry in wanted).encode()
    with git.stream(
        ["cat-file", "--batch"], repository=repository, stdin=names, timeout=git.TRANSFER_TIMEOUT
    ) as output:
        texts = ((entry.path, _text(output, max_bytes)) for entry in wanted)
        yield from _first(limit, texts)


def _first(limit: int, texts: Iterable[tuple[str, str | None]]) -> Iterator[SourceFile]:
    left = limit
    for path, text in texts:
        if left <= 0:
            return
        if text is not None:
            left -= 1
            yield SourceFile(path, text)


def _text(output: IO[bytes], max_bytes: int) -> str | None:
    described = output.readline().split()
    if len(described) != 3:  # sha, type, size
        raise GitError("git cat-file failed: it ended before all files were read.")
    size = int(described[2])
    data = output.read(min(size, max_bytes))
    rest = size - len(data)
    output.read(rest + 1)
    return decode(data, complete=not rest)


def decode(data: bytes, *, complete: bool = True) -> str | None:
    """The text of a file: UTF-8, or else Latin-1; None when it is binary.

    An incomplete one may end in the middle of a letter, which is then left out.
    """
    if b"\0" in data:
        return None
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(data, final=complete)
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read(repository: Path, commit: str, path: str, *, limit: int) -> bytes | None:
    """The first `limit` bytes of a file; None when there is no regular file of that path."""
    if not _is_plain(path):
        return None
    row = git.run(["ls-tree", "-z", "--full-tree", commit, "--", path], repository=repository)
    described, _, found = row.rstrip(b"\0").partition(b"\t")
    if found != path.encode():
        return None
    mode, _, sha = described.decode().split()
    if mode not in _REGULAR:
        return None
    return git.run(["cat-file", "blob", sha], repository=repository, limit=limit, cut=True)


def _is_plain(path: str) -> bool:
    letters = path.encode(errors="replace").decode()
    parts = path.split("/")
    return bool(path) and letters == path and "\0" not in path and not {"", ".", ".."} & set(parts)

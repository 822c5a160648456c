"""The files of a one-shot sandbox between its tasks: an archive, and what was written since.

The archive is a stranger's: it is only read member by member and never unpacked here.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from agents.sandboxes.base import SandboxError
from agents.sandboxes.oneshot.base import Store

_MAX_MEMBERS = 1_000_000


class Workspace:
    """The workspace of one sandbox. Paths are relative to its root."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._files = f"{prefix}/workspace.tar"
        self._added = f"{prefix}/added/"

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of a regular file; never through a link. Raises SandboxError."""
        for key in reversed(self.archives()):
            with self._store.open(key) as file, _opened(file) as archive:
                members = {_name(member): member for member in _members(archive)}
                _refuse_links(path, members)
                if path in members:
                    return _content(archive, members[path], limit)
        raise SandboxError(f"There is no file {path}.")

    def write(self, path: str, data: bytes, mode: int) -> None:
        """Have the file there when the next task begins; never through a link."""
        for key in self.archives():
            with self._store.open(key) as file, _opened(file) as archive:
                members = {_name(member): member for member in _members(archive)}
                _refuse_links(path, members)
                if path in members and members[path].issym():
                    raise SandboxError(f"{path} is a link.")
        self._store.put(f"{self._added}{self._next():06d}.tar", _one_file(path, data, mode))

    def archives(self) -> list[str]:
        """The keys of all archives, in the order in which they are unpacked."""
        return [*self._store.keys(self._files), *self._store.keys(self._added)]

    def replaced(self, key: str) -> None:
        """The object is the workspace from now on; what was written before is in it."""
        with self._store.open(key) as file:
            self._store.put(self._files, file)
        self._store.delete(self._added)

    def _next(self) -> int:
        written = self._store.keys(self._added)
        return int(PurePosixPath(written[-1]).stem) + 1 if written else 0


def _opened(file: object) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=file, mode="r:")  # type: ignore[call-overload,no-any-return]
    except tarfile.TarError as error:
        raise SandboxError(f"The workspace cannot be read: {error}.") from error


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    try:
        for number, member in enumerate(archive):
            if number >= _MAX_MEMBERS:
                raise SandboxError("The workspace has more files than can be looked through.")
            yield member
    except tarfile.TarError as error:
        raise SandboxError(f"The workspace cannot be read: {error}.") from error


def _name(member: tarfile.TarInfo) -> str:
    return str(PurePosixPath(member.name))


def _refuse_links(path: str, members: dict[str, tarfile.TarInfo]) -> None:
    for parent in map(str, PurePosixPath(path).parents):
        if parent != "." and parent in members and not members[parent].isdir():
            raise SandboxError(f"{parent} is not a folder, so {path} cannot be in it.")


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, limit: int) -> bytes:
    file = archive.extractfile(member) if member.isreg() else None
    if file is None:
        raise SandboxError(f"{member.name} is not a file.")
    if member.size > limit:
        raise SandboxError(f"{member.name} is larger than the limit of {limit} bytes.")
    return file.read()


def _one_file(path: str, data: bytes, mode: int) -> io.BytesIO:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        entry = tarfile.TarInfo(path)
        entry.size, entry.mode = len(data), mode
        archive.addfile(entry, io.BytesIO(data))
    target.seek(0)
    return target

"""Read and write files that a stranger's code shares, without ever following its links."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from agents.sandboxes.base import SandboxError, SandboxLost

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Never wait for a pipe's other end, never make a terminal ours.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


class Tree:
    """A folder that untrusted code writes to; `owner` is the user that new files get."""

    def __init__(self, root: Path, owner: int | None) -> None:
        self._root = root
        self._owner = owner

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of a regular file of at most `limit` bytes."""
        with self._parent(path, create=False) as (folder, name), _reason(path):
            descriptor = os.open(name, _FILE, dir_fd=folder)
            try:
                _require_regular(os.fstat(descriptor), path)
                with os.fdopen(descriptor, "rb", closefd=False) as file:
                    data = file.read(limit + 1)
            finally:
                os.close(descriptor)
        if len(data) > limit:
            raise SandboxError(f"{path} is larger than the limit of {limit} bytes.")
        return data

    def write(self, path: str, data: bytes, mode: int) -> None:
        """Put a file there, whole or not at all; missing folders are made."""
        with self._replacing(path, mode) as file:
            file.write(data)

    def copy_in(self, path: str, source: Path, mode: int = 0o644) -> None:
        """Put a copy of a host file there."""
        with (
            _reason(str(source)),
            source.open("rb") as original,
            self._replacing(path, mode) as file,
        ):
            shutil.copyfileobj(original, file, 1 << 20)

    @contextmanager
    def _replacing(self, path: str, mode: int) -> Iterator[BinaryIO]:
        """A new file that takes the place of `path` at the end."""
        with self._parent(path, create=True) as (folder, name), _reason(path):
            _require_replaceable(folder, name, path)
            draft = f".{secrets.token_hex(8)}.part"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(draft, flags, 0o600, dir_fd=folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    yield file
                    self._give(descriptor)
                    os.fchmod(descriptor, mode & 0o777)
                os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                os.unlink(draft, dir_fd=folder)
                raise

    @contextmanager
    def _parent(self, path: str, *, create: bool) -> Iterator[tuple[int, str]]:
        """A descriptor of the folder that holds `path`, and the last part of the name."""
        *folders, name = self._parts(path)
        with _reason(path):
            current = self._open_root()
            try:
                for part in folders:
                    inner = self._enter(current, part, create=create)
                    os.close(current)
                    current = inner
                yield current, name
            finally:
                os.close(current)

    def _open_root(self) -> int:
        try:
            return os.open(self._root, _FOLDER)
        except FileNotFoundError as gone:
            raise SandboxLost("The sandbox has been removed.") from gone

    def _enter(self, folder: int, part: str, *, create: bool) -> int:
        try:
            return os.open(part, _FOLDER, dir_fd=folder)
        except FileNotFoundError:
            if not create:
                raise
        try:
            os.mkdir(part, 0o755, dir_fd=folder)
        except FileExistsError:
            return os.open(part, _FOLDER, dir_fd=folder)
        inner = os.open(part, _FOLDER, dir_fd=folder)
        self._give(inner)
        return inner

    def _give(self, descriptor: int) -> None:
        if self._owner is not None:
            os.fchown(descriptor, self._owner, self._owner)

    def _parts(self, path: str) -> tuple[str, ...]:
        pure = PurePosixPath(path)
        if "\0" in path or ".." in pure.parts or not pure.is_relative_to(self._root):
            raise SandboxError(f"{path} is not a path inside the sandbox.")
        parts = pure.relative_to(self._root).parts
        if not parts:
            raise SandboxError(f"{path} is a folder, not a file.")
        return parts


@contextmanager
def _reason(path: str) -> Iterator[None]:
    """Say what the operating system found wrong in the words of a sandbox."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise SandboxError(f"{path} leads through a link, which is never followed.") from error
        raise SandboxError(f"{path} cannot be used: {error.strerror}.") from error


def _require_regular(facts: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise SandboxError(f"{path} is not a regular file.")


def _require_replaceable(folder: int, name: str, path: str) -> None:
    try:
        facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISLNK(facts.st_mode):
        raise SandboxError(f"{path} is a link, which is never followed.")
    _require_regular(facts, path)

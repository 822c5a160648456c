"""Archives of ours that every sandbox of a provider may read and none can change."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import tarfile
from pathlib import Path

from agents.sandboxes.local.removal import remove_tree

_FOLDER = ".provided"


def folder_of(home: Path) -> Path:
    """Where they are, below the provider's own folder."""
    return home / _FOLDER


def path_of(home: Path, archive: bytes) -> Path:
    """Where this one is, once it is there: its name tells its content."""
    return folder_of(home) / hashlib.sha256(archive).hexdigest()[:24]


def provide(home: Path, archive: bytes) -> Path:
    """The folder with what is in a .tar.gz of ours; it is unpacked once for all sandboxes."""
    target = path_of(home, archive)
    if target.is_dir():
        return target
    fresh = folder_of(home) / f".{secrets.token_hex(8)}"
    fresh.mkdir(parents=True)
    _unpack(archive, fresh)
    fresh.chmod(0o755)
    folder_of(home).chmod(0o755)
    try:
        os.rename(fresh, target)  # noqa: PTH104  it must fail where the other one replaces
    except OSError:
        # Somebody else was quicker: the content is the same.
        remove_tree(fresh)
        if not target.is_dir():
            raise
    return target


def _unpack(archive: bytes, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as source:
        for member in source:
            file = source.extractfile(member) if member.isreg() else None
            if file is None:
                continue
            path = folder / member.name
            path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            path.write_bytes(file.read())
            path.chmod(member.mode & 0o755 | 0o444)
            # Python believes a file of bytecode that knows its source's time.
            os.utime(path, (member.mtime, member.mtime))

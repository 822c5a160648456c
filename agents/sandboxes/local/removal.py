"""Remove what a stranger's code left, however deep, odd or forbidding it is."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_HANDLE = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: Path) -> None:
    """Remove a folder with everything in it; nothing happens if it is not there.

    Folders inside folders are first moved up to the top, so the depth of a tree needs neither
    recursion nor long names nor many open descriptors.
    """
    try:
        top = os.open(path, _FOLDER)
    except FileNotFoundError:
        return
    try:
        while _clear(top):
            continue
    finally:
        os.close(top)
    with contextlib.suppress(FileNotFoundError):
        path.rmdir()


def _clear(top: int) -> bool:
    """One pass over the entries of the top folder; False when it was empty."""
    names = os.listdir(top)
    for name in names:
        # What is gone already was removed by somebody who closes the same sandbox.
        with contextlib.suppress(FileNotFoundError):
            if _is_folder(name, top):
                _flatten(name, top)
            else:
                os.unlink(name, dir_fd=top)
    return bool(names)


def _flatten(name: str, top: int) -> None:
    """Unlink the files of one folder, move its folders beside it, and remove it."""
    _make_accessible(name, top)
    folder = os.open(name, _FOLDER, dir_fd=top)
    try:
        for inner in os.listdir(folder):  # noqa: PTH208
            if _is_folder(inner, folder):
                # Its own entry `..` changes with the move, so it must be writable as well.
                _make_accessible(inner, folder)
                os.rename(inner, secrets.token_hex(16), src_dir_fd=folder, dst_dir_fd=top)
            else:
                os.unlink(inner, dir_fd=folder)
    finally:
        os.close(folder)
    os.rmdir(name, dir_fd=top)


def _is_folder(name: str, folder: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


def _make_accessible(name: str, folder: int) -> None:
    handle = os.open(name, _HANDLE, dir_fd=folder)
    try:
        # By the descriptor's name: chmod on a path could be led through a link.
        Path(f"/proc/self/fd/{handle}").chmod(0o700)
    finally:
        os.close(handle)

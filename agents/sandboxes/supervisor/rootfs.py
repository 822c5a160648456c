"""The file system that a command in its own namespaces sees: built in memory, bind by bind."""

from __future__ import annotations

import os
from pathlib import Path

from .spec import RunSpec
from .syscalls import (
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_REC,
    bind,
    detach_mount,
    make_read_only,
    mount,
    pivot_root,
)

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
# A process whose user is root outside could write core_pattern and the like here.
_PROC_COVERED = ("sys", "sysrq-trigger", "irq", "bus", "fs")
# Folders that every command may write to, and how large they may grow.
_TMP = "tmp"
_IN_MEMORY = {_TMP: "512m", "var/tmp": "64m", "dev/shm": "256m"}
_PLAIN = MS_NOSUID | MS_NODEV
_OLD_ROOT = ".old"


def enter_root(spec: RunSpec, root: str) -> None:
    """Build the view of `spec` at the empty folder `root` and make it this process's `/`."""
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", root, "tmpfs", _PLAIN, "mode=755,size=64m")
    for folder in ("proc", "etc", "run", *_IN_MEMORY, _OLD_ROOT):
        Path(root, folder).mkdir(parents=True)
    # Before the binds: a work folder may lie under /tmp.
    for folder, size in _IN_MEMORY.items():
        mount("tmpfs", f"{root}/{folder}", "tmpfs", _PLAIN, f"mode=1777,size={size}")
    for path in spec.read_only:
        _show(path, root, read_only=True)
    for path in spec.writable:
        _show(path, root, read_only=False)
    if spec.tmp is not None:
        # Last: nothing may be mounted below a folder whose content the command chose.
        bind(spec.tmp, f"{root}/{_TMP}", read_only=False)
    for name, text in spec.etc_files.items():
        Path(root, "etc", name).write_text(text)
    _make_devices(root)
    _mount_proc(root, own_user_namespace=spec.user_namespace)
    _pivot(root)


def _show(path: str, root: str, *, read_only: bool) -> None:
    source, target = Path(path), Path(root + path)
    if source.is_symlink():  # /bin -> usr/bin
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_symlink():
            target.symlink_to(source.readlink())
    elif source.exists():
        _make_target(source, target)
        bind(path, str(target), read_only=read_only)


def _make_target(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()


def _make_devices(root: str) -> None:
    for name in _DEVICES:
        device = Path("/dev", name)
        if device.exists():
            Path(root, "dev", name).touch()
            bind(str(device), f"{root}/dev/{name}", read_only=False)
    Path(root, "dev/pts").mkdir()
    options = "newinstance,ptmxmode=0666,mode=620"
    mount("devpts", f"{root}/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, options)
    for name, target in _DEVICE_LINKS.items():
        Path(root, "dev", name).symlink_to(target)


def _mount_proc(root: str, *, own_user_namespace: bool) -> None:
    mount("proc", f"{root}/proc", "proc", _PLAIN | MS_NOEXEC)
    if own_user_namespace:
        # This setting belongs to the namespace: no further ones below this one.
        Path(root, "proc/sys/user/max_user_namespaces").write_text("0")
    for name in _PROC_COVERED:
        path = f"{root}/proc/{name}"
        if Path(path).exists():
            bind(path, path, read_only=True)


def _pivot(root: str) -> None:
    pivot_root(root, f"{root}/{_OLD_ROOT}")
    os.chdir("/")
    detach_mount(f"/{_OLD_ROOT}")
    Path("/", _OLD_ROOT).rmdir()
    make_read_only("/")

"""The first process of a machine: it makes the machine's world, then starts what it is told.

Standard library only, and everything is imported up front: after `pivot_root` nothing else of the
interpreter can be read. Requests and answers are JSON, one packet each; see `machine.py`.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
import struct
from pathlib import Path
from typing import Any, NoReturn

from agents.sandboxes.supervisor.syscalls import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUTS,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_REC,
    bind,
    detach_mount,
    die_with_parent,
    mount,
    pivot_root,
    unshare,
)

USER = 1000
# Where the egress of the machine listens: names of the outside world lead here.
GATEWAY = "127.0.53.1"

_NAMESPACES = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
_LARGEST_PACKET = 1 << 20
_OWN_FOLDERS = {
    "home/user": (0o755, USER),
    "root": (0o711, 0),  # programs that are shown may lie below it
    "tmp": (0o1777, 0),
    "var/tmp": (0o1777, 0),
    "var/lib": (0o755, 0),
    "opt": (0o755, 0),
    "run": (0o755, 0),
    "proc": (0o555, 0),
    "dev/shm": (0o1777, 0),
    "etc": (0o755, 0),
    "usr": (0o755, 0),
    ".old": (0o700, 0),
}
_ETC = {
    "passwd": "root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000::/home/user:/bin/bash\n",
    "group": "root:x:0:\nuser:x:1000:\n",
    "hostname": "e2b\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
_HOST_ETC = ("alternatives", "ssl", "ld.so.cache")
_SIOCSIFFLAGS, _IFF_UP_RUNNING = 0x8914, 0x41


def main(root: str, control: int, readable: list[str]) -> NoReturn:
    """Start the machine of the folder `root`; its first process talks over `control`."""
    unshare(_NAMESPACES)
    child = os.fork()
    if child:
        os.close(control)
        os.waitpid(child, 0)
        os._exit(0)
    die_with_parent()
    os.setsid()
    _build(root, readable)
    _interface_up()
    _Guest(socket.socket(fileno=control)).serve()


def _build(root: str, readable: list[str]) -> None:
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    bind(root, root, read_only=False)
    for name, (mode, owner) in _OWN_FOLDERS.items():
        folder = Path(root, name)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
        os.chown(folder, owner, owner)
    for name, text in _ETC.items():
        Path(root, "etc", name).write_text(text)
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        _show(Path("/", name), root)
    for path in (Path("/usr"), *(Path("/etc", name) for name in _HOST_ETC), *map(Path, readable)):
        _show(path, root)
    for name in ("null", "zero", "full", "random", "urandom"):
        Path(root, "dev", name).touch()
        bind(f"/dev/{name}", f"{root}/dev/{name}", read_only=False)
    Path(root, "dev/fd").symlink_to("/proc/self/fd")
    mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    pivot_root(root, f"{root}/.old")
    os.chdir("/")
    detach_mount("/.old")
    socket.sethostname("e2b")


def _show(path: Path, root: str) -> None:
    target = Path(root + str(path))
    if path.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(path.readlink())
        return
    if not path.exists():
        return
    if path.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    bind(str(path), str(target), read_only=True)


def _interface_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", _IFF_UP_RUNNING) + bytes(22)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)


class _Guest:
    """Serves the requests of `machine.Machine` until it hangs up."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._started: dict[int, int] = {}  # pid -> the request's number

    def serve(self) -> NoReturn:
        signal.signal(signal.SIGCHLD, lambda *_: None)
        wake, wake_write = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        listener = socket.create_server((GATEWAY, 80))
        socket.send_fds(self._control, [b'{"ready": true}'], [listener.fileno()])
        listener.close()
        while True:
            control = self._control.fileno()
            ready, _, _ = select.select([control, wake], [], [])
            if wake in ready:
                os.read(wake, 4096)
                self._reap()
            if control in ready:
                self._take_in()

    def _take_in(self) -> None:
        data, descriptors, _, _ = socket.recv_fds(self._control, _LARGEST_PACKET, 3)
        if not data:
            os._exit(0)  # the end of the first process is the end of the machine
        request = json.loads(data)
        if "signal" in request:
            self._signal(request["pid"], request["signal"])
            return
        pid = os.fork()
        if not pid:
            _become(request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self._started[pid] = request["number"]
        self._say(number=request["number"], pid=pid)

    def _signal(self, pid: int, number: int) -> None:
        if pid in self._started:  # else it has ended, and nobody may have its number meanwhile
            os.kill(pid, number)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            number = self._started.pop(pid, None)
            if number is not None:
                self._say(number=number, status=status)

    def _say(self, **facts: int) -> None:
        self._control.send(json.dumps(facts).encode())


def _become(request: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """In the new process: take its streams, its user and its folder, and become the program."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        os.closerange(3, 256)
        os.setgroups([])
        os.setresgid(request["user"], request["user"], request["user"])
        os.setresuid(request["user"], request["user"], request["user"])
        os.chdir(request["cwd"])
        os.execve(request["argv"][0], request["argv"], request["env"])
    except OSError as error:
        os.write(2, f"{error}\n".encode())
    os._exit(126)

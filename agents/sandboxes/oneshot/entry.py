"""What runs inside of a one-shot task: workspace in, one command, workspace and status out.

Standard library only: the image of the task need not know of Soulcaster. It is started as
`python3 -c <bootstrap> <address of the request>`; this file is the program that the bootstrap
fetches.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import signal
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.request
from typing import IO, Any, NoReturn

_CHUNK = 1 << 16
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, linux/prctl.h
_PATIENCE = 60.0  # seconds for one transfer to make progress


def main(request: dict[str, Any]) -> int:
    """Carry out the request; the exit code is the command's, for those who only see that."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, _stopped)
    root = str(request["root"])
    os.makedirs(root, exist_ok=True)  # noqa: PTH103  (os, as everywhere in this program)
    for archive in request["archives"]:
        _unpack(archive, root)
    status = _run(request, root)
    _kill_descendants()
    with tempfile.TemporaryFile() as file:
        _pack(root, file)
        _send(request["workspace"], file)
    # Last: a status says that the workspace is there as well.
    _send(request["status"], io.BytesIO(json.dumps(status).encode()))
    return int(status["code"]) if status["code"] is not None else 1


def _stopped(*_: object) -> NoReturn:
    _kill_descendants()
    os._exit(143)


def _run(request: dict[str, Any], root: str) -> dict[str, Any]:
    began = time.monotonic()
    env = {"HOME": root, "TMPDIR": _temporary(root), "LANG": "C.UTF-8", **request["env"]}
    env.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
    status: dict[str, Any] = {"code": None, "signal": None, "reason": "exited", "truncated": False}
    try:
        process = subprocess.Popen(
            request["argv"],
            cwd=request["cwd"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        said = f"cannot run {request['argv'][0]}: {error.strerror}\n"
        sys.stdout.buffer.write(said.encode())
        sys.stdout.buffer.flush()
        return status | {"code": 127}
    clock = threading.Timer(float(request["wall_seconds"]), _out_of_time, (process, status))
    clock.daemon = True
    clock.start()
    assert process.stdout is not None
    reader = threading.Thread(
        target=_copy, args=(process.stdout, int(request["output_bytes"]), status), daemon=True
    )
    reader.start()
    code = process.wait()
    clock.cancel()
    # A daemon may hold the other end of the pipe open for ever.
    _kill_descendants()
    reader.join()
    if status["reason"] == "exited":
        status |= {"code": code} if code >= 0 else {"signal": -code}
    return status | {"seconds": time.monotonic() - began}


def _temporary(root: str) -> str:
    folder = os.path.join(root, ".tmp")  # noqa: PTH118
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    return folder


def _out_of_time(process: subprocess.Popen[bytes], status: dict[str, Any]) -> None:
    status["reason"] = "timeout"
    process.kill()


def _copy(source: IO[bytes], limit: int, status: dict[str, Any]) -> None:
    left = limit
    while data := os.read(source.fileno(), _CHUNK):
        if len(data) > left:
            status["truncated"] = True
        sys.stdout.buffer.write(data[:left])
        sys.stdout.buffer.flush()
        left -= min(left, len(data))


def _kill_descendants() -> None:
    """Until none is left: one may fork while the list is read."""
    me = os.getpid()
    while True:
        children = [
            pid
            for pid in map(int, filter(str.isdigit, os.listdir("/proc")))  # noqa: PTH208
            if pid != me and _parent(pid) == me
        ]
        if not children:
            return
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                continue  # it was quicker


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def _unpack(address: str, root: str) -> None:
    """Our own archives, and what an earlier task of this very sandbox left: as it was."""
    with (
        urllib.request.urlopen(address, timeout=_PATIENCE) as answer,  # noqa: S310
        tarfile.open(fileobj=answer, mode="r|") as archive,
    ):
        for member in archive:
            place = os.path.join(root, member.name)  # noqa: PTH118
            if not member.isdir() and os.path.lexists(place):
                os.unlink(place)  # noqa: PTH108
            archive.extract(member, root, set_attrs=not member.issym())


def _pack(root: str, file: IO[bytes]) -> None:
    with tarfile.open(fileobj=file, mode="w") as archive:
        for folder, names, files in os.walk(root):
            _open_up(folder)
            for name in sorted([*names, *files]):
                path = os.path.join(folder, name)  # noqa: PTH118
                _add(archive, path, os.path.relpath(path, root))
    file.seek(0)


def _add(archive: tarfile.TarFile, path: str, name: str) -> None:
    kind = os.lstat(path).st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind) or stat.S_ISLNK(kind)):
        return  # sockets and pipes mean nothing to the next task
    if not stat.S_ISLNK(kind):
        _open_up(path)
    archive.inodes = {}  # type: ignore[attr-defined]  # else a second name is stored as a link
    archive.add(path, name, recursive=False)


def _open_up(path: str) -> None:
    if not os.access(path, os.R_OK):
        os.chmod(path, 0o700)  # noqa: PTH101


def _send(address: str, file: IO[bytes]) -> None:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    request = urllib.request.Request(  # noqa: S310
        address, data=file, method="PUT", headers={"Content-Length": str(size)}
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE):  # noqa: S310
        pass

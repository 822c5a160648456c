"""A service that starts one task and gives no shell, and a bucket with signed addresses.

A task is a container-like process: own root, own process namespace, its output in a file of the
service. It gets its workspace from the bucket by address and leaves everything there.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO

from agents.sandboxes.base import Event, Exited, Isolation, OutputChunk, SandboxError
from agents.sandboxes.oneshot import OneShotTask


class Bucket:
    """Objects in a folder, served on loopback. An address works until its time is over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._granted: dict[str, tuple[str, str, float]] = {}
        bucket = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                key = bucket.granted(self.path, "GET")
                if key is None or not bucket.path(key).is_file():
                    self.send_error(403)
                    return
                data = bucket.path(key).read_bytes()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_PUT(self) -> None:
                key = bucket.granted(self.path, "PUT")
                data = self.rfile.read(int(self.headers["Content-Length"]))
                if key is None:
                    self.send_error(403)
                    return
                bucket.put(key, io.BytesIO(data))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Tests are quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def path(self, key: str) -> Path:
        return self._folder / key

    def put(self, key: str, data: BinaryIO) -> None:
        place = self.path(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_name(f".{secrets.token_hex(8)}")
        with fresh.open("wb") as file:
            shutil.copyfileobj(data, file)
        fresh.replace(place)

    def open(self, key: str) -> BinaryIO:
        try:
            return self.path(key).open("rb")
        except OSError:
            raise KeyError(key) from None

    def keys(self, prefix: str) -> Sequence[str]:
        found = (path for path in self._folder.rglob("*") if path.is_file())
        keys = (str(path.relative_to(self._folder)) for path in found)
        return sorted(key for key in keys if key.startswith(prefix) and "/." not in key)

    def delete(self, prefix: str) -> None:
        for key in self.keys(prefix):
            self.path(key).unlink(missing_ok=True)

    def address_to_read(self, key: str, seconds: float) -> str:
        return self._grant(key, "GET", seconds)

    def address_to_write(self, key: str, seconds: float) -> str:
        return self._grant(key, "PUT", seconds)

    def granted(self, path: str, method: str) -> str | None:
        key, verb, until = self._granted.get(path, ("", "", 0.0))
        return key if verb == method and time.monotonic() < until else None

    def _grant(self, key: str, method: str, seconds: float) -> str:
        path = f"/{secrets.token_urlsafe(24)}"
        self._granted[path] = (key, method, time.monotonic() + seconds)
        return f"http://127.0.0.1:{self.server.server_port}{path}"


class Tasks:
    """The service. `lose` makes the next task die before it does anything."""

    name = "tasks"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.lose = False
        self.started: list[OneShotTask] = []

    def probe(self) -> Isolation:
        if shutil.which("bwrap") is None:
            raise SandboxError("The tasks of this service need bubblewrap.")
        return Isolation.BUBBLEWRAP

    def start(self, task: OneShotTask) -> str:
        self.started.append(task)
        task_id = f"task-{secrets.token_hex(6)}"
        root = self._folder / task_id
        (root / "workspace").mkdir(parents=True)
        argv = ["false"] if self.lose else list(task.argv)
        self.lose = False
        with (root / "output").open("wb") as output:
            self._running[task_id] = subprocess.Popen(
                [*_container(root / "workspace"), *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ["PATH"]},
                start_new_session=True,
            )
        return task_id

    def follow(self, task_id: str, offset: int = 0) -> Iterator[Event]:
        process, spoke = self._running[task_id], time.monotonic()
        while True:
            ended = process.poll()
            data = self._output(task_id, offset)
            if data:
                yield OutputChunk(offset, data)
                offset, spoke = offset + len(data), time.monotonic()
            if ended is not None:
                yield Exited(max(ended, 0), None, "exited")
                return
            if time.monotonic() - spoke > 1.0:
                yield None
                spoke = time.monotonic()
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)

    def stop(self, task_id: str) -> None:
        process = self._running.get(task_id)
        if process is not None and process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def running(self) -> list[str]:
        return [name for name, process in self._running.items() if process.poll() is None]

    def _output(self, task_id: str, offset: int) -> bytes:
        with (self._folder / task_id / "output").open("rb") as file:
            file.seek(offset)
            return file.read()


def _container(workspace: Path) -> list[str]:
    """Its own root and processes; the network is the machine's, where the bucket is."""
    options = [
        "--unshare-user",
        "--unshare-pid",
        "--unshare-ipc",
        "--die-with-parent",
        "--clearenv",
    ]
    options += ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for name in ("bin", "sbin", "lib", "lib64"):
        options += ["--symlink", f"usr/{name}", f"/{name}"]
    path = "/usr/local/bin:/usr/bin:/bin"
    return [
        "bwrap",
        *options,
        "--bind",
        str(workspace),
        "/workspace",
        "--setenv",
        "PATH",
        path,
        "--",
    ]


@contextmanager
def service(folder: Path) -> Iterator[tuple[Tasks, Bucket]]:
    """The service and its bucket, as long as the block lasts."""
    bucket, tasks = Bucket(folder / "bucket"), Tasks(folder / "tasks")
    thread = threading.Thread(target=bucket.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield tasks, bucket
    finally:
        for task in tasks.running():
            tasks.stop(task)
        bucket.server.shutdown()
        bucket.server.server_close()

"""A sandbox whose commands are tasks of their own; see `agents.sandboxes.base.Sandbox`."""

from __future__ import annotations

import io
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any

from agents.sandboxes import git
from agents.sandboxes.base import (
    CommandResult,
    Event,
    Exited,
    Isolation,
    Network,
    OutputChunk,
    ProcessHandle,
    SandboxError,
    SandboxLost,
    SandboxSpec,
)
from agents.sandboxes.local.settings import check_name
from agents.sandboxes.oneshot.base import OneShotProvider, OneShotTask, Store
from agents.sandboxes.oneshot.workspace import Workspace

ROOT = "/workspace"
_RUN_OUTPUT_BYTES = 32 << 20
# Time for a task to begin and to bring its workspace, besides the command's own.
_TRANSFERS = 900.0
_BOOT = "import sys,urllib.request as r;exec(r.urlopen(sys.argv[1]).read())"
_REASONS = {"exited", "timeout"}


class OneShotSandbox:
    """One workspace in the store, and the tasks that ran on it, one at a time."""

    root = ROOT
    repository = f"{ROOT}/repo"
    adds_headers = False

    def __init__(
        self,
        sandbox_id: str,
        spec: SandboxSpec,
        isolation: Isolation,
        provider: OneShotProvider,
        store: Store,
    ) -> None:
        self.id = sandbox_id
        self.isolation = isolation
        self._spec = spec
        self._provider = provider
        self._store = store
        self._prefix = f"sandboxes/{sandbox_id}"
        self._workspace = Workspace(store, self._prefix)

    # --- commands ------------------------------------------------------------------------------

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        network: Network = Network.NONE,
        on_output: Callable[[bytes], None] | None = None,
    ) -> CommandResult:
        """Run a command to its end in a task of its own."""
        began = time.monotonic()
        key = f"run-{secrets.token_hex(8)}"
        handle = self.spawn(argv, key=key, cwd=cwd, env=env, timeout=timeout, network=network)
        output = bytearray()
        try:
            for event in self.follow(handle):
                if isinstance(event, Exited):
                    return _result(event, bytes(output), time.monotonic() - began)
                if isinstance(event, OutputChunk):
                    output += event.data[: _RUN_OUTPUT_BYTES - len(output)]
                    if on_output is not None:
                        on_output(event.data)
        finally:
            self.kill(handle)
            self._store.delete(self._run(handle, ""))
        raise SandboxLost("The task ended without a word.")

    def spawn(
        self,
        argv: Sequence[str],
        *,
        key: str,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        network: Network = Network.NONE,
    ) -> ProcessHandle:
        """Start a command. The same `key` twice gives the same task."""
        handle = ProcessHandle(check_name(key, "key"))
        self._require_there()
        request = self._request(argv, cwd, env, timeout)
        if self._text(handle, "task") is not None:
            return handle
        seconds = request["wall_seconds"] + _TRANSFERS
        for name in ("workspace", "status"):
            request[name] = self._store.address_to_write(self._run(handle, name), seconds)
        request["archives"] = [
            self._store.address_to_read(archive, seconds) for archive in self._workspace.archives()
        ]
        self._put(handle, "program", _program(request))
        address = self._store.address_to_read(self._run(handle, "program"), seconds)
        task = OneShotTask(
            self._spec.label, ["python3", "-c", _BOOT, address], self._spec.limits, seconds, network
        )
        self._put(handle, "task", self._provider.start(task))
        return handle

    def follow(self, handle: ProcessHandle, offset: int = 0) -> Iterator[Event]:
        """Yield output from `offset`, `None` about every second of silence, then `Exited`."""
        task = self._text(handle, "task")
        if task is None:
            yield Exited(None, None, "lost", "There is no such task.")
            return
        for event in self._provider.follow(task, offset):
            if isinstance(event, Exited):
                yield self._ended(handle, event)
                return
            yield event

    def kill(self, handle: ProcessHandle) -> None:
        """End the task. Idempotent."""
        task = self._text(handle, "task")
        if task is not None:
            self._provider.stop(task)
            if self._text(handle, "status") is None:
                self._put(handle, "killed", "yes")

    # --- files ---------------------------------------------------------------------------------

    def read(self, path: str, *, limit: int = 32 << 20) -> bytes:
        """The bytes of a regular file, as the last task left it."""
        return self._workspace.read(_inside(path), limit)

    def write(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        """Write a file; the next task finds it."""
        self._workspace.write(_inside(path), data, mode)

    def put_repository(self, bundle: Path, *, base: str, shallow: Sequence[str]) -> None:
        """Check `base` out at `repository`, on branch `work`, from a (shallow) bundle."""
        git.put_repository(self, bundle, base=base, shallow=shallow)

    def get_commits(self, base: str) -> bytes:
        """A git bundle of `base..work`; empty bytes when there are no commits."""
        return git.get_commits(self, base)

    def provide(self, archive: bytes) -> str:
        """A folder with what is in a .tar.gz of ours, unpacked anew."""
        packed, folder = f"{ROOT}/.provided.tar.gz", f"{ROOT}/.provided"
        self.write(packed, archive)
        unpack = 'rm -rf -- "$1"; mkdir "$1"; tar -xzf "$0" -C "$1"; rm -f -- "$0"'
        done = self.run(["sh", "-ec", unpack, packed, folder])
        if not done.ok:
            raise SandboxError(f"An archive could not be unpacked: {done.text[-300:]}")
        return folder

    # --- end -----------------------------------------------------------------------------------

    def rest(self) -> None:
        """Nothing runs between two tasks."""

    def close(self) -> None:
        """End every task and remove every trace. Idempotent."""
        for key in self._store.keys(f"{self._prefix}/runs/"):
            if key.endswith("/task"):
                with self._store.open(key) as file:
                    self._provider.stop(file.read().decode())
        self._store.delete(f"{self._prefix}/")

    # --- helpers -------------------------------------------------------------------------------

    def _require_there(self) -> None:
        if not self._store.keys(f"{self._prefix}/sandbox.json"):
            raise SandboxLost("The sandbox has been removed.")

    def _request(
        self,
        argv: Sequence[str],
        cwd: str | None,
        env: Mapping[str, str] | None,
        timeout: float | None,
    ) -> dict[str, Any]:
        if not argv or not argv[0] or any("\0" in word for word in argv):
            raise SandboxError("This is not a command line that can be run.")
        for name, value in (env or {}).items():
            if not name or "=" in name or "\0" in name + value:
                raise SandboxError(f"{name[:100]!r} cannot be an environment variable.")
        folder = PurePosixPath(cwd or ROOT)
        if "\0" in str(folder) or ".." in folder.parts or not folder.is_relative_to(ROOT):
            raise SandboxError(f"{cwd} is not a folder inside the sandbox.")
        wall = self._spec.wall_seconds if timeout is None else min(timeout, self._spec.wall_seconds)
        return {
            "root": ROOT,
            "argv": list(argv),
            "cwd": str(folder),
            "env": dict(env or {}),
            "wall_seconds": wall,
            "output_bytes": self._spec.limits.output_bytes,
        }

    def _ended(self, handle: ProcessHandle, event: Exited) -> Exited:
        """How it ended: by the status that the task left, which comes after its workspace."""
        said = self._text(handle, "status")
        if said is None:
            if self._text(handle, "killed") is not None:
                return Exited(None, None, "killed")
            reason = event.reason if event.reason not in _REASONS else "lost"
            return Exited(None, None, reason, event.error or "The task left no exit status.")
        if self._text(handle, "taken") is None:
            self._workspace.replaced(self._run(handle, "workspace"))
            self._put(handle, "taken", "yes")
            # The process's keys were in it.
            self._store.delete(self._run(handle, "program"))
        return _exited(said)

    def _run(self, handle: ProcessHandle, name: str) -> str:
        return f"{self._prefix}/runs/{check_name(handle.id, 'process')}/{name}"

    def _put(self, handle: ProcessHandle, name: str, text: str) -> None:
        self._store.put(self._run(handle, name), io.BytesIO(text.encode()))

    def _text(self, handle: ProcessHandle, name: str) -> str | None:
        try:
            with self._store.open(self._run(handle, name)) as file:
                return file.read(1 << 16).decode("utf-8", "replace")
        except KeyError:
            return None


def _program(request: Mapping[str, Any]) -> str:
    """The entry program with its request: one object, so that nothing is left in an argument."""
    source = files("agents.sandboxes.oneshot").joinpath("entry.py").read_text(encoding="utf-8")
    return f"{source}\n\nsys.exit(main(json.loads({json.dumps(request)!r})))\n"


def _exited(said: str) -> Exited:
    try:
        status = json.loads(said)
        code, number, reason = status["code"], status["signal"], status["reason"]
        known = reason in _REASONS and isinstance(code, int | None)
    except (ValueError, KeyError, TypeError):
        known = False
    if not known or not isinstance(number, int | None):
        return Exited(None, None, "error", "The task's exit status cannot be read.")
    return Exited(code, number, reason, truncated=bool(status.get("truncated")))


def _result(end: Exited, output: bytes, seconds: float) -> CommandResult:
    code = end.code if end.reason == "exited" else None
    return CommandResult(code, output, seconds, end.reason, end.truncated)


def _inside(path: str) -> str:
    """The path relative to the root; raises SandboxError for one that is not below it."""
    pure = PurePosixPath(path)
    if "\0" in path or ".." in pure.parts or not pure.is_relative_to(ROOT) or str(pure) == ROOT:
        raise SandboxError(f"{path[:200]!r} is not a file inside the sandbox.")
    return str(pure.relative_to(ROOT))

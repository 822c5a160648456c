"""A sandbox without walls: a folder of the machine, for tests of what runs inside of one."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from agents.sandboxes.base import (
    CommandResult,
    Event,
    Exited,
    Isolation,
    Network,
    OutputChunk,
    ProcessHandle,
    SandboxError,
)


class DirectorySandbox:
    """Runs commands in `root`; the repository is wherever the test has put it below."""

    isolation = Isolation.NONE
    adds_headers = False

    def __init__(self, root: Path) -> None:
        self.id = root.name
        self.root = str(root)
        self.repository = str(root / "repo")
        self.commands: list[list[str]] = []
        self._finished: dict[str, CommandResult] = {}

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
        self.commands.append(list(argv))
        base = {"PATH": os.environ["PATH"], "HOME": self.root, "LANG": "C.UTF-8"}
        begun = time.monotonic()
        try:
            done = subprocess.run(
                list(argv),
                cwd=cwd or self.root,
                env={**base, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            return CommandResult(None, late.output or b"", timeout, "timeout")
        except OSError as error:
            return CommandResult(None, str(error).encode(), 0.0, "error")
        if on_output:
            on_output(done.stdout)
        return CommandResult(done.returncode, done.stdout, time.monotonic() - begun, "exited")

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
        if key not in self._finished:
            self._finished[key] = self.run(argv, cwd=cwd, env=env, timeout=timeout or 60.0)
        return ProcessHandle(key)

    def follow(self, handle: ProcessHandle, offset: int = 0) -> Iterator[Event]:
        done = self._finished[handle.id]
        if done.output[offset:]:
            yield OutputChunk(offset, done.output[offset:])
        yield Exited(done.exit_code, None, done.reason)

    def kill(self, handle: ProcessHandle) -> None:
        """Nothing is left running: `spawn` waits."""

    def read(self, path: str, *, limit: int = 32 << 20) -> bytes:
        file = self._inside(path)
        if not file.is_file():
            raise SandboxError(f"{file.name} is not a file")
        data = file.read_bytes()
        if len(data) > limit:
            raise SandboxError(f"{file.name} is larger than {limit} bytes")
        return data

    def write(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        file = self._inside(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        file.chmod(mode)

    def put_repository(self, bundle: Path, *, base: str, shallow: Sequence[str]) -> None:
        raise SandboxError("tests put their repository there themselves")

    def get_commits(self, base: str) -> bytes:
        raise SandboxError("tests read the repository where it is")

    def provide(self, archive: bytes) -> str:
        folder = Path(self.root) / ".provided"
        folder.mkdir(exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as source:
            source.extractall(folder)
        return str(folder)

    def rest(self) -> None:
        """Nothing runs between two calls."""

    def close(self) -> None:
        """The test owns the folder."""

    def _inside(self, path: str) -> Path:
        """Refuse what a sandbox refuses: symbolic links, and places outside of `root`."""
        if os.path.realpath(path) != os.path.normpath(path) or not path.startswith(self.root):
            raise SandboxError("the path is a symbolic link or lies outside")
        return Path(path)

"""One sandbox at E2B: a machine, and our supervisor in it that owns its commands.

The supervisor is that of local sandboxes, so all that is promised there about ends, leases and
hiding processes holds here, too. It is root's; commands run as the user of the image.
"""

from __future__ import annotations

import base64
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

from e2b import Sandbox as Machine

from agents.sandboxes import git
from agents.sandboxes.base import (
    Blocked,
    CommandResult,
    Event,
    Exited,
    Isolation,
    Network,
    OutputChunk,
    ProcessHandle,
    Reach,
    SandboxError,
    SandboxLost,
    SandboxSpec,
)
from agents.sandboxes.e2b import layout
from agents.sandboxes.e2b.errors import patiently
from agents.sandboxes.e2b.follow import Follower
from agents.sandboxes.e2b.helper import Helper
from agents.sandboxes.e2b.lifetime import Lifetime
from agents.sandboxes.e2b.network import Gate, rules, secrets_of
from agents.sandboxes.e2b.spec import run_spec
from agents.sandboxes.local import provided
from agents.sandboxes.local.settings import check_name
from agents.sandboxes.supervisor.spec import RunSpec

_log = logging.getLogger(__name__)
# The output of a short command is kept in the worker's memory.
_RUN_OUTPUT_BYTES = 32 << 20


class E2BSandbox:
    """A sandbox of `E2BProvider`; see `agents.sandboxes.base.Sandbox`."""

    adds_headers = True
    isolation = Isolation.MACHINE

    def __init__(self, machine: Machine, spec: SandboxSpec, *, network: Network | None) -> None:
        """`network`: the rules that the machine has now; None if nobody knows."""
        self.id = machine.sandbox_id
        self.root = layout.ROOT
        self.repository = f"{self.root}/repo"
        self._machine = machine
        self._spec = spec
        self._helper = Helper(machine)
        self._lifetime = Lifetime(self._live_for, spec.wall_seconds)
        self._gate = Gate(self._set_network, self._online, network)
        self._provided: set[str] = set()
        self._ended: list[str] = []  # short commands whose run directories can go

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
        """Run a short command to its end; at most 32 MiB of its output are kept."""
        began = time.monotonic()
        spec = run_spec(self._spec, argv, cwd, env, timeout, network)
        spec.limits.output_bytes = min(spec.limits.output_bytes, _RUN_OUTPUT_BYTES)
        key = f"run-{secrets.token_hex(8)}"
        output, blocked = bytearray(), list[Blocked]()
        self._gate.open(network, key)
        try:
            for event in self._follower(key, order=self._order(spec, network)).events():
                if isinstance(event, Exited):
                    return _result(event, bytes(output), tuple(blocked), began)
                if isinstance(event, Blocked):
                    blocked.append(event)
                if isinstance(event, OutputChunk):
                    output += event.data
                    if on_output is not None:
                        on_output(event.data)
        except SandboxLost:
            raise
        except BaseException:
            # Also when the listener raised: nobody would know of the command any more.
            with suppress(SandboxError):
                self._kill(key)
            raise
        finally:
            self._finished(key)
            self._ended.append(key)
        raise SandboxLost("The command ended without a word.")

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
        """Start a long command detached. The same `key` twice gives the same process."""
        spec = run_spec(self._spec, argv, cwd, env, timeout, network)
        check_name(key, "key")
        self._gate.open(network, key)
        order = {**self._order(spec, network), "follow": False}
        try:
            self._helper.ask("start", key, 0, 0, doing="start a command", order=order)
        except BaseException:
            self._finished(key)
            raise
        return ProcessHandle(key)

    def follow(self, handle: ProcessHandle, offset: int = 0) -> Iterator[Event]:
        """Yield output from `offset`, `None` about every second of silence, then `Exited`."""
        key = check_name(handle.id, "process")
        return self._followed(key, offset)

    def kill(self, handle: ProcessHandle) -> None:
        """End the whole process tree. Idempotent."""
        key = check_name(handle.id, "process")
        self._kill(key)
        self._finished(key)

    # --- files ---------------------------------------------------------------------------------

    def read(self, path: str, *, limit: int = 32 << 20) -> bytes:
        """The bytes of a regular file under `root`; never through a symlink."""
        _check_path(path)
        return patiently(lambda: self._read(path, limit), "read a file of the sandbox")

    def write(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        """Write a file under `root`, folders included; never through a symlink."""
        _check_path(path)
        self._helper.place(path, mode, lambda: data)

    def put_repository(self, bundle: Path, *, base: str, shallow: Sequence[str]) -> None:
        """Check `base` out at `repository`, on branch `work`, from a (shallow) bundle."""
        git.put_repository(self, bundle, base=base, shallow=shallow, upload=self._bring)

    def get_commits(self, base: str) -> bytes:
        """A git bundle of `base..work`; empty bytes when there are no commits."""
        return git.get_commits(self, base)

    def provide(self, archive: bytes) -> str:
        """A folder with what is in a .tar.gz of ours; it is root's, so no command can change it."""
        folder = str(provided.path_of(Path(layout.HOME), archive))
        if folder not in self._provided:
            self._helper.provide(folder, archive)
            self._provided.add(folder)
        return folder

    # --- end -----------------------------------------------------------------------------------

    def rest(self) -> None:
        """Pause the machine, processes and all; it costs no running time until `connect`."""
        patiently(self._machine.pause, "pause the sandbox")

    def close(self) -> None:
        """End the machine with everything in it. Idempotent."""
        patiently(self._machine.kill, "end the sandbox")

    def prepare(self) -> None:
        """Bring our program into a fresh machine."""
        self._helper.install()

    # --- helpers -------------------------------------------------------------------------------

    def _followed(self, key: str, offset: int) -> Iterator[Event]:
        try:
            for event in self._follower(key, offset).events():
                if isinstance(event, Exited):
                    self._finished(key)
                yield event
        except SandboxLost as lost:
            yield Exited(None, None, "lost", str(lost))

    def _follower(
        self, key: str, offset: int = 0, order: Mapping[str, Any] | None = None
    ) -> Follower:
        return Follower(
            self._helper,
            key,
            offset,
            lease_seconds=self._spec.lease_seconds,
            order=order,
            on_event=self._lifetime.extend,
        )

    def _order(self, spec: RunSpec, network: Network) -> dict[str, Any]:
        forget, self._ended = self._ended, []
        online = network.reach is not Reach.NONE
        return {"spec": asdict(spec), "network": online, "follow": True, "forget": forget}

    def _kill(self, key: str) -> None:
        self._helper.ask("kill", key, doing="end a command")

    def _finished(self, key: str) -> None:
        """Nothing of it runs any more, so it needs no network; the next command insists on that."""
        with suppress(SandboxError):
            self._gate.close(key)

    def _read(self, path: str, limit: int) -> bytes:
        doing = "read a file of the sandbox"
        pieces = self._helper.stream("read", path, limit, doing=doing)
        return b"".join(base64.b64decode(str(facts["data"])) for facts in pieces)

    def _bring(self, path: str, source: Path) -> None:
        self._helper.place(path, 0o644, lambda: source.open("rb"))

    def _live_for(self, seconds: int) -> None:
        try:
            patiently(lambda: self._machine.set_timeout(seconds), "keep the sandbox alive")
        except SandboxLost:
            raise
        except SandboxError as error:
            # An account's longest life, for instance: what is left of it can still be used.
            _log.warning("the life of sandbox %s was not extended: %s", self.id, error)

    def _set_network(self, network: Network) -> None:
        wanted = rules(network)
        try:
            patiently(lambda: self._machine.update_network(wanted), "open the sandbox's network")
        except SandboxError as error:
            # They may quote what they were sent, keys among it.
            text = str(error)
            for secret in secrets_of(network):
                text = text.replace(secret, "***")
            raise type(error)(text) from None

    def _online(self) -> list[str]:
        answer = self._helper.ask("online", doing="look at what runs in the sandbox")
        return [str(key) for key in answer["keys"]]


def _result(
    end: Exited, output: bytes, blocked: tuple[Blocked, ...], began: float
) -> CommandResult:
    return CommandResult(
        exit_code=end.code if end.reason == "exited" else None,
        output=output,
        seconds=time.monotonic() - began,
        reason=end.reason,
        truncated=end.truncated,
        blocked=blocked,
    )


def _check_path(path: str) -> None:
    """What can be told from here; the program inside checks everything again."""
    pure = PurePosixPath(path)
    if "\0" in path or ".." in pure.parts or not pure.is_relative_to(layout.ROOT):
        raise SandboxError(f"{path!r} is not a path inside the sandbox.")

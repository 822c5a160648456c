"""One sandbox on this machine: a folder to work in and the commands that ran there.

<root>/<label>-<random>/        0700, out of the commands' sight
    work/                       `root` of the sandbox: their home, and all they may write
    runs/<key>/                 one run directory per command
    tmp/                        their TMPDIR, kept between commands
    bin/                        `python`, where the system has only `python3`
    sandbox.json                what it was made with
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

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
)
from agents.sandboxes.local import processes, provided
from agents.sandboxes.local.egress import run_gate
from agents.sandboxes.local.removal import remove_tree
from agents.sandboxes.local.settings import Settings, check_name
from agents.sandboxes.local.tree import Tree
from agents.sandboxes.local.view import HostView, etc_files
from agents.sandboxes.supervisor.spec import RunLimits, RunSpec

# The output of a short command is kept in the worker's memory.
_RUN_OUTPUT_BYTES = 32 << 20
_TMP = "/tmp"  # noqa: S108  the sandbox's own, not the host's


@dataclass(frozen=True, slots=True)
class Host:
    """What a sandbox needs to know of this machine: what to show, the launcher, bubblewrap.

    `upstream` is the address of the proxy that the machine itself has to use, "" for none.
    """

    view: HostView
    anchor: int = 0
    anchor_start: int = 0
    bwrap: str = "bwrap"
    upstream: str = field(default="", repr=False)


class LocalSandbox:
    """A sandbox of `LocalProvider`; see `agents.sandboxes.base.Sandbox`."""

    adds_headers = False

    def __init__(self, folder: Path, settings: Settings, host: Host) -> None:
        self.id = folder.name
        self.root = str(folder / "work")
        self.repository = f"{self.root}/repo"
        self.isolation = settings.tier.isolation
        self._folder = folder
        self._runs = folder / "runs"
        self._settings = settings
        self._host = host
        self._tree = Tree(folder / "work", settings.tier.uid)

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
        key = f"run-{secrets.token_hex(8)}"
        spec = self._run_spec(argv, cwd, env, timeout, network)
        spec.limits.output_bytes = min(spec.limits.output_bytes, _RUN_OUTPUT_BYTES)
        output = bytearray()
        blocked: list[Blocked] = []
        try:
            self._start(key, spec)
            for event in processes.follow(self._runs / key):
                if isinstance(event, Exited):
                    return self._result(event, bytes(output), tuple(blocked), began)
                if isinstance(event, Blocked):
                    blocked.append(event)
                if isinstance(event, OutputChunk):
                    output += event.data
                    if on_output is not None:
                        on_output(event.data)
        finally:
            # Also when the listener raised: nobody would know of the command any more.
            processes.kill(self._runs / key)
            remove_tree(self._runs / key)
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
        self._start(check_name(key, "key"), self._run_spec(argv, cwd, env, timeout, network))
        return ProcessHandle(key)

    def follow(self, handle: ProcessHandle, offset: int = 0) -> Iterator[Event]:
        """Yield output from `offset`, `None` about every second of silence, then `Exited`.

        What was `Blocked` comes in between, from the beginning with every call.
        """
        return processes.follow(self._run_dir(handle), offset)

    def kill(self, handle: ProcessHandle) -> None:
        """End the whole process tree. Idempotent."""
        processes.kill(self._run_dir(handle))

    # --- files ---------------------------------------------------------------------------------

    def read(self, path: str, *, limit: int = 32 << 20) -> bytes:
        """The bytes of a regular file under `root`; never through a symlink."""
        return self._tree.read(path, limit)

    def write(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        """Write a file under `root`, folders included; never through a symlink."""
        self._tree.write(path, data, mode)

    def put_repository(self, bundle: Path, *, base: str, shallow: Sequence[str]) -> None:
        """Check `base` out at `repository`, on branch `work`, from a (shallow) bundle."""
        git.put_repository(self, bundle, base=base, shallow=shallow, upload=self._tree.copy_in)

    def get_commits(self, base: str) -> bytes:
        """A git bundle of `base..work`; empty bytes when there are no commits."""
        return git.get_commits(self, base)

    def provide(self, archive: bytes) -> str:
        """A folder with what is in a .tar.gz of ours; no command can write to it."""
        return str(provided.provide(self._folder.parent, archive))

    # --- end -----------------------------------------------------------------------------------

    def rest(self) -> None:
        """Nothing to save: a sandbox in which nothing runs costs nothing here."""

    def close(self) -> None:
        """End every process and remove every trace. Idempotent."""
        if self._runs.is_dir():
            for run_dir in self._runs.iterdir():
                processes.kill(run_dir)
        try:
            # The settings go last: as long as they are there, somebody can connect and try again.
            for name in ("runs", "work", "tmp", "bin"):
                remove_tree(self._folder / name)
            Settings.forget(self._folder)
            remove_tree(self._folder)
        except OSError as error:
            raise SandboxError(f"The sandbox {self.id} cannot be removed: {error}.") from error

    # --- helpers -------------------------------------------------------------------------------

    @staticmethod
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

    def _start(self, key: str, spec: RunSpec) -> None:
        run_dir = self._runs / key
        if spec.tier in processes.MARKED_TIERS:
            spec.env[processes.TAG] = str(run_dir)
        try:
            processes.spawn(run_dir, spec)
        except FileNotFoundError as gone:
            raise SandboxLost("The sandbox has been removed.") from gone

    def _run_dir(self, handle: ProcessHandle) -> Path:
        return self._runs / check_name(handle.id, "process")

    def _run_spec(
        self,
        argv: Sequence[str],
        cwd: str | None,
        env: Mapping[str, str] | None,
        timeout: float | None,
        network: Network,
    ) -> RunSpec:
        if not self._runs.is_dir():
            raise SandboxLost("The sandbox has been removed.")
        spec, tier, view = self._settings.spec, self._settings.tier, self._host.view
        wall = spec.wall_seconds if timeout is None else min(timeout, spec.wall_seconds)
        user = os.getuid() if tier.uid is None else tier.uid
        scratch = str(self._folder / "tmp")
        as_tmp = self._own_tmp(scratch)
        return RunSpec(
            tier=tier.isolation.value,
            argv=_checked_argv(argv),
            env=self._environment(env or {}, _TMP if as_tmp else scratch),
            cwd=self._checked_cwd(cwd),
            read_only=view.read_only(tier.isolation, network, self._own_read_only()),
            writable=[self.root, scratch],
            etc_files=etc_files(user, self.root, network),
            limits=RunLimits(**asdict(spec.limits)),
            wall_seconds=wall,
            lease_seconds=spec.lease_seconds,
            network=self._has_host_network(network),
            gate=run_gate(network, self._host.upstream),
            uid=tier.uid,
            user_namespace=tier.user_namespace,
            landlock=tier.landlock,
            tmp=scratch if as_tmp else None,
            anchor=self._host.anchor,
            anchor_start=self._host.anchor_start,
            bwrap=self._host.bwrap,
        )

    def _own_read_only(self) -> list[Path]:
        return [self._folder / "bin", provided.folder_of(self._folder.parent)]

    def _has_host_network(self, network: Network) -> bool:
        # Where nothing isolates, a list can only be advice to programs that ask for a proxy.
        unlimited = network.reach is Reach.LIST and self.isolation is Isolation.NONE
        return network.reach is Reach.OPEN or unlimited

    def _own_tmp(self, scratch: str) -> bool:
        """Can the scratch folder be shown as /tmp? A short name matters to unix sockets."""
        if self.isolation not in (Isolation.NAMESPACES, Isolation.BUBBLEWRAP):
            return False
        # Else mounts would be needed below a folder whose content the command chooses.
        shown = (
            scratch,
            *map(str, self._host.view.extra),
            *map(str, self._host.view.python_prefixes),
        )
        return not any(PurePosixPath(path).is_relative_to(_TMP) for path in shown)

    def _environment(self, env: Mapping[str, str], tmp: str) -> dict[str, str]:
        path = f"{self._host.view.search_path(self.isolation)}:{self._folder / 'bin'}"
        own = {"PATH": path, "HOME": self.root, "LANG": "C.UTF-8", "TMPDIR": tmp}
        # git stops at a system-wide configuration that it may not read.
        own["GIT_CONFIG_NOSYSTEM"] = "1"
        for name, value in env.items():
            if not name or "=" in name or "\0" in name + value:
                raise SandboxError(f"{name[:100]!r} cannot be an environment variable.")
        return own | dict(env)

    def _checked_cwd(self, cwd: str | None) -> str:
        path = PurePosixPath(cwd or self.root)
        if "\0" in str(path) or ".." in path.parts or not path.is_relative_to(self.root):
            raise SandboxError(f"{cwd} is not a folder inside the sandbox.")
        return str(path)


def _checked_argv(argv: Sequence[str]) -> list[str]:
    if not argv or not argv[0] or any("\0" in word for word in argv):
        raise SandboxError("This is not a command line that can be run.")
    return list(argv)

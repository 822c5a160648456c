"""A host with everything that a hostile agent would like to have, and its way inside."""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import socket
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from agents.pipelines.commands import Command, watch
from agents.sandboxes.base import Destination, Isolation, Limits, Network, SandboxSpec
from agents.sandboxes.local import LocalProvider, LocalSandbox
from agents.sandboxes.supervisor.identity import all_pids, stat_fields
from tests.agents.pipelines.journal import Memory, MemoryJournal
from tests.agents.sandboxes.helpers import (
    processes_with,
    python,
    wait_for_output,
)
from tests.agents.sandboxes.hostile.move import PRELUDE
from tests.agents.sandboxes.servers import server

SECRET = "canary-5d20b7"
LIMITS = Limits(processes=64, memory_bytes=192 << 20, disk_bytes=48 << 20)


@dataclass(frozen=True)
class Stage:
    """A host with everything that a hostile agent would like to have."""

    provider: LocalProvider
    facts: Mapping[str, object]
    victim: subprocess.Popen[bytes]
    canary: Path

    def play(self, move: str, network: Network = Network.NONE) -> str:
        """What the move says, as it stands in the job's log."""
        sandbox = self.provider.create(SandboxSpec("hostile", limits=LIMITS))
        try:
            return logged(sandbox, self._program(move), self.facts, network)
        finally:
            sandbox.close()

    def everything(self) -> list[Path]:
        """All files that are there on the host's side."""
        return sorted([*self.provider.root.rglob("*"), *self.canary.parent.rglob("*")])

    @staticmethod
    def _program(move: str) -> list[str]:
        return python(PRELUDE + move)


def logged(
    sandbox: LocalSandbox,
    argv: list[str],
    facts: Mapping[str, object],
    network: Network = Network.NONE,
    memory: Memory | None = None,
) -> str:
    """The output of the command and what the platform adds to it."""
    memory = memory or Memory()
    env = {"FACTS": json.dumps({**facts, "own": sandbox.id})}
    command = Command("hostile", argv, sandbox.root, 30.0, env, network)
    watch(sandbox, MemoryJournal(memory), command)
    return memory.output.decode() + memory.log


def set_stage(stack: ExitStack, provider: LocalProvider) -> Stage:
    folder = provider.root.parent / f"host-{secrets.token_hex(4)}"
    folder.mkdir()
    folder.chmod(0o755)
    canary = folder / "canary"
    canary.write_text(SECRET)
    canary.chmod(0o666)
    victim = stack.enter_context(subprocess.Popen(["sleep", "600"], env={"KEY": SECRET}))
    stack.callback(victim.kill)
    other = provider.create(SandboxSpec("other"))
    stack.callback(other.close)
    other.write(f"{other.root}/secret", SECRET.encode(), mode=0o666)
    word = f"neighbour-{other.id}"
    waits = "import signal; print('up', flush=True); signal.pause()"
    listed = stack.enter_context(server())
    handle = other.spawn(
        python(waits, word), key="agent", env={"KEY": SECRET}, network=only(listed.port)
    )
    wait_for_output(other, handle, b"up")
    run = Path(other.root).parent / "runs" / "agent"
    record = json.loads((run / "handle.json").read_text())
    return Stage(
        provider,
        {
            **_sockets(stack, folder),
            "canary": str(canary),
            "home": str(provider.root),
            "other": other.id,
            "keys": ["hostile-1"],
            "other_file": f"{other.root}/secret",
            "other_run": str(run),
            "same_user": os.geteuid() != 0 and provider.probe() is Isolation.LANDLOCK,
            "secret": SECRET,
            "source": str(Path(__file__)),
            "worker": os.getpid(),
            "victim": victim.pid,
            "supervisor": record["supervisor"],
            "gate": _first_child(record["supervisor"]),
            "listed": listed.port,
            "init": record.get("init", record["supervisor"]),
            "neighbour": max(processes_with(word)),
            "ipc": _segment(stack),
            "segment": _shared_file(stack),
        },
        victim,
        canary,
    )


def only(port: int) -> Network:
    return Network.only([Destination("127.0.0.1", port, trusted=True)])


def _first_child(pid: int) -> int:
    """The gate, which begins before the command."""
    return min(each for each in all_pids() if _parent(each) == pid)


def _parent(pid: int) -> int:
    try:
        return int(stat_fields(pid)[1])
    except OSError:
        return 0  # it has ended meanwhile


def _sockets(stack: ExitStack, folder: Path) -> dict[str, object]:
    server = stack.enter_context(socket.create_server(("0.0.0.0", 0)))
    abstract = f"soulcaster-hostile-{os.getpid()}-{folder.name}"
    file = folder / "host.sock"
    for name in (f"\0{abstract}", str(file)):
        listening = stack.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(name)
        listening.listen()
    stack.callback(file.unlink)
    file.chmod(0o777)
    return {
        "port": server.getsockname()[1],
        "address": _own_address(),
        "abstract": abstract,
        "socket": str(file),
    }


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"  # this machine has no network at all
        return str(probe.getsockname()[0])


def _segment(stack: ExitStack) -> int:
    libc = ctypes.CDLL(None)
    key = secrets.randbits(30)
    segment = libc.shmget(key, 16, 0o1666)
    stack.callback(libc.shmctl, segment, 0, None)
    return key


def _shared_file(stack: ExitStack) -> str:
    file = Path(f"/dev/shm/soulcaster-hostile-{secrets.token_hex(4)}")
    file.touch()
    stack.callback(file.unlink)
    return file.name

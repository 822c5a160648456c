"""One machine: an own process tree, file system and network, which outlives each command in it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.stand_ins.e2b.guest import GATEWAY, USER

USERS = {"root": 0, "user": USER}
HOMES = {"root": "/root", "user": "/home/user"}
PROGRAMS = "/opt/soulcaster/bin"

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_REPOSITORY = Path(__file__).parents[3]
_BOOT = (
    "import json, sys; sys.path.insert(0, sys.argv[1]);"
    "from tests.stand_ins.e2b.guest import main;"
    "main(sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4]))"
)
_READ_BYTES = 1 << 16
_DEATH_SECONDS = 10.0


class Gone(Exception):
    """The machine has ended."""


@dataclass(eq=False)
class Running:
    """A command in a machine, as envd knows it. What is put into `listeners` is its news."""

    number: int
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str
    tag: str | None
    stdin: int
    pid: asyncio.Future[int]
    status: asyncio.Future[int]
    listeners: list[asyncio.Queue[tuple[str, bytes | int]]] = field(default_factory=list)

    def tell(self, kind: str, value: bytes | int) -> None:
        """News for everybody who listens: stdout, stderr, end or gone."""
        for listener in self.listeners:
            listener.put_nowait((kind, value))

    def close_stdin(self) -> None:
        """No more input; may be called again."""
        descriptor, self.stdin = self.stdin, -1
        if descriptor >= 0:
            os.close(descriptor)


class Machine:
    """`programs` are put on the machine's PATH by name; `readable` are shown as they are here."""

    def __init__(
        self, folder: Path, programs: Mapping[str, Path], readable: Sequence[Path]
    ) -> None:
        self.root = folder
        self.gateway: socket.socket | None = None
        self.commands: dict[int, Running] = {}
        self._programs = programs
        self._readable = readable
        self._numbers = 0
        self._waiting: dict[int, Running] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Boot it; returns when commands can be run."""
        ours = self._control = self._boot()
        data, descriptors, _, _ = await asyncio.to_thread(socket.recv_fds, ours, 4096, 1)
        if not data:
            raise RuntimeError("The machine did not boot; what it said is above.")
        self.gateway = socket.socket(fileno=descriptors[0])
        self._find_first()
        ours.setblocking(False)
        asyncio.get_running_loop().add_reader(ours, self._hear)

    async def run(
        self, argv: Sequence[str], *, user: str, env: Mapping[str, str], cwd: str, tag: str | None
    ) -> Running:
        """Start a command and say how it is called; its input stays open."""
        if self._control.fileno() < 0:
            raise Gone
        loop = asyncio.get_running_loop()
        self._numbers += 1
        (stdin, feed), (out, stdout), (err, stderr) = os.pipe(), os.pipe(), os.pipe()
        command = Running(
            self._numbers, argv, env, cwd, tag, feed, loop.create_future(), loop.create_future()
        )
        self._waiting[command.number] = command
        own = {"PATH": _PATH, "HOME": HOMES[user], "USER": user, "E2B_SANDBOX": "true"}
        request = {
            "number": command.number,
            "argv": list(argv),
            "env": {**own, **env},
            "cwd": cwd or HOMES[user],
            "user": USERS[user],
        }
        socket.send_fds(self._control, [json.dumps(request).encode()], [stdin, stdout, stderr])
        for descriptor in (stdin, stdout, stderr):
            os.close(descriptor)
        self.commands[await command.pid] = command
        task = loop.create_task(self._attend(command, out, err))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return command

    def signal(self, pid: int, number: int) -> None:
        """Send a signal to this one process."""
        if self._control.fileno() >= 0:
            self._control.send(json.dumps({"pid": pid, "signal": number}).encode())

    def name_hosts(self, names: Sequence[str]) -> None:
        """Let these names of the outside world lead to the machine's gateway."""
        lines = ["127.0.0.1 localhost e2b", *(f"{GATEWAY} {name}" for name in names)]
        (self.root / "etc").mkdir(parents=True, exist_ok=True)
        (self.root / "etc" / "hosts").write_text("\n".join(lines) + "\n")

    def pause(self) -> None:
        """Stop every process of the machine, where it is."""
        for pid in self.pids():
            os.kill(pid, signal.SIGSTOP)
        self._tell_gone()

    def resume(self) -> None:
        """Let every process go on."""
        for pid in self.pids():
            os.kill(pid, signal.SIGCONT)

    def kill(self) -> None:
        """End every process and remove the disk."""
        if self._control.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
        # The first process takes all others with it; the one that waits for it ends after that.
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._first, signal.SIGKILL)
        self._process.wait(_DEATH_SECONDS)
        os.close(self._first)
        self._tell_gone()
        for command in self._waiting.values():
            if not command.pid.done():
                command.pid.set_exception(Gone())
            command.status.cancel()
        if self.gateway is not None:
            self.gateway.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def pids(self) -> list[int]:
        """The processes of the machine, as this machine counts them."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    namespace = (folder / "ns" / "pid").readlink()
                except OSError:
                    continue  # it has ended meanwhile
                if namespace == self._namespace:
                    found.append(int(folder.name))
        return found

    def _boot(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.root.mkdir(parents=True, exist_ok=True)
        self._link_programs()
        shown = json.dumps([str(path) for path in self._readable])
        options = [str(_REPOSITORY), str(self.root), str(theirs.fileno()), shown]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _BOOT, *options],
            pass_fds=[theirs.fileno()],
            env={},
        )
        theirs.close()
        return ours

    def _find_first(self) -> None:
        outer = Path(f"/proc/{self._process.pid}")
        self._namespace = (outer / "ns" / "pid_for_children").readlink()
        children = (outer / "task" / outer.name / "children").read_text()
        self._first = os.pidfd_open(int(children))

    def _link_programs(self) -> None:
        folder = Path(str(self.root) + PROGRAMS)
        folder.mkdir(parents=True)
        for name, path in self._programs.items():
            (folder / name).symlink_to(path)

    def _hear(self) -> None:
        try:
            data = self._control.recv(4096)
        except BlockingIOError:
            return
        if not data:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
            self._tell_gone()
            return
        news = json.loads(data)
        command = self._waiting[news["number"]]
        if "pid" in news:
            command.pid.set_result(news["pid"])
        else:
            del self._waiting[news["number"]]
            command.status.set_result(news["status"])

    async def _attend(self, command: Running, out: int, err: int) -> None:
        """Pass on all that it says and, when nothing more can come, how it ended."""
        await asyncio.gather(self._pump(command, "stdout", out), self._pump(command, "stderr", err))
        status = await command.status
        command.close_stdin()
        del self.commands[command.pid.result()]
        command.tell("end", status)

    @staticmethod
    async def _pump(command: Running, kind: str, descriptor: int) -> None:
        reader = asyncio.StreamReader()
        file = os.fdopen(descriptor, "rb", buffering=0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), file
        )
        try:
            while data := await reader.read(_READ_BYTES):
                command.tell(kind, data)
        finally:
            transport.close()

    def _tell_gone(self) -> None:
        for command in (*self.commands.values(), *self._waiting.values()):
            command.tell("gone", 0)

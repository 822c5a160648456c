"""The supervisor's side of a network that is a list: start the gate, and lead the command to it.

tier                     who listens where the command connects
namespaces, bubblewrap   the gate, by sockets that were made inside of the sandbox
landlock                 nobody: the supervisor judges and answers each connect(2)
none                     the gate, on the host's loopback; the command may go past it
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from typing import NoReturn

from . import landlock
from .blocked import BlockedPlaces, open_record
from .connects import Connects
from .descriptors import keep_open
from .doors import GATE, LISTENER, Delivery, door_pair, hand_over, listener, with_proxy
from .records import BLOCKED
from .spec import RunGate, RunSpec
from .syscalls import die_with_parent, drop_bounding_set, drop_capabilities


class Egress:
    """The gate of one run; nothing happens where the network is not a list.

    `door` is the child's end: by it go the sockets that it makes, or its system call filter.
    """

    def __init__(self) -> None:
        self.door: socket.socket | None = None
        self._connects: Connects | None = None

    def open(self, spec: RunSpec, bind: Callable[[], None]) -> None:
        """Before the command: start the gate, and put it into the command's environment.

        `bind` keeps a process to the command's CPUs: the gate works for it.
        """
        if spec.gate is None:
            return
        ours, theirs = door_pair()
        _start_gate(spec.gate, theirs, bind, secured=spec.landlock)
        theirs.close()
        port = spec.gate.port
        if spec.tier == "landlock":
            ours.setblocking(False)
            ears, self.door = door_pair()
            record = BlockedPlaces(open_record(BLOCKED))
            self._connects = Connects(spec.gate, spec.uid, ears, ours, record)
        elif spec.tier == "none":
            made = listener("127.0.0.1", 0)
            port = made.getsockname()[1]
            hand_over(ours, Delivery(LISTENER, GATE, made))
            ours.close()
        else:
            self.door = ours
        spec.env = with_proxy(spec.env, port)

    def started(self) -> None:
        """After the fork: only the child has its end now."""
        if self.door is not None:
            self.door.close()
            self.door = None

    @property
    def descriptor(self) -> int:
        """What to poll for; -1 if there is nothing to answer."""
        return self._connects.descriptor if self._connects else -1

    def answer(self) -> None:
        """Answer what the command has asked for."""
        if self._connects is not None:
            self._connects.answer()


def _start_gate(
    spec: RunGate, door: socket.socket, bind: Callable[[], None], *, secured: bool
) -> None:
    supervisor = os.getpid()
    if not os.fork():
        _be_gate(spec, door, bind, supervisor, secured=secured)


def _be_gate(
    spec: RunGate,
    door: socket.socket,
    bind: Callable[[], None],
    supervisor: int,
    *,
    secured: bool,
) -> NoReturn:
    """In a process of its own, outside of every sandbox."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        record = open_record(BLOCKED)
        null = os.open("/dev/null", os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        # Without the lock above all: it says that the supervisor lives.
        keep_open(door.fileno(), record)
        os.chdir("/")
        bind()
        drop_bounding_set()
        drop_capabilities()
        if secured:
            landlock.restrict(["/"], [])  # it reads names' settings, and writes nothing
        die_with_parent()
        if os.getppid() == supervisor:
            # Only here, and while the command starts already: it takes a moment.
            from .gate import Gate

            Gate(spec, BlockedPlaces(record)).serve(door)
    finally:
        os._exit(1)

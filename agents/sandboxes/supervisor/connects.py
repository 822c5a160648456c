"""Connections where there is no network namespace: the supervisor judges each connect(2).

The kernel stops the call and hands it to us. We read the address once, and where it is the gate's
we put a socket of our own, which is connected already, in the place of the command's. So what the
command does to its memory or to its socket meanwhile changes nothing: a socket that it has made
itself is never connected to anything.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import select
import socket
import struct
from pathlib import Path
from typing import NamedTuple

from .blocked import BlockedPlaces
from .doors import CONNECTION, GATE, Delivery, hand_over
from .seccomp import build_program
from .spec import RunGate
from .syscalls import PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, files_as, prctl, syscall

_SYS_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SET_MODE_FILTER = 1
_NEW_LISTENER, _WAIT_KILLABLE = 1 << 3, 1 << 5

_RECEIVE, _SEND, _IS_VALID, _ADD_DESCRIPTOR = 0xC0502100, 0xC0182101, 0x40082102, 0x40182103
_NOTICE = struct.Struct("=QIIiIQ6Q")
_ANSWER = struct.Struct("=QqiI")
_ADDITION = struct.Struct("=QIIII")
_REPLACE = 1
_LONGEST_ADDRESS = 128
_ACCEPT_SECONDS = 1.0

_ADVICE = (
    "the network cannot be limited to a list here ({}); allow the open network for the project,"
    " or run where the kernel allows user namespaces"
)


class Question(NamedTuple):
    """A call that waits: connect(descriptor, address at `pointer`, length) of a thread."""

    id: int
    thread: int
    descriptor: int
    pointer: int
    length: int


def install(port: int, door: socket.socket) -> None:
    """In the command's process: give all connect(2) from here on to whoever is behind the door.

    Raises OSError with a sentence if that does not work here; it is tried once.
    """
    try:
        listener = _install_filter()
        with door:
            socket.send_fds(door, [b"x"], [listener])
        os.close(listener)
        prctl(PR_SET_DUMPABLE, 1)  # as it is after the start of any program
        with socket.socket() as trial:  # never by a name: what looks names up is out of sight
            trial.connect(("127.0.0.1", port))
    except OSError as error:
        raise OSError(_ADVICE.format(error.strerror or error)) from error


def _install_filter() -> int:
    machine = os.uname().machine
    if machine not in _SYS_SECCOMP:
        raise OSError(errno.ENOSYS, f"no system call filter is known for {machine}")
    program = build_program((), apart=False, judged=True)
    code = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    number = _SYS_SECCOMP[machine]
    try:
        return syscall(number, _SET_MODE_FILTER, _NEW_LISTENER | _WAIT_KILLABLE, header)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    # Before kernel 5.19: signals may interrupt a call that is being answered; it is asked again.
    return syscall(number, _SET_MODE_FILTER, _NEW_LISTENER, header)


class Connects:
    """The answers. `descriptor` is what to poll for; `answer` never waits for the command."""

    def __init__(
        self,
        gate: RunGate,
        uid: int | None,
        ears: socket.socket,
        door: socket.socket,
        blocked: BlockedPlaces,
    ) -> None:
        """By `ears` comes the command's filter; by `door` its connections go to the gate.

        `uid` is the command's user, if it is not ours.
        """
        self._places = {("127.0.0.1", gate.port): GATE}
        self._places |= {(address, port): f"{address} {port}" for address, port in gate.doors}
        self._uid = uid
        self._ears = ears
        self._door = door
        self._blocked = blocked
        self._listener = -1
        self._poll = select.epoll()
        self._poll.register(ears, select.EPOLLIN)
        self.descriptor = self._poll.fileno()

    def answer(self) -> None:
        """Take in what there is."""
        for descriptor, events in self._poll.poll(0):
            if descriptor != self._listener:
                self._listen()
            elif events & select.EPOLLIN:
                self._answer_one()
            else:
                self._poll.unregister(descriptor)  # nobody is left who could ask

    def _listen(self) -> None:
        _, descriptors, _, _ = socket.recv_fds(self._ears, 1, 1)
        self._poll.unregister(self._ears)
        if descriptors:
            self._listener = descriptors[0]
            self._poll.register(self._listener, select.EPOLLIN)

    def _answer_one(self) -> None:
        notice = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(self._listener, _RECEIVE, notice)
        except OSError:
            return  # whoever asked has ended
        number, thread, _, _, _, _, descriptor, pointer, length, *_ = _NOTICE.unpack(notice)
        question = Question(number, thread, descriptor & 0xFFFFFFFF, pointer, length)
        try:
            error = self._judge(question)
        except OSError as failed:
            error = failed.errno or errno.EACCES
        self._ioctl(_SEND, _ANSWER.pack(number, 0, -error, 0))

    def _judge(self, question: Question) -> int:
        """Connect, or say which error the call ends with."""
        with files_as(self._uid):  # a root without all its rights may not look at another's
            address, port = _read_address(question)
            flags = _flags(question)
        # The thread lives and waits: so it was its memory that was read, not a later owner's.
        if not self._ioctl(_IS_VALID, struct.pack("=Q", question.id)):
            return errno.EINTR
        place = self._places.get((address, port))
        if place is None:
            self._blocked.add(address, port)
            own = address.startswith("127.") or address == "::1"
            return errno.ECONNREFUSED if own else errno.ENETUNREACH
        return self._connect(question, place, flags)

    def _connect(self, question: Question, place: str, flags: int) -> int:
        inside, outside = _connected_pair()
        with inside:
            hand_over(self._door, Delivery(CONNECTION, place, outside))
            inside.setblocking(not flags & os.O_NONBLOCK)
            added = (inside.fileno(), question.descriptor, flags & os.O_CLOEXEC)
            replaced = self._ioctl(_ADD_DESCRIPTOR, _ADDITION.pack(question.id, _REPLACE, *added))
        return 0 if replaced else errno.EACCES

    def _ioctl(self, request: int, block: bytes) -> bool:
        try:
            fcntl.ioctl(self._listener, request, block)
        except OSError:
            return False  # whoever asked has ended
        return True


def _read_address(question: Question) -> tuple[str, int]:
    """The address and port in the command's memory; raises OSError with the call's error."""
    length = min(question.length & 0xFFFFFFFF, _LONGEST_ADDRESS)
    memory = os.open(f"/proc/{question.thread}/mem", os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.pread(memory, length, question.pointer)
    except (OSError, OverflowError):
        raise OSError(errno.EFAULT, "the address cannot be read") from None
    finally:
        os.close(memory)
    return _parse_address(data)


def _parse_address(data: bytes) -> tuple[str, int]:
    family = struct.unpack("=H", data[:2])[0] if len(data) >= 2 else 0
    if family == socket.AF_INET and len(data) >= 8:
        return socket.inet_ntop(family, data[4:8]), int.from_bytes(data[2:4], "big")
    if family == socket.AF_INET6 and len(data) >= 24:
        port, packed = int.from_bytes(data[2:4], "big"), data[8:24]
        if packed.startswith(bytes(10) + b"\xff\xff"):  # an IPv4 address in IPv6's clothes
            return socket.inet_ntop(socket.AF_INET, packed[12:]), port
        return socket.inet_ntop(family, packed), port
    raise OSError(errno.EAFNOSUPPORT, "this kind of address is not known")


def _flags(question: Question) -> int:
    """The flags of the command's socket; raises OSError if it is not one."""
    folder = Path("/proc", str(question.thread))
    number = str(question.descriptor)
    try:
        is_socket = str((folder / "fd" / number).readlink()).startswith("socket:")
        facts = (folder / "fdinfo" / number).read_text()
    except FileNotFoundError:
        raise OSError(errno.EBADF, "there is no such descriptor") from None
    if not is_socket:
        raise OSError(errno.ENOTSOCK, "this is not a socket")
    return int(facts.partition("flags:")[2].split()[0], 8)


def _connected_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection on the loopback, which nobody else has got hold of."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_ACCEPT_SECONDS)
        inside = socket.socket()
        inside.connect(listener.getsockname())
        while True:
            outside, peer = listener.accept()
            if peer == inside.getsockname():
                outside.settimeout(None)
                return inside, outside
            outside.close()  # a stranger of this machine was quicker

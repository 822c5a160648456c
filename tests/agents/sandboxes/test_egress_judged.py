"""A list of places without a network namespace: the supervisor judges each connection."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.sandboxes.base import Blocked, Isolation, SandboxSpec
from agents.sandboxes.local import LocalSandbox
from tests.agents.sandboxes.helpers import provider_of
from tests.agents.sandboxes.inside import only, run
from tests.agents.sandboxes.servers import Server, server

# A worker that has a system call filter with a listener already.
WATCHED_WORKER = """
import ctypes, os, struct, sys
from pathlib import Path
from agents.sandboxes.base import Destination, Network, SandboxError
from agents.sandboxes.local import LocalProvider
from agents.sandboxes.supervisor.syscalls import PR_SET_NO_NEW_PRIVS, prctl, syscall
program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))  # allow all
prctl(PR_SET_NO_NEW_PRIVS, 1)
seccomp = 317 if os.uname().machine == "x86_64" else 277
syscall(seccomp, 1, 8, struct.pack("HxxxxxxP", 1, ctypes.addressof(program)))
sandbox = LocalProvider(Path(sys.argv[1])).connect(sys.argv[2])
try:
    sandbox.run(["true"], network=Network.only([Destination("a.example")]))
except SandboxError as error:
    print(error)
"""


@pytest.fixture
def landlock_sandbox(sandboxes_root: Path) -> Iterator[LocalSandbox]:
    """Where there is no network namespace, and the supervisor judges instead."""
    provider = provider_of(Isolation.LANDLOCK, sandboxes_root / "judged")
    sandbox = provider.create(SandboxSpec("egress"))
    yield sandbox
    sandbox.close()


@pytest.fixture
def site() -> Iterator[Server]:
    with server() as made:
        yield made


def test_an_address_is_named_even_without_the_gate_where_calls_are_judged(
    landlock_sandbox: LocalSandbox, site: Server
) -> None:
    code = """
for family, host in ((socket.AF_INET, "192.0.2.7"), (socket.AF_INET6, "2001:db8::7")):
    print(errno.errorcode[socket.socket(family).connect_ex((host, 443))])
print(errno.errorcode[socket.socket().connect_ex(("127.0.0.1", 1))])
"""
    result = run(landlock_sandbox, only(site), code)

    assert result.text.split() == ["ENETUNREACH", "ENETUNREACH", "ECONNREFUSED"]
    assert result.blocked == (
        Blocked("192.0.2.7", 443),
        Blocked("2001:db8::7", 443),
        Blocked("127.0.0.1", 1),
    )


def test_a_judged_command_cannot_serve_anybody(
    landlock_sandbox: LocalSandbox, site: Server
) -> None:
    code = """
for go in (lambda s: s.bind(("127.0.0.1", 0)), lambda s: s.listen()):
    try:
        print("did", go(socket.socket()))
    except PermissionError:
        pass
"""
    result = run(landlock_sandbox, only(site), code)

    assert (result.text, result.exit_code) == ("", 0)


def test_odd_calls_of_connect_get_the_kernel_s_own_errors(
    landlock_sandbox: LocalSandbox, site: Server
) -> None:
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(descriptor, pointer, length):
    result = libc.connect(descriptor, pointer, length)
    print(errno.errorcode[ctypes.get_errno()] if result else "connected")
good = bytes([2, 0]) + gate[1].to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
client = socket.socket()
call(client.fileno(), ctypes.c_void_p(8), 16)
call(client.fileno(), ctypes.c_void_p(2**64 - 8), 16)
call(client.fileno(), good, 0)
call(client.fileno(), bytes([1, 0]) + b"/run/docker.sock", 18)
call(-1, good, 16)
call(999, good, 16)
call(os.open("/dev/null", os.O_RDONLY), good, 16)
call(client.fileno(), good, 16)
"""
    result = run(landlock_sandbox, only(site), code)

    assert result.text.split() == [
        "EFAULT",
        "EFAULT",
        "EAFNOSUPPORT",
        "EAFNOSUPPORT",
        "EBADF",
        "EBADF",
        "ENOTSOCK",
        "connected",
    ]


@pytest.mark.slow
def test_an_address_that_changes_while_it_is_judged_leads_nowhere_else(
    landlock_sandbox: LocalSandbox, site: Server
) -> None:
    """Two threads: one connects, one writes another port into the same memory, again and again."""
    with server() as forbidden:
        code = f"""
import ctypes, time
libc = ctypes.CDLL(None)
def packed(port): return bytes([2, 0]) + port.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
memory = ctypes.create_string_buffer(packed({site.port}), 16)
def flip():
    while True:
        for port in ({site.port}, {forbidden.port}):
            ctypes.memmove(memory, packed(port), 16)
threading.Thread(target=flip, daemon=True).start()
sys.setswitchinterval(1e-6)
reached = 0
until = time.monotonic() + 5
while time.monotonic() < until:
    with socket.socket() as client:
        reached += not libc.connect(client.fileno(), memory, 16)
print(reached > 0)
"""
        result = run(landlock_sandbox, only(site), code)

        assert result.text == "True\n"
        assert forbidden.requests == []


def test_a_kernel_that_lets_nobody_judge_is_told_with_what_to_do(
    landlock_sandbox: LocalSandbox,
) -> None:
    """As in a container that watches over its own calls: only one filter can have a listener."""
    worker = [sys.executable, "-c", WATCHED_WORKER, *_names(landlock_sandbox)]
    answer = subprocess.run(
        worker, capture_output=True, text=True, cwd=Path(__file__).parents[3], check=True
    )

    assert "cannot be limited to a list here (system call" in answer.stdout
    assert "allow the open network for the project" in answer.stdout


def _names(sandbox: LocalSandbox) -> tuple[str, str]:
    folder = Path(sandbox.root).parent
    return str(folder.parent), folder.name

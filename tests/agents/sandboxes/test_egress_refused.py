"""What a command with a list of places cannot reach, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.sandboxes.base import Blocked, Event, Exited, Sandbox, SandboxSpec
from agents.sandboxes.local import LocalProvider, LocalSandbox
from tests.agents.sandboxes.helpers import python, supervisors, wait_for_output
from tests.agents.sandboxes.inside import INSIDE, only, run, run_dir
from tests.agents.sandboxes.servers import Server, server


@pytest.fixture
def sandbox(isolated_provider: LocalProvider) -> Iterator[LocalSandbox]:
    sandbox = isolated_provider.create(SandboxSpec("egress"))
    yield sandbox
    sandbox.close()


@pytest.fixture
def site() -> Iterator[Server]:
    with server() as made:
        yield made


def test_a_place_that_is_not_listed_is_refused_and_named(sandbox: Sandbox, site: Server) -> None:
    code = """
print(connect("evil.example:443"))
print(ask(b"GET http://evil.example/ HTTP/1.1\\r\\n\\r\\n")[:12])
print(connect("169.254.169.254:80")[:12], connect("127.0.0.1:22")[:12])
"""
    result = run(sandbox, only(site), code)

    assert result.text.count("HTTP/1.1 403") == 4
    assert "may not reach evil.example:443" in result.text
    assert result.blocked == (
        Blocked("evil.example", 443),
        Blocked("evil.example", 80),
        Blocked("169.254.169.254", 80),
        Blocked("127.0.0.1", 22),
    )


def test_who_follows_hears_of_each_blocked_place_once_and_before_the_end(
    sandbox: Sandbox, site: Server
) -> None:
    code = INSIDE + "connect('a.example:1'); connect('b.example:2'); connect('a.example:1')"
    handle = sandbox.spawn(python(code), key="agent", network=only(site))

    events: list[Event] = [each for each in sandbox.follow(handle) if each is not None]
    again = [each for each in sandbox.follow(handle) if isinstance(each, Blocked)]

    assert again == [Blocked("a.example", 1), Blocked("b.example", 2)]
    assert [each for each in events if isinstance(each, Blocked)] == again
    assert isinstance(events[-1], Exited)


def test_nothing_goes_past_the_gate(sandbox: Sandbox, site: Server) -> None:
    with server() as other:
        code = f"""
def attempt(what, go):
    try:
        print("reached", what, go())
    except OSError:
        pass
def stream(address, family=socket.AF_INET):
    with socket.socket(family) as client:
        client.settimeout(5)
        client.connect(address)
        return client.recv(1)
def datagram(address, family=socket.AF_INET):
    return socket.socket(family, socket.SOCK_DGRAM).sendto(bytes(12), address)
for address in (("127.0.0.1", {other.port}), ("192.0.2.1", 80), ("169.254.169.254", 80)):
    attempt(address, lambda: stream(address))
attempt("mapped", lambda: stream(("::ffff:127.0.0.1", {other.port}), socket.AF_INET6))
attempt("any", lambda: stream(("0.0.0.0", {other.port})))
attempt("udp", lambda: datagram(("192.0.2.1", 53)))
attempt("udp6", lambda: datagram(("2001:db8::1", 53), socket.AF_INET6))
attempt("name", lambda: socket.getaddrinfo("example.com", 80))
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("fast open", lambda: socket.socket().sendto(b"x", 0x20000000, ("192.0.2.1", 80)))
attempt("fast open", lambda: socket.socket().sendto(b"x", 0x20000000, ("127.0.0.1", {other.port})))
attempt("message", lambda: socket.socket().sendmsg([b"x"], [], 0x20000000, ("192.0.2.1", 80)))
for protocol in (132, 256, 262):  # sctp, smc, mptcp
    def by_protocol():
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
        client.settimeout(5)
        client.connect(("127.0.0.1", {other.port}))
    attempt(protocol, by_protocol)
print(socket.getaddrinfo("localhost", 80)[0][4][0] in ("127.0.0.1", "::1"))
"""
        result = run(sandbox, only(site), code)

        assert (result.text, result.exit_code) == ("True\n", 0)
        assert other.requests == []


def test_noise_and_floods_leave_the_gate_as_it_was(sandbox: Sandbox, site: Server) -> None:
    code = f"""
def noise(data):
    try:
        with socket.create_connection(gate, timeout=10) as client:
            client.sendall(data)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
    except OSError:
        pass
for number in range(100):
    noise(os.urandom(10000)); noise(b"GET " + b"x" * 70000); noise(b""); noise(b"CONNECT a")
held = []
for _ in range(300):
    try:
        held.append(socket.create_connection(gate))
    except OSError:
        pass  # who floods may be refused
for each in held: each.close()
end = time.monotonic() + 10
while True:
    try:
        answer = ask(b"GET http://{site.address}/ HTTP/1.1\\r\\n\\r\\n")
        break
    except BlockingIOError:  # the flood is still being drained
        if time.monotonic() > end:
            raise
print(answer.endswith(b"hello"))
"""
    assert run(sandbox, only(site), code).text == "True\n"


def test_a_gate_is_no_way_into_the_run_directory(sandbox: LocalSandbox, site: Server) -> None:
    handle = sandbox.spawn(
        python(INSIDE + "print('up', flush=True)\nsys.stdin.read(); threading.Event().wait()"),
        key="agent",
        network=only(site),
    )
    wait_for_output(sandbox, handle, b"up")
    records = run_dir(sandbox)
    try:
        for pid in supervisors(records):
            held = {_target(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
            if str(records / "lock") in held:
                continue  # the supervisor
            assert {each for each in held if each.startswith(str(records))} <= {
                str(records / "blocked")
            }
    finally:
        sandbox.kill(handle)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""  # closed meanwhile

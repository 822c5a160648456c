"""A network that is a list, for real commands: what they reach, and the end of their gate."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.sandboxes.base import (
    Blocked,
    Destination,
    Exited,
    Isolation,
    Network,
    Sandbox,
    SandboxError,
    SandboxSpec,
)
from agents.sandboxes.local import LocalProvider, LocalSandbox, processes
from tests.agents.sandboxes.helpers import (
    is_there,
    provider_of,
    python,
    supervisors,
    wait_for_output,
    wait_until,
)
from tests.agents.sandboxes.inside import INSIDE, only, run, run_dir
from tests.agents.sandboxes.servers import Server, say, server


@pytest.fixture
def sandbox(isolated_provider: LocalProvider) -> Iterator[LocalSandbox]:
    sandbox = isolated_provider.create(SandboxSpec("egress"))
    yield sandbox
    sandbox.close()


@pytest.fixture
def site() -> Iterator[Server]:
    with server() as made:
        yield made


def test_a_listed_place_is_reached_by_every_way_there_is(sandbox: Sandbox, site: Server) -> None:
    code = f"""
print(ask(b"GET http://{site.address}/plain HTTP/1.1\\r\\n\\r\\n").endswith(b"hello"))
tunnelled = ask(b"CONNECT {site.address} HTTP/1.1\\r\\n\\r\\nGET / HTTP/1.0\\r\\n\\r\\n")
print(tunnelled.startswith(b"HTTP/1.1 200 Connected") and tunnelled.endswith(b"hello"))
print(ask(b"GET /direct HTTP/1.0\\r\\n\\r\\n", ("127.0.0.1", {site.port})).endswith(b"hello"))
print(urllib.request.urlopen("http://{site.address}/usual").read())
"""
    result = run(sandbox, only(site), code)

    assert result.text.splitlines() == ["True", "True", "True", "b'hello'"]
    assert result.blocked == ()


def test_localhost_means_the_worker_s_where_it_is_listed(sandbox: Sandbox, site: Server) -> None:
    code = f'print(urllib.request.urlopen("http://localhost:{site.port}/").read())'

    assert run(sandbox, only(site, host="localhost"), code).text == "b'hello'\n"


def test_a_connection_need_not_wait_for_its_answer(sandbox: Sandbox, site: Server) -> None:
    """Programs with an event loop connect without waiting; that must be the same socket after."""
    code = f"""
import asyncio
async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", {site.port})
    writer.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
    print((await reader.read()).endswith(b"hello"))
    assert not os.get_blocking(writer.get_extra_info("socket").fileno())
    assert not os.get_inheritable(writer.get_extra_info("socket").fileno())
asyncio.run(main())
"""
    result = run(sandbox, only(site), code)

    assert (result.text, result.exit_code) == ("True\n", 0)


def test_many_connections_at_once_are_served(sandbox: Sandbox, site: Server) -> None:
    code = f"""
answers = []
def one():
    answers.append(ask(b"GET http://{site.address}/ HTTP/1.1\\r\\n\\r\\n").endswith(b"hello"))
threads = [threading.Thread(target=one) for _ in range(40)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(answers.count(True))
"""
    assert run(sandbox, only(site), code).text == "40\n"


def test_programs_are_told_of_the_gate_unless_the_caller_knows_better(
    sandbox: Sandbox, site: Server
) -> None:
    names = ("http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "NODE_USE_ENV_PROXY")
    code = f"print([os.environ.get(name) for name in {names!r}])"
    own = {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "*"}

    usual = run(sandbox, only(site), "print(gate[1]);" + code).text.splitlines()
    given = sandbox.run(python("import os;" + code), env=own, network=only(site)).text
    without = sandbox.run(python("import os;" + code)).text

    address = f"http://127.0.0.1:{usual[0]}"
    assert usual[1] == str([address] * 3 + ["localhost,127.0.0.1,::1", "1"])
    assert given == str([address, address, own["HTTPS_PROXY"], None, "1"]) + "\n"
    assert without == str([None] * 5) + "\n"


@pytest.mark.slow
def test_a_large_download_passes(sandbox: Sandbox) -> None:
    size = 100 << 20

    def send(client: socket.socket, head: bytes) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(100):
            client.sendall(bytes(1 << 20))
        client.shutdown(socket.SHUT_WR)

    with server(send) as site:
        code = f"""
request = urllib.request.Request("http://{site.address}/")
request.set_proxy(f"127.0.0.1:{{gate[1]}}", "http")
print(len(urllib.request.urlopen(request).read()))
"""
        assert run(sandbox, only(site), code).text == f"{size}\n"


def test_the_gate_ends_with_its_command(sandbox: LocalSandbox, site: Server) -> None:
    handle = sandbox.spawn(["true"], key="agent", network=only(site))
    events = list(sandbox.follow(handle))

    assert isinstance(events[-1], Exited)
    wait_until(lambda: not processes.alive(run_dir(sandbox)))
    assert not any(is_there(pid) for pid in supervisors(run_dir(sandbox)))


def test_the_gate_ends_with_its_supervisor(sandbox: LocalSandbox, site: Server) -> None:
    handle = sandbox.spawn(
        python(INSIDE + "print('up', flush=True); threading.Event().wait()"),
        key="agent",
        network=only(site),
    )
    wait_for_output(sandbox, handle, b"up")
    records = run_dir(sandbox)
    family = supervisors(records)
    assert len(family) >= 3  # the gate and the command's first process besides

    os.kill(family[0], signal.SIGKILL)

    wait_until(lambda: not any(is_there(pid) for pid in family))


def test_without_isolation_the_list_holds_for_who_asks_the_gate(
    sandboxes_root: Path, site: Server
) -> None:
    provider = provider_of(Isolation.NONE, sandboxes_root / "none")
    sandbox = provider.create(SandboxSpec("egress"))
    code = f"""
print(ask(b"GET http://{site.address}/ HTTP/1.1\\r\\n\\r\\n").endswith(b"hello"))
print(connect("evil.example:443")[:12])
"""
    try:
        result = run(sandbox, only(site), code)
    finally:
        sandbox.close()

    assert result.text.splitlines() == ["True", "b'HTTP/1.1 403'"]
    assert result.blocked == (Blocked("evil.example", 443),)


def test_commands_go_through_the_proxy_of_the_machine(
    any_provider: LocalProvider, sandboxes_root: Path
) -> None:
    with server(say(b"HTTP/1.1 200 OK\r\n\r\nfrom far away")) as proxy:
        upstream = f"http://ada:secret@{proxy.address}"
        provider = LocalProvider(
            sandboxes_root / "behind", tier=any_provider.probe().value, upstream=upstream
        )
        sandbox = provider.create(SandboxSpec("egress"))
        try:
            network = Network.only([Destination("model.example")])
            result = run(sandbox, network, 'print(connect("model.example:443"))')
            seen = run(sandbox, network, "print(dict(os.environ))").text
        finally:
            sandbox.close()

    assert "from far away" in result.text
    assert "ada" not in seen
    assert "secret" not in seen


@pytest.mark.parametrize("address", ["proxy:3128", "https://proxy:3128", "http://", "http://a:x"])
def test_a_proxy_that_cannot_be_used_is_told_at_once(tmp_path: Path, address: str) -> None:
    with pytest.raises(SandboxError, match="http://host:port"):
        LocalProvider(tmp_path, upstream=address)

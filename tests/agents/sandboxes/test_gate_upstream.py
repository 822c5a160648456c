"""A gate behind the proxy that the worker's machine has to use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.agents.sandboxes.servers import connect, gate, listed, say, server, status, trusted


def test_a_tunnel_goes_through_the_proxy_of_this_machine(tmp_path: Path) -> None:
    def no_names(host: str, port: int) -> Sequence[str]:
        assert host == "127.0.0.1"  # the proxy itself; it looks up the others
        return [host]

    established = say(b"HTTP/1.1 200 OK\r\n\r\nhello from behind")
    with server(established) as proxy:
        upstream = f"http://ada:s%40crets@{proxy.address}"
        with gate(tmp_path, listed("a.example"), upstream=upstream, resolver=no_names) as running:
            answer = running.ask(connect("a.example", 443))
            refused = [running.ask(connect(host, 443)) for host in ("10.0.0.1", "evil.example")]
        heard = proxy.received()

    assert answer == b"HTTP/1.1 200 Connected\r\n\r\nhello from behind"
    assert [status(each) for each in refused] == [403, 403]
    assert len(heard) == 1
    assert heard[0].splitlines()[0] == b"CONNECT a.example:443 HTTP/1.1"
    assert b"Proxy-Authorization: Basic YWRhOnNAY3JldHM=" in heard[0]  # ada:s@crets


def test_a_plain_request_goes_through_the_proxy_of_this_machine(tmp_path: Path) -> None:
    with server() as proxy:
        upstream = f"http://{proxy.address}"
        with gate(tmp_path, listed("a.example"), upstream=upstream) as running:
            answer = running.ask(b"GET http://a.example/x HTTP/1.1\r\nHost: evil\r\n\r\n")
        heard = proxy.received()[0]

    assert status(answer) == 200
    assert heard.splitlines()[0] == b"GET http://a.example/x HTTP/1.1"
    assert b"Host: a.example\r\n" in heard


@pytest.mark.parametrize("listed_host", ["10.0.0.1", "169.254.169.254", "127.0.0.1"])
def test_no_literal_private_address_is_handed_to_the_proxy(
    tmp_path: Path, listed_host: str
) -> None:
    with server() as proxy:
        upstream = f"http://{proxy.address}"
        with gate(tmp_path, listed(listed_host), upstream=upstream) as running:
            assert status(running.ask(connect(listed_host, 443))) == 403
        assert proxy.requests == []


def test_what_the_proxy_refuses_is_told(tmp_path: Path) -> None:
    with server(say(b"HTTP/1.1 407 Authenticate\r\n\r\n")) as proxy:
        upstream = f"http://{proxy.address}"
        with gate(tmp_path, listed("a.example"), upstream=upstream) as running:
            answer = running.ask(connect("a.example", 443))

    assert status(answer) == 502
    assert b"did not let a.example:443 through (407)" in answer


def test_this_machine_itself_is_never_asked_for_through_the_proxy(tmp_path: Path) -> None:
    with server() as site, server() as proxy:
        upstream = f"http://{proxy.address}"
        with gate(tmp_path, trusted("127.0.0.1", site.port), upstream=upstream) as running:
            answer = running.ask(f"GET http://{site.address}/ HTTP/1.1\r\n\r\n".encode())
        assert proxy.requests == []

    assert status(answer) == 200

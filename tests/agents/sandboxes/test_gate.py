"""The gate as an honest program meets it, and its limits."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from agents.sandboxes.supervisor import gate as gates
from agents.sandboxes.supervisor.streams import Patience
from tests.agents.sandboxes.servers import (
    ANSWER,
    PATIENCE,
    connect,
    everything,
    gate,
    say,
    server,
    status,
    trusted,
)


def test_connect_carries_anything_both_ways(tmp_path: Path) -> None:
    def echo(client: socket.socket, head: bytes) -> None:
        client.sendall(head.upper())
        client.shutdown(socket.SHUT_WR)

    with server(echo) as site, gate(tmp_path, trusted("*.example", site.port)) as running:
        with running.connect() as client:
            # The first bytes of the tunnel may come together with the request.
            client.sendall(connect("a.example", site.port) + b"any")
            assert client.recv(100) == b"HTTP/1.1 200 Connected\r\n\r\n"
            client.sendall(b"thing\r\n\r\n")
            assert everything(client) == b"ANYTHING\r\n\r\n"
        assert site.received() == [b"anything\r\n\r\n"]
        assert running.blocked == []


def test_a_plain_request_gets_its_answer_and_the_end(tmp_path: Path) -> None:
    with server() as site, gate(tmp_path, trusted("a.example", site.port)) as running:
        target = f"http://a.example:{site.port}/path?q=1"
        answer = running.ask(f"GET {target} HTTP/1.1\r\nX-Own: 1\r\n\r\n".encode())

    head, _, body = answer.partition(b"\r\n\r\n")
    assert (status(answer), body) == (200, b"hello")
    assert b"Connection: close" in head.split(b"\r\n")
    assert site.received()[0].split(b"\r\n")[:3] == [
        b"GET /path?q=1 HTTP/1.1",
        b"X-Own: 1",
        f"Host: a.example:{site.port}".encode(),
    ]


def test_the_server_hears_the_name_that_was_checked(tmp_path: Path) -> None:
    lies = "Host: evil.example\r\nConnection: keep-alive, Host\r\nProxy-Authorization: x\r\n"
    with server() as site, gate(tmp_path, trusted("a.example", site.port)) as running:
        target = f"HTTP://A.example.:{site.port}"
        running.ask(f"GET {target} HTTP/1.1\r\n{lies}\r\n".encode())
        heard = site.received()[0]

    assert heard.startswith(b"GET / HTTP/1.1\r\n")
    assert heard.count(b"Host:") == 1
    assert f"Host: a.example:{site.port}\r\n".encode() in heard
    assert b"evil" not in heard
    assert b"Proxy" not in heard
    assert b"Connection: close\r\n" in heard


def test_a_server_that_keeps_connections_cannot_hold_the_client(tmp_path: Path) -> None:
    kept = ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\nKeep-Alive: 60\r\n\r\n", 1)
    with server(say(kept, keep=True)) as site, gate(tmp_path, trusted("a", site.port)) as running:
        with running.connect() as client:
            client.sendall(f"GET http://a:{site.port}/ HTTP/1.1\r\n\r\n".encode())
            answer = b""
            while not answer.endswith(b"hello"):
                answer += client.recv(1000)
        assert b"Keep-Alive" not in answer
        assert b"Connection: close" in answer
        # And the end of the client is the end of the server's connection.
        assert len(site.received()) == 1


def test_large_bodies_stream_both_ways(tmp_path: Path) -> None:
    size = 8 << 20
    heard = bytearray()

    def swallow(client: socket.socket, head: bytes) -> None:
        heard.extend(head.partition(b"\r\n\r\n")[2])
        while len(heard) < size:
            heard.extend(client.recv(1 << 16))
        client.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b"y" * size)
        client.shutdown(socket.SHUT_WR)

    with server(swallow) as site, gate(tmp_path, trusted("a", site.port)) as running:
        head = f"POST http://a:{site.port}/ HTTP/1.1\r\nContent-Length: {size}\r\n\r\n"
        answer = running.ask(head.encode(), b"x" * size)

    assert answer.partition(b"\r\n\r\n")[2] == b"y" * size
    assert heard == b"x" * size


def test_a_chunked_body_arrives_and_nothing_after_it(tmp_path: Path) -> None:
    heard = bytearray()

    def wait_for_end(client: socket.socket, head: bytes) -> None:
        heard.extend(head)
        while not heard.endswith(b"0\r\n\r\n"):
            heard.extend(client.recv(1 << 16))
        say(ANSWER)(client, head)

    body = b"5;x=y\r\nhello\r\n3\r\n...\r\n0\r\nTrailer: x\r\n\r\n"
    with server(wait_for_end) as site, gate(tmp_path, trusted("a", site.port)) as running:
        head = f"POST http://a:{site.port}/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        second = f"GET http://a:{site.port}/second HTTP/1.1\r\nHost: a\r\n\r\n"
        answer = running.ask(head.encode() + body + second.encode())
        received = site.received()[0]

    assert status(answer) == 200
    assert b"second" not in received
    assert heard.partition(b"\r\n\r\n")[2] == b"5\r\nhello\r\n3\r\n...\r\n0\r\n\r\n"


def test_continue_is_passed_on_before_the_answer(tmp_path: Path) -> None:
    note = b"HTTP/1.1 100 Continue\r\n\r\n"
    with server(say(note + ANSWER)) as site, gate(tmp_path, trusted("a", site.port)) as running:
        head = f"POST http://a:{site.port}/ HTTP/1.1\r\nContent-Length: 1\r\n\r\n"
        answer = running.ask(head.encode() + b"x")

    assert answer.startswith(note + b"HTTP/1.1 200 OK\r\n")


def test_half_a_head_is_waited_for_only_so_long(tmp_path: Path) -> None:
    with gate(tmp_path, patience=PATIENCE._replace(head=0.1)) as running:
        assert status(running.ask(b"GET http://a/")) == 408


def test_a_tunnel_in_which_nothing_moves_ends(tmp_path: Path) -> None:
    patience = Patience(head=5.0, server=5.0, silence=0.2)
    with (
        server() as site,
        gate(tmp_path, trusted("a", site.port), patience=patience) as running,
        running.connect() as client,
    ):
        client.sendall(connect("a", site.port))
        assert status(everything(client)) == 200


def test_there_is_room_for_so_many_connections_and_then_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "MOST_CONNECTIONS", 3)
    with server() as site, gate(tmp_path, trusted("a", site.port)) as running:
        idle = [running.connect() for _ in range(5)]
        answers: list[bytes] = []
        target = f"http://a:{site.port}/".encode()
        late = threading.Thread(
            target=lambda: answers.append(running.ask(b"GET %s HTTP/1.1\r\n\r\n" % target))
        )
        late.start()
        for each in idle:
            assert not answers
            each.close()
        late.join(10)

    assert [status(answer) for answer in answers] == [200]

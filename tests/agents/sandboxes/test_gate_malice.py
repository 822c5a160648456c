"""What the gate makes of places that are not listed, of garbage, and of two-faced requests."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from agents.sandboxes.supervisor.blocked import MOST_PLACES
from tests.agents.sandboxes.addresses import NEVER, PRIVATE
from tests.agents.sandboxes.servers import connect, gate, listed, say, server, status, trusted


@pytest.mark.parametrize(
    "form", ["CONNECT {}:{} HTTP/1.1\r\n\r\n", "GET http://{}:{}/ HTTP/1.1\r\n\r\n"]
)
def test_a_place_that_is_not_listed_is_refused_by_name(tmp_path: Path, form: str) -> None:
    asked: list[str] = []

    def resolver(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with gate(tmp_path, trusted("a.example", 443), resolver=resolver) as running:
        answers = [running.ask(form.format("Evil.example", 443).encode()) for _ in range(2)]

        assert [status(answer) for answer in answers] == [403, 403]
        assert b"may not reach evil.example:443." in answers[0]
        assert running.blocked == [("evil.example", 443)]
    assert asked == []  # a question to a name server is a message, too


@pytest.mark.parametrize("address", [*PRIVATE, *NEVER])
def test_a_listed_name_cannot_lead_into_a_private_network(tmp_path: Path, address: str) -> None:
    with gate(tmp_path, listed("*.example"), addresses=[address]) as running:
        answer = running.ask(connect("rebound.example", 443))

        assert status(answer) == 403
        assert running.blocked == [("rebound.example", 443)]


@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"])
def test_not_even_trust_opens_a_metadata_service(tmp_path: Path, host: str) -> None:
    with gate(tmp_path, trusted(host, 80), addresses=[host.strip("[]")]) as running:
        assert status(running.ask(connect(host, 80))) == 403


def test_a_name_is_looked_up_once_and_the_checked_address_is_called(tmp_path: Path) -> None:
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    with (
        server() as site,
        gate(
            tmp_path, trusted("a", site.port), resolver=lambda host, port: next(answers)
        ) as running,
    ):
        answer = running.ask(f"GET http://a:{site.port}/ HTTP/1.1\r\n\r\n".encode())

        assert status(answer) == 200
        assert next(answers) == ["169.254.169.254"]


def test_the_record_of_blocked_places_has_an_end(tmp_path: Path) -> None:
    with gate(tmp_path) as running:
        for number in range(MOST_PLACES + 20):
            running.ask(connect(f"host-{number}.example", 443))

        assert len(running.blocked) == MOST_PLACES


SMUGGLED = [
    "POST {} HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST {} HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "POST {} HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\nhello",
    "POST {} HTTP/1.1\r\nContent-Length: +5\r\n\r\nhello",
    "POST {} HTTP/1.1\r\nContent-Length: -1\r\n\r\nhello",
    "POST {} HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "POST {} HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "POST {} HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST {} HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "GET {} HTTP/1.1\r\nX: 1\r\n Host: evil\r\n\r\n",
    "GET {} HTTP/1.1\r\nX: 1\nHost: evil\r\n\r\n",
    "GET {} HTTP/1.1\r\nX: 1\rHost: evil\r\n\r\n",
    "GET {} HTTP/1.1\r\nX: \0\r\n\r\n",
    "GET {} HTTP/1.1\r\nno colon\r\n\r\n",
    "GET  {} HTTP/1.1\r\n\r\n",
    "GET {} HTTP/1.1 \r\n\r\n",
    "GET {} HTTP/2.0\r\n\r\n",
    "GET {}#fragment HTTP/1.1\r\n\r\n",
]
GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\0" * 100,
    b"\r\n\r\n",
    b"hello\n\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET //a/ HTTP/1.1\r\n\r\n",
    b"GET https://a/ HTTP/1.1\r\n\r\n",
    b"GET http://user@a/ HTTP/1.1\r\n\r\n",
    b"GET http://a:0/ HTTP/1.1\r\n\r\n",
    b"GET http://a:99999/ HTTP/1.1\r\n\r\n",
    b"GET http://[::1/ HTTP/1.1\r\n\r\n",
    b"GET file:///etc/passwd HTTP/1.1\r\n\r\n",
    b"CONNECT a HTTP/1.1\r\n\r\n",
    b"CONNECT http://a:443 HTTP/1.1\r\n\r\n",
    b"CONNECT a:443:443 HTTP/1.1\r\n\r\n",
    b"CONNECT \xff\xfe:443 HTTP/1.1\r\n\r\n",
    b"GET http://a/%s HTTP/1.1\r\n\r\n" % (b"x" * 70_000),
    b"GET http://a/ HTTP/1.1\r\nX: %s\r\n\r\n" % (b"x" * 70_000),
    b"x" * 200_000,
]


@pytest.mark.parametrize("request_text", SMUGGLED)
def test_a_request_that_can_be_read_in_two_ways_is_not_passed_on(
    tmp_path: Path, request_text: str
) -> None:
    with server() as site, gate(tmp_path, trusted("a", site.port)) as running:
        answer = running.ask(request_text.format(f"http://a:{site.port}/").encode())

        assert status(answer) == 400
        assert site.requests == []


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_answered_and_harms_nobody(tmp_path: Path, garbage: bytes) -> None:
    with server() as site, gate(tmp_path, trusted("a", site.port)) as running:
        assert status(running.ask(garbage)) in (400, 431)
        target = f"http://a:{site.port}/".encode()
        assert status(running.ask(b"GET %s HTTP/1.1\r\n\r\n" % target)) == 200


def test_a_broken_chunk_ends_the_request_on_both_sides(tmp_path: Path) -> None:
    with server(say(b"", keep=True)) as site, gate(tmp_path, trusted("a", site.port)) as running:
        head = f"POST http://a:{site.port}/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = running.ask(head.encode() + b"5\r\nhelloGET /second HTTP/1.1\r\n\r\n")
        heard = site.received()[0]

    assert status(answer) == 502
    assert b"second" not in heard


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 101 Switching\r\n\r\n", b"x" * 70_000]
)
def test_a_server_that_speaks_no_http_is_a_bad_gateway(tmp_path: Path, answer: bytes) -> None:
    with server(say(answer)) as site, gate(tmp_path, trusted("a", site.port)) as running:
        target = f"http://a:{site.port}/".encode()

        assert status(running.ask(b"GET %s HTTP/1.1\r\n\r\n" % target)) == 502


def test_a_host_that_does_not_answer_is_said_to_be_silent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with gate(tmp_path, trusted("a", port)) as running:
        answer = running.ask(connect("a", port))

        assert status(answer) == 502
        assert f"a:{port} does not answer.".encode() in answer
        assert running.blocked == []

"""Requests in, answers out: the plain HTTP side of the server, without any knowledge of GitHub."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_RESET = struct.pack("ii", 1, 0)  # linger for no time: closing sends RST instead of FIN


@dataclass(frozen=True)
class Request:
    """One request, its body read whole. `path` has neither the API's prefix nor a query."""

    method: str
    path: str
    raw_path: str
    query: Mapping[str, str]
    query_string: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    is_api: bool
    prefix: str  # "/api/v3" or ""

    def json(self) -> Any:
        """The body as JSON; None for an empty one. Raises ValueError."""
        return json.loads(self.body) if self.body.strip() else None


@dataclass
class Answer:
    """What is sent back.

    With `cut_at`, the connection is reset after that many bytes of the body, with -1 before the
    first byte of anything.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None


class Refused(Exception):
    """The request is answered with an error of GitHub's form."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: Sequence[object] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def answer(self) -> Answer:
        """The error as it goes over the line."""
        body: dict[str, object] = {"message": self.message}
        if self.errors:
            body["errors"] = self.errors
        body["documentation_url"] = "https://docs.github.com/rest"
        body["status"] = str(self.status)
        answer = json_answer(body, self.status)
        answer.headers.update(self.headers)
        return answer


def json_answer(value: object, status: int = 200) -> Answer:
    """A JSON answer."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return Answer(status, json.dumps(value).encode(), headers)


def redirect(location: str, status: int = 302) -> Answer:
    """Go elsewhere."""
    return Answer(status, b"", {"Location": location})


class Front(ThreadingHTTPServer):
    """Listens on a free port of the loopback interface and hands every request to `answer`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer_to = answer
        self.problems: list[str] = []
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()

    def begin(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def end(self) -> None:
        """Stop, and close the connections that clients keep open."""
        self.shutdown()
        self.server_close()
        with self._guard:
            for connection in self._open:
                _close(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_RESET)) == _RESET:
            request.close()  # no polite end first
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is its own business; everything else is kept."""
        if not isinstance(sys.exception(), OSError):
            self.problems.append(traceback.format_exc())


def _close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was faster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Front

    def log_message(self, format: str, *args: object) -> None:
        """Tests want no access log."""

    def _handle(self) -> None:
        answer = self.server.answer_to(self._request())
        if answer.cut_at == -1:
            self._reset_after(b"")
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status not in {204, 304}:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.cut_at is not None:
            self._reset_after(answer.body[: answer.cut_at])
        elif self.command != "HEAD" and answer.status not in {204, 304}:
            self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _handle  # noqa: N815

    def _reset_after(self, part: bytes) -> None:
        self.wfile.write(part)
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close_connection = True

    def _request(self) -> Request:
        address = urlsplit(self.path)
        is_v3 = address.path == "/api/v3" or address.path.startswith("/api/v3/")
        return Request(
            method=self.command,
            path=address.path.removeprefix("/api/v3") if is_v3 else address.path,
            raw_path=self.path,
            query=dict(parse_qsl(address.query, keep_blank_values=True)),
            query_string=address.query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
            is_api=is_v3,
            prefix="/api/v3" if is_v3 else "",
        )

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

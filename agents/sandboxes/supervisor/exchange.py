"""One connection from a command to its gate: a request, the answer, and the end."""

from __future__ import annotations

import socket
import threading

from .blocked import BlockedPlaces
from .dialing import Dialer, Forbidden
from .heads import (
    Refusal,
    Request,
    parse_request,
    refusal_response,
    rewrite_response,
    write_request,
)
from .streams import Patience, Source, Tunnel, hang_up, send_body, send_rest

_GOODBYE_SECONDS = 1.0
_GOODBYE_PIECES = 16
_MOST_NOTES = 8  # "100 Continue" and the like before an answer


class Exchange:
    """Serves one connection; `run` returns when it is over, and never with an error."""

    def __init__(
        self, client: socket.socket, dialer: Dialer, blocked: BlockedPlaces, patience: Patience
    ) -> None:
        self._client = client
        self._source = Source(client)
        self._dialer = dialer
        self._blocked = blocked
        self._patience = patience

    def run(self) -> None:
        """Read a request and do what it asks for, or say why not."""
        try:
            head = self._source.head(self._patience.head)
            if head:
                self._serve(parse_request(head))
        except Refusal as refusal:
            self._refuse(refusal)
        except OSError:
            return  # one of both sides has gone; there is nobody to tell

    def forward(self, address: str, port: int) -> None:
        """Pass everything on to a port of this machine."""
        try:
            server = self._dialer.connect_to(address, port)
        except Refusal:
            return  # the client sees its connection end
        with server:
            Tunnel(self._source, Source(server), self._patience).run(self._client, server)

    def _serve(self, request: Request) -> None:
        self._client.settimeout(self._patience.silence)
        try:
            if request.method == b"CONNECT":
                self._tunnel(request)
            else:
                self._pass_on(request)
        except Forbidden:
            self._blocked.add(request.host, request.port)
            raise

    def _tunnel(self, request: Request) -> None:
        server, source = self._dialer.tunnel(request.host, request.port)
        with server:
            self._client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            Tunnel(self._source, source, self._patience).run(self._client, server)

    def _pass_on(self, request: Request) -> None:
        line = self._dialer.dial(request.host, request.port)
        target = f"http://{request.place}{request.path}" if line.by_proxy else request.path
        also = self._dialer.proxy_headers if line.by_proxy else []
        with line.socket as server:
            server.sendall(write_request(request, target, also))
            upload = threading.Thread(target=self._upload, args=(server, request.length))
            upload.start()
            try:
                self._answer(server)
                self._client.shutdown(socket.SHUT_WR)
            finally:
                hang_up(server)
                # A moment to read the answer: what the client still sends would reset it.
                upload.join(_GOODBYE_SECONDS)
                hang_up(self._client)
                upload.join()

    def _upload(self, server: socket.socket, length: int | None) -> None:
        """Send the body, then wait for the client's end: nobody reads the answer after it."""
        try:
            send_body(self._source, server, length)
            if self._source.some():
                return  # one request is all that a connection carries
        except (OSError, Refusal):
            pass  # half a request is none
        hang_up(server)

    def _answer(self, server: socket.socket) -> None:
        source = Source(server)
        try:
            head = self._last_head(source)
        except Refusal as refusal:
            head = refusal_response(refusal)
        self._client.sendall(head)
        server.settimeout(self._patience.silence)
        send_rest(source, self._client)

    def _last_head(self, source: Source) -> bytes:
        for _ in range(_MOST_NOTES):
            status, written = rewrite_response(source.answer(self._patience.silence))
            if status >= 200:
                return written
            self._client.sendall(written)
        raise Refusal(502, "The server does not come to its answer.")

    def _refuse(self, refusal: Refusal) -> None:
        try:
            self._client.settimeout(_GOODBYE_SECONDS)
            self._client.sendall(refusal_response(refusal))
            self._client.shutdown(socket.SHUT_WR)
            # What is unread when a connection is closed would reset it, and the answer with it.
            for _ in range(_GOODBYE_PIECES):
                if not self._client.recv(1 << 16):
                    return
        except OSError:
            return  # it has gone without waiting for the answer

"""Every provider of keys on one port: answers the cheap calls, takes one key, refuses others."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

GOOD = "good-key-0123456789"
SCOPES = "repo, read:user"


class ProviderServer(ThreadingHTTPServer):
    """`calls` keeps path and headers; `status` and `body` answer for everything when set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.status = 0
        self.body: bytes = b"{}"
        self.headers: dict[str, str] = {}
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def say(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        """Answer everything so from now on; bytes go out as they are."""
        self.status, self.headers = status, headers or {}
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ProviderServer

    def log_message(self, format: str, *args: Any) -> None:
        """Tests keep quiet."""

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.calls.append((self.path, headers))
        if self.server.status:
            self._send(self.server.status, self.server.body, self.server.headers)
            return
        sent = [headers.get(n, "") for n in ("authorization", "x-api-key", "x-goog-api-key")]
        key = next((value.removeprefix("Bearer ") for value in sent if value), "")
        path = self.path.partition("?")[0]
        good = key == GOOD or path == "/api/tags"
        if path == "/auth.test":
            body = {"ok": True} if good else {"ok": False, "error": "invalid_auth"}
            self._send(200, json.dumps(body).encode(), {})
        elif good:
            self._send(200, b'{"data": []}', {"X-OAuth-Scopes": SCOPES} if path == "/user" else {})
        else:
            # Some providers repeat the key in their refusal.
            self._send(401, json.dumps({"error": {"message": f"bad key {key}"}}).encode(), {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

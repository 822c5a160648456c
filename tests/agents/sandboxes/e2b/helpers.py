"""What the tests of the E2B provider share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.agents.sandboxes.helpers import python

# Says what a GET of each address gave: a status, or the error.
FETCH = """
import sys, urllib.request
for address in sys.argv[1:]:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            print(answer.status)
    except Exception as error:
        print(type(error).__name__)
"""


def fetch(*addresses: str) -> list[str]:
    """A command line that tries to reach these."""
    return python(FETCH, *addresses)


class Backend:
    """A web server; `headers` are those of every request so far, names in small letters."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        backend = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                backend.headers.append({k.lower(): v for k, v in self.headers.items()})
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: object) -> None:
                """Not a word."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = ("127.0.0.1", self._server.server_port)

    @contextmanager
    def serving(self) -> Iterator[Backend]:
        """Serve as long as the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

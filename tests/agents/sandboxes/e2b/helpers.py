"""What the tests of the E2B provider share."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from agents.runners.base import AgentEvent, Finished, KeyUse, Launch, Message, Task, Verdict
from agents.sandboxes.base import Destination, Exited, Sandbox
from tests.agents.sandboxes.helpers import python

HOST = "model.test"
KEY = "sk-never-inside-0123456789"
SAID = ["200", *(f"thought {number}" for number in range(3000)), "written"]

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


# Asks its model, says a lot, writes the files that it is given, and does what comes then.
_TYPIST = """
import json, pathlib, subprocess, sys, time, urllib.request
files, then = json.loads(sys.argv[1]), sys.argv[2]
with urllib.request.urlopen("http://model.test/v1", timeout=20) as answer:
    print(answer.status, flush=True)
for number in range(3000):
    print("thought", number)
sys.stdout.flush()
time.sleep(1.5)
for path, text in files.items():
    pathlib.Path(path).write_text(text)
print("written", flush=True)
subprocess.run(["sh", "-c", then], check=True)
print("done", flush=True)
"""


class Typist:
    """A command line agent that writes files, and then runs `then`."""

    name = "typist"
    title = "Typist of the tests"

    def __init__(self, files: Mapping[str, str], then: str = "true") -> None:
        self._argv = python(_TYPIST, json.dumps(dict(files)), then)

    def prepare(self, sandbox: Sandbox) -> None:
        """Nothing is needed but Python."""

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        key = KeyUse("MODEL_KEY", KEY, "authorization", "Bearer ")
        return Launch(self._argv, {}, key, Destination(HOST, 80, trusted=True))

    def parse(self, line: str) -> Iterator[AgentEvent]:
        yield Finished(ok=True, text="") if line == "done" else Message(line)

    def judge(self, events: Sequence[AgentEvent], exited: Exited) -> Verdict:
        if exited.reason == "timeout":
            return Verdict(False, "It took too long.", "time_limit")
        finished = any(isinstance(event, Finished) for event in events)
        return Verdict(finished and exited.code == 0, exited.reason)

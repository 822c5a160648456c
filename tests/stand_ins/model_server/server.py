"""The server: reads requests, follows its scripts, breaks where they say so."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.stand_ins.model_server import errors
from tests.stand_ins.model_server.answers import Event, events, whole
from tests.stand_ins.model_server.log import Entry, Log, as_json
from tests.stand_ins.model_server.position import Position, find_position, is_side_request
from tests.stand_ins.model_server.question import Question, read_question, wire_of
from tests.stand_ins.model_server.script import STATUSES, Script, Scripted, as_script
from tests.stand_ins.model_server.tokens import Tokens, count
from tests.stand_ins.model_server.tools import Reply, as_reply, as_text

BAD_KEY = "bad-key"
HANG = 900.0  # seconds, the longest that a request is left alone
PAUSE = 0.5  # seconds between the words of a slow model
LOG_PATH = "/_log"


class ModelServer(ThreadingHTTPServer):
    """Serves scripts by name; `log` keeps what was asked, `bodies` as it came."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, script: Scripted | Mapping[str, Scripted], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        named = script if isinstance(script, Mapping) else {"": script}
        self.scripts: dict[str, Script] = {name: as_script(each) for name, each in named.items()}
        self.log = Log()
        self.bodies: list[bytes] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """The address, without "/v1"."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def questions(self) -> list[Question]:
        """All that was asked."""
        return [entry.question for entry in self.log.entries()]

    def asked(self, script: str | None = None, key: str | None = None) -> list[Entry]:
        """What was asked of one script or with one key, side requests left out."""
        return [entry for entry in self.log.entries(script, key) if entry.kind != "side"]

    def tokens(
        self, script: str | None = None, key: str | None = None, *, side: bool = False
    ) -> Tokens:
        """What was handed out in whole answers; those of side requests only if asked for."""
        kinds = {"step", "side"} if side else {"step"}
        counted = [e.tokens for e in self.log.entries(script, key) if e.kind in kinds]
        return sum(counted, Tokens())

    def shutdown(self) -> None:
        """Also lets go of every request that hangs."""
        self.closing.set()
        super().shutdown()


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Tests keep quiet."""

    def do_HEAD(self) -> None:
        self._send(200, b"")

    def do_GET(self) -> None:
        if self.path == LOG_PATH:
            self._json(200, [as_json(entry) for entry in self.server.log.entries()])
        elif BAD_KEY in self._key():
            self._json(401, errors.error("chat", 401, ""))
        elif self.headers.get("upgrade"):
            self._json(426, {"error": {"message": "no web sockets here"}})
        else:
            names = [name or "model" for name in self.server.scripts]
            listed = [{"id": name, "object": "model", "type": "model"} for name in names]
            self._json(200, {"object": "list", "data": listed, "has_more": False, "models": []})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}"
        self.server.bodies.append(raw)
        path = self.path.partition("?")[0]
        wire = wire_of(path)
        if path.endswith("/count_tokens"):
            self._json(200, {"input_tokens": len(raw) // 4})
        elif wire is None:
            self._json(404, {"error": {"type": "not_found", "message": path}})
        else:
            self._answer(read_question(path, wire, self._key(), json.loads(raw)))

    def _key(self) -> str:
        sent = self.headers.get("x-api-key") or self.headers.get("authorization") or ""
        return str(sent.removeprefix("Bearer "))

    def _answer(self, question: Question) -> None:
        at = find_position(self.server.scripts, question)
        fail = self._failure(question, at)
        number = self.server.log.begin(question, at, fail)
        if fail in STATUSES:
            self.server.log.end(number, "refused")
            status = STATUSES[fail]
            body = errors.error(question.wire, status, question.model)
            self._json(status, body, errors.headers(status))
            return
        if fail == "hang":
            self.server.closing.wait(HANG)
            self.close_connection = True
            return
        reply = self._reply(question, at)
        tokens = count(question, reply)
        if fail not in {"cut", "stall"}:
            # Before the answer: whoever has read it all may look at once.
            self.server.log.end(number, "side" if is_side_request(question) else "step", tokens)
        if not self._deliver(question, reply, tokens, fail):
            self.server.log.end(number, "broken")

    def _failure(self, question: Question, at: Position) -> str:
        if BAD_KEY in question.key:
            return "401"
        script = self.server.scripts.get(at.name, Script([]))
        fail, times = script.failure(at.step)
        if not fail or (is_side_request(question) and times):
            return ""
        return fail if self.server.log.fails_again(question, at, times) else ""

    def _reply(self, question: Question, at: Position) -> Reply:
        if is_side_request(question):
            return Reply("A short title")
        if at.step is None:
            return Reply("There is nothing more to do.")
        if question.is_textual:
            return as_text(self.server.scripts[at.name].rounds[at.round], question)
        return as_reply(at.step, question)

    def _deliver(self, question: Question, reply: Reply, tokens: Tokens, fail: str) -> bool:
        """Answer; whether the other side has all of it."""
        try:
            if question.stream:
                return self._stream(events(question, reply, tokens), fail)
            if fail in {"cut", "stall"}:
                self._break(fail)
                return False
            self._json(200, whole(question, reply, tokens))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
            return False
        return True

    def _stream(self, parts: Iterable[Event], fail: str) -> bool:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for part in parts:
            self._chunk(part.text)
            if fail == "slow" and part.is_word:
                self.server.closing.wait(PAUSE)
            elif fail in {"cut", "stall"} and part.is_word:
                self._break(fail)
                return False
        self.wfile.write(b"0\r\n\r\n")
        return True

    def _break(self, fail: str) -> None:
        """Say no more: after a while, or at once."""
        if fail == "stall":
            self.server.closing.wait(HANG)
        self.close_connection = True

    def _chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _json(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), headers)

    def _send(self, status: int, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


@contextmanager
def model_server(script: Scripted | Mapping[str, Scripted], port: int = 0) -> Iterator[ModelServer]:
    """A server for the time of a test."""
    server = ModelServer(script, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

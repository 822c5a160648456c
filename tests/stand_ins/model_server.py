"""A model provider on this machine that follows a script: Anthropic Messages and OpenAI chat.

A script is a JSON list of steps: {"say": "..."} ends a turn of the agent, and
{"say": "...", "tool": "read" | "edit" | "write" | "bash", "args": {...}} uses a tool, whatever the
agent calls it. Arguments are `path`, `old`, `new`, `content` and `command`; "{cwd}" stands for
the agent's working directory. The position comes from the conversation, never from a counter.

As a program: python -m tests.stand_ins.model_server --port 4010 --script steps.json
"""

from __future__ import annotations

import argparse
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BAD_KEY = "bad-key"
TOOL_NAMES = {
    "read": {"read", "read_file", "view"},
    "edit": {"edit", "edit_file", "replace", "str_replace"},
    "write": {"write", "write_file", "create_file"},
    "bash": {"bash", "run_shell_command", "shell", "exec_command"},
}
ARGUMENT_NAMES = {
    "path": {"file_path", "filepath", "path", "absolute_path"},
    "old": {"old_string", "oldstring", "old"},
    "new": {"new_string", "newstring", "new"},
    "content": {"content", "text"},
    "command": {"command", "cmd"},
}
_CWD = re.compile(r"(?:[Ww]orking directory|cwd)[\"'>:\s]+(/[^\s<\"']+)")


@dataclass(frozen=True)
class Step:
    """One answer of the model."""

    say: str
    tool: str = ""
    args: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """What an agent sent, whichever of the two forms it speaks."""

    path: str
    model: str
    stream: bool
    turns: int  # answers in the conversation so far
    tools: dict[str, list[str]]  # names, with the names of their arguments
    cwd: str


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    say: str
    tool: str = ""
    args: dict[str, str] = field(default_factory=dict)
    call_id: str = ""


def load_script(text: str) -> list[Step]:
    """The steps of a JSON text."""
    return [Step(**step) for step in json.loads(text)]


def decide(script: Sequence[Step], question: Question) -> Reply:
    """The next step, in the words of the agent that asks."""
    if not question.tools:
        return Reply("A short title")
    if question.turns >= len(script):
        return Reply("There is nothing more to do.")
    step = script[question.turns]
    if not step.tool:
        return Reply(step.say)
    name = next((each for each in question.tools if each.lower() in TOOL_NAMES[step.tool]), "")
    if not name:
        return Reply(f"There is no tool to {step.tool} with.")
    offered = question.tools[name]
    args = {
        _argument(offered, key): value.replace("{cwd}", question.cwd)
        for key, value in step.args.items()
    }
    if "description" in offered and step.tool == "bash":
        args["description"] = "run a command"
    return Reply(step.say, name, args, f"call_{question.turns}")


def _argument(offered: list[str], key: str) -> str:
    return next((each for each in offered if each.lower() in ARGUMENT_NAMES[key]), key)


def _read_question(path: str, body: dict[str, Any]) -> Question:
    tools = {}
    for tool in body.get("tools") or []:
        tool = tool.get("function", tool)
        schema = tool.get("input_schema") or tool.get("parameters") or {}
        tools[str(tool.get("name"))] = list(schema.get("properties", {}))
    messages = body.get("messages", [])
    found = _CWD.search(json.dumps([body.get("system"), messages]).replace("\\n", "\n"))
    return Question(
        path=path,
        model=str(body.get("model", "")),
        stream=bool(body.get("stream")),
        turns=sum(message.get("role") == "assistant" for message in messages),
        tools=tools,
        cwd=found[1] if found else ".",
    )


def _anthropic(question: Question, reply: Reply) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": reply.say}] if reply.say else []
    if reply.tool:
        tool = {"type": "tool_use", "id": reply.call_id, "name": reply.tool, "input": reply.args}
        content.append(tool)
    return {
        "id": f"msg_{question.turns}",
        "type": "message",
        "role": "assistant",
        "model": question.model,
        "content": content,
        "stop_reason": "tool_use" if reply.tool else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1200, "output_tokens": 30},
    }


def _anthropic_events(question: Question, reply: Reply) -> Iterator[tuple[str, dict[str, Any]]]:
    message = _anthropic(question, reply)
    yield "message_start", {"message": {**message, "content": [], "stop_reason": None}}
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            empty = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield "content_block_start", {"index": index, "content_block": empty}
        yield "content_block_delta", {"index": index, "delta": delta}
        yield "content_block_stop", {"index": index}
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield "message_delta", {"delta": stop, "usage": message["usage"]}
    yield "message_stop", {}


def _openai(question: Question, reply: Reply, part: str) -> dict[str, Any]:
    """A chat completion; `part` is "message" for a whole one and "delta" for a streamed one."""
    words: dict[str, Any] = {"role": "assistant", "content": reply.say}
    if reply.tool:
        function = {"name": reply.tool, "arguments": json.dumps(reply.args)}
        words["tool_calls"] = [
            {"index": 0, "id": reply.call_id, "type": "function", "function": function}
        ]
    reason = "tool_calls" if reply.tool else "stop"
    return {
        "id": f"chatcmpl-{question.turns}",
        "object": "chat.completion" if part == "message" else "chat.completion.chunk",
        "created": 0,
        "model": question.model,
        "choices": [{"index": 0, part: words, "finish_reason": reason}],
        "usage": {"prompt_tokens": 1200, "completion_tokens": 30, "total_tokens": 1230},
    }


class ModelServer(ThreadingHTTPServer):
    """Serves one script; `questions` keeps what was asked, `bodies` as it came."""

    daemon_threads = True

    def __init__(self, script: Sequence[Step], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.script = list(script)
        self.questions: list[Question] = []
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Tests keep quiet."""

    def do_HEAD(self) -> None:
        self._send(200, b"")

    def do_GET(self) -> None:
        self._send(200, b'{"data": []}')

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}"
        self.server.bodies.append(raw)
        body = json.loads(raw)
        path = self.path.partition("?")[0]
        question = _read_question(path, body)
        self.server.questions.append(question)
        key = f"{self.headers.get('x-api-key', '')} {self.headers.get('authorization', '')}"
        if BAD_KEY in key:
            error = {"type": "authentication_error", "message": "invalid key"}
            self._json(401, {"type": "error", "error": error})
        elif path.endswith("/count_tokens"):
            self._json(200, {"input_tokens": 1200})
        elif path.endswith("/messages"):
            self._answer_anthropic(question)
        elif path.endswith("/chat/completions"):
            self._answer_openai(question)
        else:
            self._json(404, {"type": "error", "error": {"type": "not_found", "message": path}})

    def _answer_anthropic(self, question: Question) -> None:
        reply = decide(self.server.script, question)
        if not question.stream:
            self._json(200, _anthropic(question, reply))
            return
        events = _anthropic_events(question, reply)
        text = "".join(
            f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n"
            for name, data in events
        )
        self._send(200, text.encode(), "text/event-stream")

    def _answer_openai(self, question: Question) -> None:
        reply = decide(self.server.script, question)
        if not question.stream:
            self._json(200, _openai(question, reply, "message"))
            return
        chunk = json.dumps(_openai(question, reply, "delta"))
        self._send(200, f"data: {chunk}\n\ndata: [DONE]\n\n".encode(), "text/event-stream")

    def _json(self, status: int, value: dict[str, Any]) -> None:
        self._send(status, json.dumps(value).encode())

    def _send(self, status: int, data: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


@contextmanager
def model_server(script: Sequence[Step], port: int = 0) -> Iterator[ModelServer]:
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


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A model provider that follows a script.")
    parser.add_argument("--port", type=int, default=4010)
    parser.add_argument("--script", type=Path, required=True)
    options = parser.parse_args()
    server = ModelServer(load_script(options.script.read_text(encoding="utf-8")), options.port)
    print(server.url, flush=True)  # noqa: T201 (whoever starts it waits for this line)
    server.serve_forever()


if __name__ == "__main__":
    main()

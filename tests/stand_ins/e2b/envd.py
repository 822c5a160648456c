"""What runs inside of each sandbox at E2B and answers for it: commands, files, health.

The wire format is the SDK's own: its wheel ships the generated server side of envd.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from connectrpc.request import RequestContext
from e2b.envd.process import process_pb as pb
from e2b.envd.process.process_connect import Process, ProcessASGIApplication
from protobuf import Oneof
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.stand_ins.e2b.boxes import Box, Boxes
from tests.stand_ins.e2b.machine import Gone, Running

_BREAK = "the connection to the sandbox ended before the stream completed"
_KEEP_ALIVE_SECONDS = 30.0
_SIGNALS = {pb.Signal.SIGKILL: signal.SIGKILL, pb.Signal.SIGTERM: signal.SIGTERM}
_WRITE = 'mkdir -p "$(dirname "$1")" && cat > "$1"'
_READ = 'exec cat -- "$1"'

_Context = RequestContext[Any, Any]


class ProcessService(Process):
    """The commands of every sandbox, told apart by the header that the SDK sends."""

    def __init__(self, boxes: Boxes) -> None:
        self._boxes = boxes

    async def list(self, request: pb.ListRequest, ctx: _Context) -> pb.ListResponse:
        """The commands that run."""
        found = []
        for pid, command in self._box(ctx).machine.commands.items():
            config = pb.ProcessConfig(cmd=command.argv[0], args=list(command.argv[1:]))
            found.append(pb.ProcessInfo(config=config, pid=pid))
        return pb.ListResponse(processes=found)

    async def start(self, request: pb.StartRequest, ctx: _Context) -> AsyncIterator[Any]:
        """Start a command and stream what it says; it lives on when nobody listens any more."""
        box = self._box(ctx)
        config = request.process
        assert config is not None
        try:
            command = await box.machine.run(
                [config.cmd, *config.args],
                user=_user(ctx.request_headers),
                env=dict(config.envs),
                cwd=config.cwd if config.has_field("cwd") else "",
                tag=request.tag if request.has_field("tag") else None,
            )
        except Gone:
            raise _not_found(box.id) from None
        listener = _listen(command)
        if not request.stdin:
            command.close_stdin()
        if ctx.timeout_ms:
            pid = command.pid.result()
            asyncio.get_running_loop().call_later(
                ctx.timeout_ms / 1000, lambda: box.machine.signal(pid, signal.SIGKILL)
            )
        async for response in _stream(command, listener, pb.StartResponse):
            yield response

    async def connect(self, request: pb.ConnectRequest, ctx: _Context) -> AsyncIterator[Any]:
        """Stream what a running command says from now on."""
        command = self._command(request.process, ctx)
        async for response in _stream(command, _listen(command), pb.ConnectResponse):
            yield response

    async def send_input(self, request: pb.SendInputRequest, ctx: _Context) -> pb.SendInputResponse:
        """Write to a command's input."""
        command = self._command(request.process, ctx)
        assert request.input is not None
        assert request.input.input is not None
        if command.stdin < 0:
            raise ConnectError(Code.FAILED_PRECONDITION, "the input of this process is closed")
        await asyncio.to_thread(_write_all, command.stdin, request.input.input.value)
        return pb.SendInputResponse()

    async def close_stdin(
        self, request: pb.CloseStdinRequest, ctx: _Context
    ) -> pb.CloseStdinResponse:
        """Let a command see the end of its input."""
        self._command(request.process, ctx).close_stdin()
        return pb.CloseStdinResponse()

    async def send_signal(
        self, request: pb.SendSignalRequest, ctx: _Context
    ) -> pb.SendSignalResponse:
        """Signal this one process."""
        command = self._command(request.process, ctx)
        self._box(ctx).machine.signal(command.pid.result(), _SIGNALS[request.signal])
        return pb.SendSignalResponse()

    def _box(self, ctx: _Context) -> Box:
        return find(self._boxes, ctx.request_headers)

    def _command(self, selector: pb.ProcessSelector | None, ctx: _Context) -> Running:
        wanted = selector.selector if selector is not None else None
        for pid, command in self._box(ctx).machine.commands.items():
            if wanted is not None and wanted.value in (pid, command.tag):
                return command
        raise ConnectError(Code.NOT_FOUND, "process not found")


def find(boxes: Boxes, headers: Mapping[str, str]) -> Box:
    """The running sandbox that a request means, if it may."""
    id_ = headers.get("e2b-sandbox-id") or ""
    box = boxes.all.get(id_)
    if box is None or box.state != "running":
        raise _not_found(id_)
    if headers.get("x-access-token") != box.token:
        raise ConnectError(Code.UNAUTHENTICATED, "invalid access token")
    return box


def application(boxes: Boxes) -> Starlette:
    """Files and health."""

    async def health(request: Request) -> Response:
        box = boxes.all.get(request.headers.get("e2b-sandbox-id", ""))
        if box is None or box.state != "running":
            return _gone(request)
        return Response(status_code=204)

    async def files(request: Request) -> Response:
        try:
            box = find(boxes, request.headers)
        except ConnectError as error:
            if error.code is Code.UNAUTHENTICATED:
                return _error(401, "unauthorized")
            return _gone(request)
        path = request.query_params["path"]
        user = request.query_params.get("username") or "user"
        if request.method == "GET":
            output, status = await _script(box, _READ, path, user, b"")
            return Response(output) if not status else _error(404, f"'{path}' does not exist")
        if request.headers["content-type"] != "application/octet-stream":
            return _error(415, "the double takes uploads as octet streams only")
        _, status = await _script(box, _WRITE, path, user, await _content(request))
        if status:
            return _error(400, f"'{path}' cannot be written")
        return JSONResponse([{"name": path.rpartition("/")[2], "type": "file", "path": path}])

    return Starlette(
        routes=[Route("/health", health), Route("/files", files, methods=["GET", "POST"])]
    )


def process_application(boxes: Boxes) -> ProcessASGIApplication:
    """Commands."""
    return ProcessASGIApplication(ProcessService(boxes))


async def _script(box: Box, script: str, path: str, user: str, given: bytes) -> tuple[bytes, int]:
    command = await box.machine.run(
        ["/bin/sh", "-c", script, "sh", path], user=user, env={}, cwd="/", tag=None
    )
    listener = _listen(command)
    await asyncio.to_thread(_write_all, command.stdin, given)
    command.close_stdin()
    output = b""
    while True:
        kind, value = await listener.get()
        if kind == "stdout":
            output += cast("bytes", value)
        elif kind in {"end", "gone"}:
            return output, 1 if kind == "gone" else cast("int", value)


async def _content(request: Request) -> bytes:
    data = await request.body()
    return gzip.decompress(data) if request.headers.get("content-encoding") == "gzip" else data


def _listen(command: Running) -> asyncio.Queue[tuple[str, bytes | int]]:
    listener: asyncio.Queue[tuple[str, bytes | int]] = asyncio.Queue()
    command.listeners.append(listener)
    return listener


async def _stream(
    command: Running, listener: asyncio.Queue[tuple[str, bytes | int]], response: type[Any]
) -> AsyncIterator[Any]:
    yield response(event=pb.ProcessEvent(event=_event("start", command.pid.result())))
    try:
        while True:
            try:
                kind, value = await asyncio.wait_for(listener.get(), _KEEP_ALIVE_SECONDS)
            except TimeoutError:
                kind, value = "keepalive", 0
            yield response(event=pb.ProcessEvent(event=_event(kind, value)))
            if kind == "end":
                return
    finally:
        command.listeners.remove(listener)


def _event(kind: str, value: bytes | int) -> Any:
    match kind:
        case "start":
            return Oneof("start", pb.ProcessEvent.StartEvent(pid=cast("int", value)))
        case "stdout" | "stderr":
            output = Oneof(kind, cast("bytes", value))
            return Oneof("data", pb.ProcessEvent.DataEvent(output=cast("Any", output)))
        case "end":
            code = os.waitstatus_to_exitcode(cast("int", value))
            text = f"exit status {code}" if code >= 0 else f"signal: {-code}"
            return Oneof(
                "end",
                pb.ProcessEvent.EndEvent(exit_code=max(code, -1), exited=code >= 0, status=text),
            )
        case "gone":
            raise ConnectError(Code.UNAVAILABLE, _BREAK)
        case _:
            return Oneof("keepalive", pb.ProcessEvent.KeepAlive())


def _user(headers: Mapping[str, str]) -> str:
    scheme, _, value = (headers.get("authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return "user"
    return base64.b64decode(value).decode().partition(":")[0]


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _not_found(id_: str) -> ConnectError:
    body = {"sandboxId": id_, "message": "The sandbox was not found", "code": 502}
    return ConnectError(Code.UNAVAILABLE, json.dumps(body))


def _gone(request: Request) -> Response:
    id_ = request.headers.get("e2b-sandbox-id")
    body = {"sandboxId": id_, "message": "The sandbox was not found", "code": 502}
    return JSONResponse(body, status_code=502)


def _error(status: int, message: str) -> Response:
    return JSONResponse({"code": status, "message": message}, status_code=status)

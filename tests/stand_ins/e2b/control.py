"""The control plane: sandboxes are made, found, kept alive, paused and ended; templates built."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.stand_ins.e2b import egress
from tests.stand_ins.e2b.boxes import Box, Boxes

_PAGE = 100
_RULES = ("allowOut", "denyOut", "rules", "allow_internet_access")

Handler = Callable[[Request], Awaitable[Response]]


class Control:
    """`keys` open it; `templates` are the names that sandboxes can be made from."""

    def __init__(self, boxes: Boxes, keys: set[str], templates: set[str]) -> None:
        self.keys = keys
        self.templates = templates
        self.builds: list[dict[str, Any]] = []
        self.largest_page = _PAGE
        self._boxes = boxes
        self._made: dict[str, Box] = {}  # by idempotency key

    def application(self) -> Starlette:
        """The routes that the SDK calls."""
        box, own = "/sandboxes/{id}", self._with_box
        return Starlette(
            routes=[
                Route("/v2/sandboxes", self._open(self._create), methods=["POST"]),
                Route("/v2/sandboxes", self._open(self._list), methods=["GET"]),
                Route(box, own(self._look), methods=["GET"]),
                Route(box, own(self._kill), methods=["DELETE"]),
                Route(f"{box}/timeout", own(self._timeout), methods=["POST"]),
                Route(f"{box}/pause", own(self._pause), methods=["POST"]),
                Route(f"{box}/network", own(self._network), methods=["PUT"]),
                Route(f"/v2{box}/connect", own(self._connect), methods=["POST"]),
                Route("/v3/templates", self._open(self._new_template), methods=["POST"]),
                Route(
                    "/v2/templates/{id}/builds/{build}", self._open(self._build), methods=["POST"]
                ),
                Route("/templates/{id}/builds/{build}/status", self._open(self._built)),
            ]
        )

    def _open(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if request.headers.get("x-api-key") not in self.keys:
                return error(401, "Invalid API key")
            return await handler(request)

        return checked

    def _with_box(self, handler: Callable[[Request, Box], Awaitable[Response]]) -> Handler:
        async def found(request: Request) -> Response:
            box = self._boxes.all.get(request.path_params["id"])
            if box is None:
                return error(404, f"sandbox {request.path_params['id']} not found")
            return await handler(request, box)

        return self._open(found)

    async def _create(self, request: Request) -> Response:
        body = await request.json()
        if body["templateID"] not in self.templates:
            return error(404, f"template '{body['templateID']}' not found")
        if problem := egress.problem(body.get("network") or {}):
            return error(400, problem)
        key = request.headers.get("idempotency-key", secrets.token_hex(8))
        if key not in self._made:
            self._made[key] = await self._boxes.make(body)
        return JSONResponse(self._made[key].brief(), status_code=201)

    async def _list(self, request: Request) -> Response:
        wanted = {
            unquote(name): unquote(value)
            for name, value in parse_qsl(request.query_params.get("metadata", ""))
        }
        states = [s for text in request.query_params.getlist("state") for s in text.split(",")]
        rows = [
            box.detail()
            for box in self._boxes.all.values()
            if (not states or box.state in states)
            and wanted.items() <= (box.body.get("metadata") or {}).items()
        ]
        begin = int(request.query_params.get("nextToken") or 0)
        limit = min(int(request.query_params.get("limit") or _PAGE), self.largest_page)
        more = {"x-next-token": str(begin + limit)} if begin + limit < len(rows) else {}
        return JSONResponse(rows[begin : begin + limit], headers=more)

    async def _look(self, request: Request, box: Box) -> Response:
        return JSONResponse(box.detail())

    async def _kill(self, request: Request, box: Box) -> Response:
        self._boxes.end(box)
        return Response(status_code=204)

    async def _timeout(self, request: Request, box: Box) -> Response:
        box.live_for((await request.json())["timeout"])
        return Response(status_code=204)

    async def _pause(self, request: Request, box: Box) -> Response:
        if box.state == "paused":
            return error(409, "sandbox is already paused")
        self._boxes.pause(box)
        return Response(status_code=204)

    async def _connect(self, request: Request, box: Box) -> Response:
        body = json.loads(await request.body() or b"{}")
        status = 201 if box.state == "paused" else 200
        self._boxes.resume(box)
        box.live_for(body.get("timeout") or 300)
        return JSONResponse(box.brief(), status_code=status)

    async def _network(self, request: Request, box: Box) -> Response:
        rules = await request.json()
        if problem := egress.problem(rules):
            return error(400, problem)
        # What is left out is cleared.
        box.set_network({name: rules[name] for name in _RULES if name in rules})
        return Response(status_code=204)

    async def _new_template(self, request: Request) -> Response:
        body = await request.json()
        build = {"templateID": secrets.token_hex(8), "buildID": secrets.token_hex(8), **body}
        self.builds.append(build)
        answer = {"names": [body["name"]], "aliases": [], "public": False, "tags": []}
        ids = {name: build[name] for name in ("templateID", "buildID")}
        return JSONResponse({**answer, **ids}, status_code=202)

    async def _build(self, request: Request) -> Response:
        build = self._known_build(request)
        build |= await request.json()
        self.templates.add(build["name"])
        return Response(status_code=202)

    async def _built(self, request: Request) -> Response:
        build = self._known_build(request)
        ids = {name: build[name] for name in ("templateID", "buildID")}
        return JSONResponse({**ids, "status": "ready", "logs": [], "logEntries": []})

    def _known_build(self, request: Request) -> dict[str, Any]:
        wanted = request.path_params["build"]
        return next(build for build in self.builds if build["buildID"] == wanted)


def error(status: int, message: str) -> Response:
    """An error as the API says it."""
    return JSONResponse({"code": status, "message": message}, status_code=status)

"""GitHub on the loopback interface, small but honest: real git, real merges, real signatures.

Start it, add people and repositories, and point a client at `url` (web and git), `api_url` and
`graphql_url`. Whatever is not implemented answers 501, so that nothing passes by accident.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.stand_ins.github import (
    app_routes,
    check_routes,
    git_http,
    graphql,
    issue_list_routes,
    issue_routes,
    people_routes,
    pull_routes,
    repository_routes,
    review_routes,
    web,
)
from tests.stand_ins.github.contract import Exchange, check_all
from tests.stand_ins.github.faults import Quota, Trouble
from tests.stand_ins.github.http import Answer, Front, Refused, Request, json_answer
from tests.stand_ins.github.oauth import Client, OAuth
from tests.stand_ins.github.people import People
from tests.stand_ins.github.shapes import Links
from tests.stand_ins.github.state import State, Token
from tests.stand_ins.github.visits import Route, Routes, Visit
from tests.stand_ins.github.webhooks import Delivery, Webhooks

_ROUTES = Routes()
for _module in (
    people_routes,
    repository_routes,
    pull_routes,
    issue_routes,
    issue_list_routes,
    review_routes,
    check_routes,
):
    _ROUTES.all.extend(_module.routes.all)
OPERATIONS = [(route.method, route.template) for route in _ROUTES.all]


class Call(NamedTuple):
    """A request that was answered. `path` has no prefix and no query; 0 means no whole answer."""

    method: str
    path: str
    status: int


class GitHubServer(People, Trouble):
    """The server; everything it keeps is in `folder` and in memory."""

    def __init__(self, folder: Path) -> None:
        self.state = State(folder)
        self.webhooks = Webhooks(self.state, lambda: Links(self.url, self.api_url))
        super().__init__(self.state, self.webhooks)
        Trouble.__init__(self)
        self.oauth = OAuth(self.state)
        self.quota = Quota()
        self.calls: list[Call] = []
        self.requests: list[Request] = []
        self.defects: list[str] = []
        self.exchanges: list[Exchange] = []
        self._front = Front(self._answer)

    @property
    def url(self) -> str:
        """The web and git address."""
        return f"http://127.0.0.1:{self._front.server_port}"

    @property
    def api_url(self) -> str:
        """The address of REST, as on an Enterprise server."""
        return f"{self.url}/api/v3"

    @property
    def graphql_url(self) -> str:
        """The address of GraphQL, as on an Enterprise server."""
        return f"{self.url}/api/graphql"

    def start(self) -> GitHubServer:
        """Listen; returns itself."""
        self._front.begin()
        self.webhooks.begin()
        return self

    def stop(self) -> None:
        """Let everybody go and close the port."""
        self.faults.release_all()
        self.webhooks.end()
        self._front.end()

    def add_token(self, login: str, scopes: Iterable[str] | None = ("repo", "read:user")) -> str:
        """One more token; with `scopes=None` a fine-grained one, which tells no scopes."""
        prefix = "github_pat_" if scopes is None else "ghp_"
        with self.state.lock:
            return self.state.add_token(login, scopes, prefix=prefix).value

    def revoke(self, token: str) -> None:
        """The token is worth nothing from now on."""
        self.state.tokens[token].revoked = True

    def authorize_sso(self, token: str, organisation: str) -> None:
        """The person has authorised this token for the organisation."""
        self.state.tokens[token].sso.add(organisation)

    def oauth_client(self, id: str, secret: str, callback: str = "") -> None:
        """Register an application."""
        self.oauth.clients[id] = Client(id, secret, callback)

    def approve_as(self, login: str, scopes: Iterable[str] | None = None) -> None:
        """Agree at once for this person, perhaps to less than is asked; "" asks again."""
        self.oauth.approve_as = login
        self.oauth.grant = None if scopes is None else frozenset(scopes)

    @property
    def api_calls(self) -> list[Call]:
        """The calls of REST and GraphQL, without git and without pages."""
        return [call for call in self.calls if _is_api(call.path) or "graphql" in call.path]

    @property
    def deliveries(self) -> list[Delivery]:
        """Every event that was sent so far."""
        self.webhooks.settle()
        return list(self.webhooks.sent)

    @property
    def violations(self) -> list[str]:
        """What broke GitHub's published description, by the client or by this server.

        Raises npm.Unavailable when the description is not there to be compared with.
        """
        return self.defects + self._front.problems + check_all(self.exchanges, self.deliveries)

    def _answer(self, request: Request) -> Answer:
        self.requests.append(request)
        fault = self.faults.take(request)
        if fault is not None and not fault.late:
            if not app_routes.is_app(request):
                self._keep(request, self._template(request), None)
            answer = fault.answer()
        else:
            answer = self._real(request)
            if fault is not None:
                answer = fault.answer(answer)
        status = answer.status if answer.cut_at is None else 0
        self.calls.append(Call(request.method, request.path, status))
        return answer

    def _real(self, request: Request) -> Answer:
        try:
            if git_http.is_git(request):
                return git_http.serve(request, self.state, self.webhooks)
            if request.path.startswith("/login/oauth/") and not request.is_api:
                with self.state.lock:
                    return web.sign_in(request, self.oauth)
            if request.path in {"/graphql", "/api/graphql"}:
                return self._graphql(request)
            if request.is_api or _is_api(request.path):
                return self._rest(request)
            with self.state.lock:
                return web.page(request, self.state)
        except Exception:  # noqa: BLE001  # kept, and it fails the test at its end
            self.defects.append(f"{request.method} {request.path}: {traceback.format_exc()}")
            return Refused(500, "The server has a defect").answer()

    def _rest(self, request: Request) -> Answer:
        with self.state.lock:
            path = self._by_number(request.path)
            if request.method == "GET" and path == "/rate_limit":
                return self._rate_limit(request)
            if app_routes.is_app(request):
                return app_routes.answer(request, self.state, self.oauth)
            found = _ROUTES.find(request.method, path)
            if found is None:
                self.defects.append(f"not implemented: {request.method} {request.path}")
                return Refused(501, f"Not implemented: {request.method} {request.path}").answer()
            route, params = found
            return self._visited(request, route, params)

    def _visited(self, request: Request, route: Route, params: dict[str, str]) -> Answer:
        token = None
        try:
            token = self._token(request)
            answer = route.handler(self._visit(request, token, params))
        except Refused as refused:
            answer = refused.answer()
        answer.headers |= self._headers(request, token)
        self._keep(request, route.template, answer)
        return _unless_known(request, answer)

    def _graphql(self, request: Request) -> Answer:
        token = None
        with self.state.lock:
            try:
                token = self._token(request)
                answer = graphql.answer(self._visit(request, token, {}))
            except Refused as refused:
                answer = refused.answer()
        answer.headers |= self._headers(request, token)
        return answer

    def _visit(self, request: Request, token: Token | None, params: dict[str, str]) -> Visit:
        links = Links(self.url, self.url + request.prefix)
        return Visit(request, self.state, links, token, params, self.webhooks)

    def _token(self, request: Request) -> Token | None:
        """The token of the request; raises Refused for a bad one, and when the quota is used up."""
        if "user-agent" not in request.headers:
            raise Refused(403, "Request forbidden by administrative rules.")
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        token = None
        if kind.lower() in {"bearer", "token"}:
            token = self.state.tokens.get(value.strip())
        elif kind.lower() == "basic":
            token = git_http.token_of(request, self.state)
        if kind and (token is None or token.revoked):
            raise Refused(401, "Bad credentials")
        who = token.login if token else ""
        if not self.quota.count(who):
            raise Refused(403, f"API rate limit exceeded for user {who}.")
        return token

    def _headers(self, request: Request, token: Token | None) -> dict[str, str]:
        headers = {
            "X-GitHub-Request-Id": f"C0DE:{len(self.requests):04X}",
            "X-GitHub-Media-Type": "github.v3; format=json",
            **self.quota.headers(token.login if token else ""),
        }
        if token is not None and token.scopes is not None:
            headers["X-OAuth-Scopes"] = ", ".join(sorted(token.scopes))
            headers["X-Accepted-OAuth-Scopes"] = "repo" if "/repos/" in request.path else ""
        return headers

    def _rate_limit(self, request: Request) -> Answer:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        token = self.state.tokens.get(value.strip()) if kind else None
        if kind and (token is None or token.revoked):
            return Refused(401, "Bad credentials").answer()
        answer = json_answer(self.quota.shape(token.login if token else ""))
        answer.headers |= self._headers(request, token)
        self._keep(request, "/rate_limit", answer)
        return answer

    def _by_number(self, path: str) -> str:
        parts = path.split("/", 3)
        if parts[1:2] != ["repositories"] or len(parts) < 3 or not parts[2].isdigit():
            return path
        it = self.state.repositories.get(int(parts[2]))
        tail = f"/{parts[3]}" if len(parts) > 3 else ""
        return f"/repos/{it.full_name}{tail}" if it else "/repos/nobody/nothing"

    def _template(self, request: Request) -> str | None:
        found = _ROUTES.find(request.method, self._by_number(request.path))
        return found[0].template if found else None

    def _keep(self, request: Request, template: str | None, answer: Answer | None) -> None:
        if request.path not in {"/graphql", "/api/graphql"} and (
            request.is_api or _is_api(request.path)
        ):
            self.exchanges.append(Exchange(request, template, answer))


def _is_api(path: str) -> bool:
    first = path.split("/")[1]
    known = {"repos", "repositories", "user", "users", "orgs", "rate_limit", "applications"}
    return first in known or first in {"search", "issues", "notifications", "meta", "installation"}


def _unless_known(request: Request, answer: Answer) -> Answer:
    """304 for somebody who has seen exactly this answer before."""
    if request.method != "GET" or answer.status != 200:
        return answer
    answer.headers["ETag"] = f'"{hashlib.sha256(answer.body).hexdigest()}"'
    if request.headers.get("if-none-match", "").removeprefix("W/") == answer.headers["ETag"]:
        return Answer(304, b"", answer.headers)
    return answer

"""The OAuth web flow: a page that asks, a code for one use, a token for the code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.stand_ins.github.http import Answer, Request, json_answer, redirect
from tests.stand_ins.github.state import State

_INCLUDES = {
    "repo": {"public_repo", "repo:status", "repo_deployment", "repo:invite", "security_events"},
    "user": {"read:user", "user:email", "user:follow"},
    "admin:org": {"write:org", "read:org"},
}


@dataclass(frozen=True)
class Client:
    """An application that may ask; an empty `callback` allows every address."""

    id: str
    secret: str
    callback: str = ""


@dataclass(frozen=True)
class Code:
    """What a person agreed to, until it is exchanged."""

    client_id: str
    login: str
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str


class OAuth:
    """Applications and the codes that were given out.

    With `approve_as`, that person agrees at once; `grant` narrows what the tokens may do,
    whatever was asked for.
    """

    def __init__(self, state: State) -> None:
        self.clients: dict[str, Client] = {}
        self.approve_as = ""
        self.grant: frozenset[str] | None = None
        self._codes: dict[str, Code] = {}
        self._state = state

    def authorize(self, request: Request) -> Answer:
        """GET shows the question (or agrees), POST takes the answer."""
        form = _form(request) if request.method == "POST" else dict(request.query)
        client = self.clients.get(form.get("client_id", ""))
        if client is None:
            return _page("Page not found", 404)
        target = form.get("redirect_uri") or client.callback
        if not _allowed(client, target):
            problem = {
                "error": "redirect_uri_mismatch",
                "error_description": "The redirect_uri is not associated with this application.",
            }
            return self._back(client.callback, problem, form)
        if request.method == "POST" and form.get("authorize") != "1":
            problem = {
                "error": "access_denied",
                "error_description": "The user has denied your application access.",
            }
            return self._back(target, problem, form)
        login = form.get("login", "") if request.method == "POST" else self.approve_as
        if login.lower() not in self._state.accounts:
            return _page(self._question(form))
        return self._back(target, {"code": self._code(client, login, target, form)}, form)

    def _back(self, target: str, answer: dict[str, str], form: Mapping[str, str]) -> Answer:
        if "state" in form:
            answer["state"] = form["state"]
        return redirect(target + ("&" if "?" in target else "?") + urlencode(answer))

    def _code(self, client: Client, login: str, target: str, form: Mapping[str, str]) -> str:
        asked = frozenset(form.get("scope", "").replace(",", " ").split())
        included = {each for scope in asked for each in _INCLUDES.get(scope, ())}
        scopes = asked - included if self.grant is None else self.grant
        code = secrets.token_hex(10)
        challenge = form.get("code_challenge", "")
        self._codes[code] = Code(client.id, login, frozenset(scopes), target, challenge)
        return code

    def _question(self, form: Mapping[str, str]) -> str:
        people = [who for who in self._state.accounts.values() if who.kind == "User"]
        hidden = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in form.items()
        )
        asks = [
            f'<form method="post" action="/login/oauth/authorize">{hidden}'
            f'<input type="hidden" name="login" value="{escape(who.login)}">'
            f'<button name="authorize" value="1">Authorize as {escape(who.login)}</button></form>'
            for who in people
        ]
        cancel = (
            f'<form method="post" action="/login/oauth/authorize">{hidden}'
            '<button name="authorize" value="0">Cancel</button></form>'
        )
        scopes = escape(form.get("scope", "")) or "public information"
        return f"<h1>Authorize application</h1><p>It asks for: {scopes}</p>{''.join(asks)}{cancel}"

    def access_token(self, request: Request) -> Answer:
        """Exchange a code; refusals come with status 200, as GitHub sends them."""
        form = _form(request)
        client = self.clients.get(form.get("client_id", ""))
        given = form.get("client_secret", "")
        if client is None or not hmac.compare_digest(client.secret.encode(), given.encode()):
            text = "The client_id and/or client_secret passed are incorrect."
            return _said(request, _problem("incorrect_client_credentials", text))
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.client_id != client.id or not _proves(code, form):
            text = "The code passed is incorrect or expired."
            return _said(request, _problem("bad_verification_code", text))
        if form.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
            text = "The redirect_uri MUST match the registered callback URL for this application."
            return _said(request, _problem("redirect_uri_mismatch", text))
        token = self._state.add_token(code.login, code.scopes, prefix="gho_", client_id=client.id)
        scope = ",".join(sorted(code.scopes))
        return _said(request, {"access_token": token.value, "token_type": "bearer", "scope": scope})


def _allowed(client: Client, target: str) -> bool:
    if not client.callback:
        return bool(target)
    wanted, asked = urlsplit(client.callback), urlsplit(target)
    same = (wanted.scheme, wanted.netloc) == (asked.scheme, asked.netloc)
    return same and asked.path.startswith(wanted.path)


def _proves(code: Code, form: Mapping[str, str]) -> bool:
    if not code.challenge:
        return True
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == code.challenge


def _problem(error: str, description: str) -> dict[str, str]:
    address = "https://docs.github.com/apps/oauth-apps"
    return {"error": error, "error_description": description, "error_uri": address}


def _form(request: Request) -> dict[str, str]:
    if "json" in request.headers.get("content-type", ""):
        body = request.json()
        return {name: str(value) for name, value in body.items()} if isinstance(body, dict) else {}
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def _said(request: Request, values: dict[str, str]) -> Answer:
    if "json" in request.headers.get("accept", ""):
        return json_answer(values)
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Answer(200, urlencode(values).encode(), form)


def _page(content: str, status: int = 200) -> Answer:
    head = '<title>GitHub</title><link rel="icon" href="data:,">'  # or browsers ask for one
    page = f"<!doctype html><html lang=en>{head}<body>{content}</body></html>"
    return Answer(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})

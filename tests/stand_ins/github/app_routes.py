"""What an OAuth application may ask about its own tokens, with its id and secret."""

from __future__ import annotations

import base64
import binascii
import hmac
import re

from tests.stand_ins.github.http import Answer, Refused, Request, json_answer
from tests.stand_ins.github.oauth import OAuth
from tests.stand_ins.github.state import State

_PATH = re.compile(r"/applications/([^/]+)/(token|grant)")


def is_app(request: Request) -> bool:
    """Whether an application asks."""
    return _PATH.fullmatch(request.path) is not None and request.method in {"POST", "DELETE"}


def answer(request: Request, state: State, oauth: OAuth) -> Answer:
    """POST looks at a token, DELETE makes it worthless."""
    match = _PATH.fullmatch(request.path)
    assert match
    client = oauth.clients.get(match[1])
    if client is None or not _knows(request, client.id, client.secret):
        return Refused(404, "Not Found").answer()
    body = request.json() or {}
    token = state.tokens.get(str(body.get("access_token", "")))
    if token is None or token.revoked or token.client_id != client.id:
        return Refused(404, "Not Found").answer()
    if request.method == "DELETE":
        token.revoked = True
        return Answer(204)
    return json_answer({"token": token.value, "scopes": sorted(token.scopes or ())})


def _knows(request: Request, id: str, secret: str) -> bool:
    _, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(value)
    except binascii.Error:
        return False
    return hmac.compare_digest(given, f"{id}:{secret}".encode())

"""The few pages that a browser or a link needs."""

from __future__ import annotations

import re
from html import escape

from tests.stand_ins.github.http import Answer, Request
from tests.stand_ins.github.oauth import OAuth
from tests.stand_ins.github.state import State

_PULL = re.compile(r"/([^/]+/[^/]+)/pull/(\d+)")


def sign_in(request: Request, oauth: OAuth) -> Answer:
    """The OAuth web flow."""
    if request.path == "/login/oauth/authorize" and request.method in {"GET", "POST"}:
        return oauth.authorize(request)
    if request.path == "/login/oauth/access_token" and request.method == "POST":
        return oauth.access_token(request)
    return _html("Page not found", 404)


def page(request: Request, state: State) -> Answer:
    """A pull request's page; everything else is not there."""
    match = _PULL.fullmatch(request.path)
    it = state.find(match[1]) if match else None
    pull = it.pulls.get(int(match[2])) if match and it else None
    if pull is None:
        return _html("Page not found", 404)
    return _html(f"<h1>{escape(pull.title)}</h1><pre>{escape(pull.body or '')}</pre>")


def _html(content: str, status: int = 200) -> Answer:
    text = f"<!doctype html><html lang=en><title>GitHub</title><body>{content}</body></html>"
    return Answer(status, text.encode(), {"Content-Type": "text/html; charset=utf-8"})

"""Git over HTTP: rights like GitHub's in front of git's own `http-backend`."""

from __future__ import annotations

import base64
import binascii
import re
import subprocess

from tests.stand_ins.github import bare, pulls
from tests.stand_ins.github.http import Answer, Request, redirect
from tests.stand_ins.github.state import Repository, State, Token, at_least
from tests.stand_ins.github.webhooks import Webhooks

_PATH = re.compile(
    r"/(?P<owner>[^/]+)/(?P<name>[^/]+?)(?:\.git)?"
    r"/(?P<tail>info/refs|git-upload-pack|git-receive-pack)"
)


def is_git(request: Request) -> bool:
    """Whether a git program asks."""
    return _PATH.fullmatch(request.path) is not None


def token_of(request: Request, state: State) -> Token | None:
    """The token in the Basic header, as the password or as the name; None for a bad one."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    token = state.tokens.get(password if password and password != "x-oauth-basic" else name)
    return None if token is None or token.revoked else token


def serve(request: Request, state: State, hooks: Webhooks) -> Answer:
    """Answer a git program."""
    match = _PATH.fullmatch(request.path)
    assert match
    service = request.query.get("service") or match["tail"]
    if service not in {"git-upload-pack", "git-receive-pack"}:
        return _text(403, "Please upgrade your git client.")
    token = token_of(request, state)
    if token is None and "authorization" in request.headers:
        return _ask("Invalid username or token. Password authentication is not supported.")
    writes = service == "git-receive-pack"
    with state.lock:
        it = state.find(f"{match['owner']}/{match['name']}")
        refused = _refuse(state, it, token, writes=writes)
    if refused is not None or it is None:
        return refused or _text(404, "Repository not found.")
    asked = f"{match['owner']}/{match['name']}"
    if it.full_name.lower() != asked.lower():
        query = f"?{request.query_string}" if request.query_string else ""
        return redirect(f"/{it.full_name}.git/{match['tail']}{query}", 301)
    if request.method == "POST" and writes:
        return _receive(request, state, hooks, it, match["tail"], token)
    return _backend(request, it, match["tail"], token)


def _refuse(
    state: State, it: Repository | None, token: Token | None, *, writes: bool
) -> Answer | None:
    login = token.login if token else ""
    right = state.right_of(login, it) if it else "none"
    scoped = token is not None and token.may(
        "repo", *([] if it and it.private else ["public_repo"])
    )
    if it is None or (it.private and not (scoped and at_least(right, "read"))):
        return _text(404, "Repository not found.") if token else _ask("Authentication required.")
    owner = state.account(it.owner)
    if owner.sso and (it.private or writes) and token and owner.login not in token.sso:
        return _text(
            403,
            f"The '{owner.login}' organization has enabled or enforced SAML SSO. To access this"
            " repository, you must re-authorize the OAuth Application.",
        )
    if not writes:
        return None
    if token is None:
        return _ask("Authentication required.")
    if it.archived:
        return _text(403, "This repository was archived so it is read-only.")
    if not scoped or not at_least(right, "write"):
        return _text(403, f"Permission to {it.full_name}.git denied to {login}.")
    return None


def _text(status: int, sentence: str) -> Answer:
    return Answer(status, f"{sentence}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _ask(sentence: str) -> Answer:
    answer = _text(401, sentence)
    answer.headers["WWW-Authenticate"] = 'Basic realm="GitHub"'
    return answer


def _receive(
    request: Request, state: State, hooks: Webhooks, it: Repository, tail: str, token: Token | None
) -> Answer:
    assert token
    with it.pushing:
        before = bare.branches(it.path)
        answer = _backend(request, it, tail, token)
        with state.lock:
            pulls.refs_changed(state, hooks, it, before, token.login)
    return answer


def _backend(request: Request, it: Repository, tail: str, token: Token | None) -> Answer:
    environment = bare.clean_environment() | {
        "GIT_PROJECT_ROOT": str(it.path.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{it.path.name}/{tail}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
    }
    if token is not None:
        environment["REMOTE_USER"] = token.login
    done = subprocess.run(
        ["git", "http-backend"],
        input=request.body,
        capture_output=True,
        env=environment,
        check=False,
        timeout=60,
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200").split()[0]) if headers else 500
    headers.pop("Content-Length", None)
    return Answer(status, body, headers)

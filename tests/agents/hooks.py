"""Webhooks as GitHub sends them: payloads of our own making, signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from typing import Any

from django.http import HttpResponse
from django.test import Client

SECRET = "the-secret-of-these-tests"
URL = "/webhooks/github"
REPOSITORY_ID = 4711


def signature(body: bytes, secret: str = SECRET) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(
    client: Client,
    payload: Any,
    *,
    event: str = "pull_request",
    delivery: str = "",
    content_type: str = "application/json",
    **headers: str,
) -> HttpResponse:
    """Send a payload, or bytes as they are; a header given here replaces the right one."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    told = {
        "X-Hub-Signature-256": signature(body),
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return client.post(URL, body, content_type=content_type, headers=told)  # type: ignore[return-value]


def repository(full_name: str = "till/shop", at: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    """The repository of an event."""
    return {"id": REPOSITORY_ID, "full_name": full_name, "updated_at": at}


def pull_request(
    action: str,
    at: str,
    *,
    state: str = "open",
    draft: bool = True,
    merged: bool = False,
    head: str = "a",
    title: str = "Fix it",
    number: int = 12,
    branch: str = "soulcaster/1-1",
    fork: bool = False,
    full_name: str = "till/shop",
) -> dict[str, Any]:
    """An event about a pull request; `at` is a time of day, `head` one letter of its commit."""
    moment = f"2026-01-01T{at}Z"
    return {
        "action": action,
        "number": number,
        "pull_request": {
            "number": number,
            "html_url": f"https://github.com/{full_name}/pull/{number}",
            "title": title,
            "body": None,
            "state": state,
            "draft": draft,
            "merged": merged,
            "merged_at": moment if merged else None,
            "closed_at": moment if state == "closed" else None,
            "created_at": "2026-01-01T09:00:00Z",
            "updated_at": moment,
            "head": {
                "ref": branch,
                "sha": head * 40,
                "repo": {"id": 99 if fork else REPOSITORY_ID},
            },
            "base": {"ref": "main", "sha": "0" * 39 + "1", "repo": {"id": REPOSITORY_ID}},
            "user": {"login": "alice"},
        },
        "repository": repository(full_name),
    }

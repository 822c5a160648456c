"""One cheap call that shows whether a provider takes a key. Plain Python.

No call costs money or changes anything there. Keys go in headers, never in addresses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from credentials.outbound import AddressRefused, Answer, Unreachable
from credentials.providers import PROVIDERS

Ask = Callable[[str, Mapping[str, str]], Answer]
MOST_WORDS = 160
_NEEDED_SCOPE = "repo"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a provider said: `error` is a sentence, empty when it takes the key.

    `scopes` is what the key may do, with commas, where the provider tells.
    """

    error: str = ""
    scopes: str = ""


@dataclass(frozen=True, slots=True)
class _Call:
    path: str
    header: str = "Authorization"
    value: str = "Bearer {}"
    more: tuple[tuple[str, str], ...] = ()


_CALLS: Mapping[str, _Call] = {
    "anthropic": _Call(
        "/v1/models?limit=1", "x-api-key", "{}", (("anthropic-version", "2023-06-01"),)
    ),
    "openai": _Call("/models"),
    "openrouter": _Call("/key"),
    "google": _Call("/v1beta/models?pageSize=1", "x-goog-api-key", "{}"),
    "e2b": _Call("/sandboxes", "X-API-Key", "{}"),
    "github": _Call("/user", more=(("Accept", "application/vnd.github+json"),)),
    "slack": _Call("/auth.test"),
    "ollama": _Call("/api/tags", "", ""),
}


def probe(provider: str, secret: str, base_url: str, ask: Ask) -> Finding:
    """Ask the provider at `base_url`; `ask` makes the call. Raises KeyError for one that has none."""
    call, title = _CALLS[provider], PROVIDERS[provider].title
    headers = {"User-Agent": "soulcaster", "Accept": "application/json", **dict(call.more)}
    if call.header:
        headers[call.header] = call.value.format(secret)
    try:
        answer = ask(base_url.rstrip("/") + call.path, headers)
    except AddressRefused as refusal:
        return Finding(str(refusal))
    except Unreachable as reason:
        return Finding(f"{title} could not be reached: {reason} The key is kept; try again later.")
    return _read(provider, answer, secret)


def _read(provider: str, answer: Answer, secret: str) -> Finding:
    info, body = PROVIDERS[provider], _object(answer.body)
    said = _clean(_words(body), secret)
    if answer.status in {401, 403} or _refused_otherwise(provider, answer.status, body):
        return Finding(
            f"{info.title} refused this key{said}. Copy it again, or make a new one and replace it here."
        )
    if answer.status == 429:
        return Finding(
            f"{info.title} asks to slow down{said}. That says nothing about the key; try again in a minute."
        )
    if not 200 <= answer.status < 300:
        return Finding(f"{info.title} answered with status {answer.status}{said}. Try again later.")
    if body is None:
        return Finding(
            f"The address answered, but not as {info.title} does: check it, then try again."
        )
    return _github(answer) if provider == "github" else Finding()


def _refused_otherwise(provider: str, status: int, body: Any) -> bool:
    """Some providers say no with another status than 401."""
    if provider == "slack":
        return status == 200 and isinstance(body, dict) and body.get("ok") is False
    return provider == "google" and status == 400 and "API_KEY_INVALID" in json.dumps(body)


def _github(answer: Answer) -> Finding:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    # Fine-grained tokens send no such header: what they may do shows per repository.
    told = headers.get("x-oauth-scopes")
    if told is None:
        return Finding()
    scopes = sorted({scope.strip() for scope in told.split(",") if scope.strip()})
    if _NEEDED_SCOPE in scopes:
        return Finding(scopes=",".join(scopes))
    return Finding(
        "The token works, but without the scope repo: no pull request can be made with it. "
        "Make one with that scope and replace it here.",
        scopes=",".join(scopes),
    )


def _object(body: bytes) -> Any:
    """The answer as JSON; None when it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _words(body: Any) -> str:
    """What the provider says about an error."""
    if not isinstance(body, dict):
        return ""
    error = body.get("error", body)
    words = error.get("message", "") if isinstance(error, dict) else error
    return words if isinstance(words, str) else ""


def _clean(words: str, secret: str) -> str:
    """` ("...")`, or nothing. A provider's words are a stranger's, and some repeat the key."""
    words = words.replace(secret, "…") if secret else words
    words = re.sub(r"\S{25,}", "…", "".join(c if c.isprintable() else " " for c in words))
    words = " ".join(words.split())[:MOST_WORDS].rstrip(". ")
    return f" (“{words}”)" if words else ""

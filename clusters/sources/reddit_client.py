"""Reddit over HTTP: public JSON, or with an application's token; it says how often we may ask."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import requests

from clusters.forges import interrupts
from clusters.sources.base import SourceError

Json = Mapping[str, Any]

PUBLIC_URL = "https://www.reddit.com"
OAUTH_URL = "https://oauth.reddit.com"
USER_AGENT = "web:soulcaster:1 (reads feedback for the maintainers of a project)"
MAX_BYTES = 16 << 20
TIMEOUT = 20.0
BACKOFF: Sequence[float] = (1.0, 4.0)
_USUAL_PAUSE = 600.0  # seconds; Reddit counts in spans of ten minutes
_REFUSED = (
    "Reddit does not take the application's id and secret: give them as “id:secret”, as Reddit's "
    "page of applications shows them."
)


class RedditClient:
    """Asks one Reddit. `secret` is "id:secret" of an application, or '' for public JSON."""

    def __init__(
        self,
        base_url: str = PUBLIC_URL,
        secret: str = "",
        *,
        wait: Callable[[float], None] = interrupts.pause,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.calls = 0
        self._base = base_url.rstrip("/")
        self._secret = secret
        self._token = ""
        self._wait = wait
        self._now = now
        self._closed_until = 0.0
        self._session = requests.Session()

    def get(self, path: str, query: Mapping[str, Any]) -> Json:
        """The document at a path (without ".json"). Raises SourceError."""
        if self._secret and not self._token:
            self._token = self._sign_in()
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        url = f"{self._listing_url}{path}{'' if self._token else '.json'}"
        found = self._read("GET", url, headers, query={**query, "raw_json": 1})
        if not isinstance(found, dict):
            raise SourceError("source_unreadable", _UNREADABLE, retry_after=_USUAL_PAUSE)
        return found

    @property
    def _listing_url(self) -> str:
        return OAUTH_URL if self._token and self._base == PUBLIC_URL else self._base

    def _sign_in(self) -> str:
        name, _, password = self._secret.partition(":")
        url = f"{self._base}/api/v1/access_token"
        body = {"grant_type": "client_credentials"}
        found = self._read("POST", url, {}, body=body, auth=(name, password))
        token = found.get("access_token") if isinstance(found, dict) else None
        if not isinstance(token, str) or not token.isprintable():
            raise SourceError("credentials_refused", _REFUSED)
        return token

    def _read(self, method: str, url: str, headers: Mapping[str, str], **more: Any) -> Any:
        """The JSON of an answer; what passes by itself is tried again."""
        for pause in (*BACKOFF, None):
            interrupts.check()
            left = self._closed_until - self._now()
            if left > 0:
                raise _limited(left)
            try:
                status, told, text = self._send(method, url, headers, **more)
            except (requests.RequestException, OSError) as error:
                status, told, text = 0, {}, type(error).__name__
            self._learn(status, told)
            if status == 200:
                return _document(text)
            if 0 < status < 500:
                raise _refusal(status, told, text)
            if pause is not None:
                self._wait(pause)
        said = f"Reddit does not answer ({status or text}). It is tried again in a few minutes."
        raise SourceError("source_unavailable", said)

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> tuple[int, Mapping[str, str], str]:
        self.calls += 1
        deadline = time.monotonic() + TIMEOUT
        with self._session.request(
            method,
            url,
            params=query,
            data=body,
            auth=auth,
            headers={"User-Agent": USER_AGENT, **headers},
            timeout=TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as answer:
            data = bytearray()
            for chunk in answer.iter_content(1 << 16):
                data += chunk
                if len(data) > MAX_BYTES or time.monotonic() > deadline:
                    raise requests.Timeout
            return answer.status_code, answer.headers, data.decode(errors="replace")

    def _learn(self, status: int, told: Mapping[str, str]) -> None:
        remaining = _number(told.get("x-ratelimit-remaining"))
        if status == 429 or (remaining is not None and remaining < 1):
            reset = _number(told.get("x-ratelimit-reset")) or _number(told.get("retry-after"))
            self._closed_until = self._now() + max(1.0, reset or _USUAL_PAUSE)
            if status == 429:
                raise _limited(self._closed_until - self._now())


_UNREADABLE = "Reddit's answer could not be read. It is tried again in some minutes."


def _refusal(status: int, told: Mapping[str, str], text: str) -> SourceError:
    reason = _document(text) if "json" in told.get("content-type", "") else None
    why = str(reason.get("reason") or "") if isinstance(reason, dict) else ""
    if status == 401:
        return SourceError("credentials_refused", _REFUSED)
    if status == 403 and not why:
        said = (
            "Reddit refuses to be read from this server without an application: make one on "
            "Reddit's page of applications, and give its “id:secret” to this source."
        )
        return SourceError("credentials_refused", said)
    if status in {302, 403, 404}:
        words = {"private": "is private", "banned": "was banned", "quarantined": "is quarantined"}
        said = (
            f"The subreddit {words.get(why, 'is not there')}, so it cannot be read: check its name."
        )
        return SourceError("subreddit_unavailable", said)
    return SourceError("source_refused", f"Reddit refused what was asked ({status}).")


def _limited(seconds: float) -> SourceError:
    minutes = max(1, round(seconds / 60))
    unit = "a minute" if minutes == 1 else f"{minutes} minutes"
    said = f"Reddit's limit is used up: it goes on in about {unit}."
    return SourceError("rate_limited", said, retry_after=seconds)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < 86_400 else None


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None

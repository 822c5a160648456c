"""One way to call GitHub: waits as it is told to, repeats only what may be repeated, and counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clusters.forges import interrupts
from clusters.forges.base import RateLimited
from clusters.forges.github.answers import Answer
from clusters.forges.github.errors import GitHubError, Place, refusal, scopes
from clusters.forges.github.wire import MAX_HOPS, Wire, WireError

# Seconds between the attempts at a call that may be repeated.
BACKOFF: Sequence[float] = (0.5, 2.0, 4.0)


class Client:
    """Calls GitHub with one person's token.

    `patience` is how many seconds in all one call may wait because GitHub wants it; a longer
    wait raises RateLimited. `wait` is called with seconds, `now` gives seconds of the epoch.
    """

    def __init__(
        self,
        token: str,
        place: Place,
        *,
        api_url: str,
        timeout: float = 20.0,
        patience: float = 0.0,
        wait: Callable[[float], None] = interrupts.pause,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.place = place
        self.calls = 0
        self.hops = 0  # redirects that were followed: the repository has moved
        self.scopes: frozenset[str] | None = None
        self._wire = Wire(token, api_url=api_url, timeout=timeout)
        self._patience = patience
        self._wait = wait
        self._now = now
        # Core and GraphQL have quotas of their own.
        self._closed: dict[str, float] = {}

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """The document at a path."""
        return self.call("GET", path, query=query).data

    def graphql(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of a GraphQL query that may be repeated; raises GitHubError."""
        body = {"query": query, "variables": dict(variables)}
        answer = self.call("POST", self._wire.graphql_url, body=body, repeat=True)
        if answer.problems or not isinstance(answer.data, dict):
            raise refusal(Answer(422, answer.headers, answer.data), self.place)
        data: dict[str, Any] = answer.data.get("data") or {}
        return data

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        repeat: bool | None = None,
        seen: str = "",
    ) -> Answer:
        """Call, and wait and repeat as far as that is safe. Raises GitHubError, RateLimited.

        `seen` is the ETag of an answer that is known: if it still holds, the status is 304 and
        there are no data. `repeat` says whether doing it twice is the same as doing it once; by default that is so
        for everything but POST. Without it, a failure is `uncertain`.
        """
        repeatable = method != "POST" if repeat is None else repeat
        waited, failures = 0.0, 0
        while True:
            interrupts.check()
            quota = "graphql" if path == self._wire.graphql_url else "core"
            waited = self._hold(quota, self._closed.get(quota, 0.0) - self._now(), waited)
            answer, error = self._attempt(method, path, query, body, seen)
            if error is None:
                return answer
            pause = answer.pause()
            if pause is not None:
                waited = self._hold(quota, pause, waited)
                continue
            if error.code != "forge_unavailable":
                raise error
            if not repeatable:
                error.uncertain = True
                raise error
            if failures == len(BACKOFF):
                raise error
            self._wait(BACKOFF[failures])
            failures += 1

    def pause(self, seconds: float) -> None:
        """Wait a moment, for what GitHub does in the background."""
        self._wait(seconds)

    def _hold(self, quota: str, seconds: float, waited: float) -> float:
        """Wait if there is patience for it; the seconds waited in all."""
        if seconds <= 0:
            return waited
        if waited + seconds > self._patience:
            raise RateLimited(self._now() + seconds, _limited(seconds))
        self._wait(seconds)
        self._closed.pop(quota, None)
        return waited + seconds

    def _attempt(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: object,
        seen: str = "",
    ) -> tuple[Answer, GitHubError | None]:
        answer = Answer(0, {}, None)
        try:
            answer = self._follow(method, path, query, body, seen)
        except WireError as error:
            said = f"GitHub did not answer: {error}. Try again in a few minutes."
            return answer, GitHubError("forge_unavailable", said)
        self._learn(answer)
        unchanged = answer.status == 304 and bool(seen)
        good = 200 <= answer.status < 300 or unchanged
        return answer, None if good else refusal(answer, self.place)

    def _follow(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: object, seen: str
    ) -> Answer:
        """The answer at the end of redirects: a moved repository takes the same request there."""
        answer = Answer(0, {}, None)
        headers = {"If-None-Match": seen} if seen else {}
        for _ in range(MAX_HOPS):
            self.calls += 1
            answer = self._wire.send(method, path, query, body, headers)
            target = self._wire.target(answer)
            if not target:
                break
            # GitHub repeats the query in the address it sends us on to.
            path, query = target, query if "?" not in target else None
            self.hops += 1
        return answer

    def _learn(self, answer: Answer) -> None:
        given = scopes(answer.headers)
        self.scopes = self.scopes if given is None else given
        if answer.headers.get("x-ratelimit-remaining") == "0":
            quota = answer.headers.get("x-ratelimit-resource", "core")
            self._closed[quota] = self._now() + answer.until_reset()


def _limited(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    unit = "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"GitHub's limit for this account is used up: it goes on in about {unit}."

"""Failures on demand: refusals, limits, silence, and connections that break."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.stand_ins.github.http import Answer, Request

_LONGEST = 60.0  # seconds that a silent request waits when nobody lets it go


@dataclass
class Fault:
    """What goes wrong with the next requests that fit, `left` times.

    `arrived` is set when a request meets it; with `silent`, nothing is answered before `release`.
    With `late`, the request has its effect and only the answer is lost.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    path_contains: str = ""
    method: str = ""
    left: int = 1
    late: bool = False
    cut_at: int | None = None
    silent: bool = False
    arrived: threading.Event = field(default_factory=threading.Event)
    _let_go: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let waiting requests go; their connections are reset."""
        self._let_go.set()

    def fits(self, request: Request) -> bool:
        """Whether it is meant for this request."""
        return (
            self.left > 0
            and self.path_contains in request.raw_path
            and self.method in {"", request.method}
        )

    def answer(self, real: Answer | None = None) -> Answer:
        """What goes out instead of the real answer, or of what is left of it."""
        self.arrived.set()
        if self.silent:
            self._let_go.wait(_LONGEST)
            return Answer(cut_at=-1)
        if self.cut_at is not None and real is not None:
            return Answer(real.status, real.body, real.headers, cut_at=len(real.body) // 2)
        return Answer(self.status, self.body, dict(self.headers))


class Faults:
    """The failures that wait for their request, in the order they were asked for."""

    def __init__(self) -> None:
        self._all: list[Fault] = []
        self._guard = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Have it happen."""
        with self._guard:
            self._all.append(fault)
        return fault

    def take(self, request: Request) -> Fault | None:
        """The failure for this request; it counts."""
        with self._guard:
            for fault in self._all:
                if fault.fits(request):
                    fault.left -= 1
                    return fault
        return None

    def release_all(self) -> None:
        """Nobody waits any longer, now or later."""
        with self._guard:
            for fault in self._all:
                fault.left = 0
                fault.release()


def refusal(
    status: int, message: str, headers: Mapping[str, str] | None = None
) -> tuple[dict[str, str], bytes]:
    """Headers and body of an error in GitHub's form."""
    body = {
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": str(status),
    }
    whole = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    return whole, json.dumps(body).encode()


class Trouble:
    """How a test asks for failures."""

    def __init__(self) -> None:
        self.faults = Faults()

    def fail_next(
        self,
        status: int,
        *,
        path_contains: str = "",
        method: str = "",
        times: int = 1,
        headers: Mapping[str, str] | None = None,
        message: str = "Server Error",
        late: bool = False,
    ) -> Fault:
        """Answer the next fitting requests so; with `late`, after they had their effect."""
        whole, body = refusal(status, message, headers)
        fault = Fault(status, whole, body, path_contains, method, times, late)
        return self.faults.add(fault)

    def limit_next(
        self, *, retry_after: int | None = 60, path_contains: str = "", times: int = 1
    ) -> Fault:
        """The secondary rate limit."""
        return self.fail_next(
            403,
            path_contains=path_contains,
            times=times,
            headers={} if retry_after is None else {"Retry-After": str(retry_after)},
            message="You have exceeded a secondary rate limit. Please wait a few minutes before"
            " you try again.",
        )

    def hang_next(self, *, path_contains: str = "", method: str = "") -> Fault:
        """Say nothing until `release()`; `arrived` tells when the request is there."""
        fault = Fault(0, path_contains=path_contains, method=method, silent=True)
        return self.faults.add(fault)

    def break_next(self, *, path_contains: str = "", method: str = "") -> Fault:
        """Do what is asked, and reset the connection in the middle of the answer."""
        fault = Fault(0, path_contains=path_contains, method=method, late=True, cut_at=1)
        return self.faults.add(fault)


class Quota:
    """The primary rate limit: so many requests for each token until `reset` (seconds, Unix time)."""

    def __init__(self) -> None:
        self.limit = 5000
        self.reset = int(time.time()) + 3600
        self.used: dict[str, int] = {}

    def left(self, who: str) -> int:
        return max(0, self.limit - self.used.get(who, 0))

    def count(self, who: str) -> bool:
        """One more request; False when there was none left."""
        if self.left(who) == 0:
            return False
        self.used[who] = self.used.get(who, 0) + 1
        return True

    def headers(self, who: str) -> dict[str, str]:
        """As they stand on every answer."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.left(who)),
            "X-RateLimit-Used": str(self.used.get(who, 0)),
            "X-RateLimit-Reset": str(self.reset),
            "X-RateLimit-Resource": "core",
        }

    def shape(self, who: str) -> dict[str, object]:
        """What /rate_limit tells."""
        core = {
            "limit": self.limit,
            "remaining": self.left(who),
            "used": self.used.get(who, 0),
            "reset": self.reset,
        }
        search = {"limit": 30, "remaining": 30, "used": 0, "reset": self.reset}
        return {"resources": {"core": core, "search": search}, "rate": core}

"""What GitHub's API answered, and when it says to come back."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

# What GitHub's documentation asks for when a secondary limit names no time.
SECONDARY_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. Header names are lower case; `data` is the JSON document, None without one."""

    status: int
    headers: Mapping[str, str]
    data: Any

    @property
    def message(self) -> str:
        """GitHub's own words about a refusal, or ''."""
        said = self.data.get("message") if isinstance(self.data, dict) else None
        return said if isinstance(said, str) else ""

    @property
    def problems(self) -> list[Mapping[str, Any]]:
        """The parts of a 422 answer, each with `message`, `field` and `code` where known."""
        found = self.data.get("errors") if isinstance(self.data, dict) else None
        listed = found if isinstance(found, list) else [found] if found else []
        return [part if isinstance(part, dict) else {"message": str(part)} for part in listed]

    def pause(self) -> float | None:
        """Seconds that GitHub wants us to wait before the next call; None when it does not."""
        if (named := self._retry_after()) is not None and self.status in {403, 429, 503}:
            return named
        if self.status not in {403, 429}:
            return None
        if self.headers.get("x-ratelimit-remaining") == "0":
            return self.until_reset()
        limited = self.status == 429 or "rate limit" in self.message.lower()
        return SECONDARY_PAUSE if limited else None

    def until_reset(self) -> float:
        """Seconds until the quota is full again, by GitHub's clock and not by ours."""
        reset = number(self.headers.get("x-ratelimit-reset", ""))
        return SECONDARY_PAUSE if reset is None else max(1.0, reset - self._moment() + 1)

    def _retry_after(self) -> float | None:
        text = self.headers.get("retry-after", "")
        if (seconds := number(text)) is not None:
            return max(1.0, seconds)
        moment = _date(text)
        return None if moment is None else max(1.0, moment - self._moment())

    def _moment(self) -> float:
        told = _date(self.headers.get("date", ""))
        return time.time() if told is None else told


def number(text: str) -> float | None:
    """A finite number that is not negative, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None

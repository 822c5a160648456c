"""How long a machine lives: not much longer than somebody uses it."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 600
RENEW_SECONDS = 60.0
# A command that ends at its limit must still be able to say so.
_GRACE_SECONDS = 60.0


class Lifetime:
    """Puts the end of a machine off while it is used, but not beyond `wall_seconds` from now.

    `set_timeout` tells E2B in how many seconds to end it.
    """

    def __init__(self, set_timeout: Callable[[int], None], wall_seconds: float) -> None:
        self._set_timeout = set_timeout
        self._last = time.monotonic() + wall_seconds + _GRACE_SECONDS
        self._renewed = time.monotonic()

    def extend(self) -> None:
        """It is being used: about once a minute, E2B hears of it."""
        now = time.monotonic()
        if now - self._renewed >= RENEW_SECONDS and now < self._last:
            self._renewed = now
            self._set_timeout(seconds_within(self._last - now))


def seconds_within(wall_seconds: float) -> int:
    """The life to ask for: the usual one, less where the limit is near."""
    return max(1, min(SECONDS, int(wall_seconds)))

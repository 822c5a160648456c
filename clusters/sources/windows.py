"""Lists that change while they are read: windows of a list sorted by the time of the last change.

GitHub pages by number, and whatever is changed meanwhile moves to the end, so that the next page
begins too late. So we never ask for a second page where we can help it: the next window begins
at the last change that was seen (`since`). Only where a whole window changed within the same
moment do we go on by number, with windows that overlap: when what was last is not seen again, the
list has moved, and that moment is read once more from its start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clusters.forges.github.answers import Answer
from clusters.forges.github.events import moment
from clusters.sources.base import SourceError
from clusters.sources.github_shapes import stamp

Json = Mapping[str, Any]
Ask = Callable[[Mapping[str, Any], str], Answer]  # the query, and the ETag that is known

LARGEST = 100
SMALLEST = 50
# Whether `since` means "at" or "after" is not promised: a second back, both are the same.
STEP = timedelta(seconds=1)
# What was changed a moment ago may appear in the list a moment later.
SETTLING = timedelta(minutes=2)
_MOST_RESTARTS = 5


@dataclass(slots=True)
class Window:
    """Where reading stands. `number` counts windows that begin at the same `since`."""

    since: datetime | None = None
    number: int = 0
    last: int = 0  # the id of the last entry of the window before
    etag: str = ""
    newest: datetime | None = None  # the latest change that was seen

    @classmethod
    def of(cls, kept: object) -> Window:
        """From JSON; what is not understood begins anew."""
        told: Json = kept if isinstance(kept, dict) else {}
        number, last = told.get("number"), told.get("last")
        return cls(
            moment(told.get("since")),
            number if isinstance(number, int) else 0,
            last if isinstance(last, int) else 0,
            str(told.get("etag") or ""),
            moment(told.get("newest")),
        )

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        times = {"since": self.since, "newest": self.newest}
        told = {name: when.isoformat() for name, when in times.items() if when}
        return {**told, "number": self.number, "last": self.last, "etag": self.etag}

    @property
    def size(self) -> int:
        """So many entries that this window overlaps with the one before by its number."""
        return max(SMALLEST, LARGEST - self.number)

    def query(self) -> dict[str, Any]:
        """What to ask for."""
        asked: dict[str, Any] = {"sort": "updated", "direction": "asc", "per_page": self.size}
        if self.since is not None:
            asked["since"] = stamp(self.since)
        return asked | ({"page": self.number + 1} if self.number else {})


def entries(window: Window, ask: Ask) -> Iterator[Sequence[Json]]:
    """Everything from the window on; after each piece, `window` is where to go on.

    At the end, `window` is where the next fetch begins. Raises SourceError when the list changes
    faster than it can be read.
    """
    restarts = 0
    while True:
        asked = (window.since, window.number)
        answer = ask(window.query(), window.etag)
        if answer.status == 304:
            return
        listed = _objects(answer)
        if _has_moved(window, listed):
            restarts += 1
            if restarts > _MOST_RESTARTS:
                raise SourceError("source_busy", _BUSY, retry_after=60.0)
            window.number, window.last, window.etag = 0, 0, ""
            continue
        ended = len(listed) < window.size
        _advance(window, listed, ended)
        if ended and asked == (window.since, 0):
            window.etag = answer.headers.get("etag", "")
        yield listed
        if ended:
            return


_BUSY = "The list changes faster than it can be read. It is tried again in a minute."


def _has_moved(window: Window, listed: Sequence[Json]) -> bool:
    overlaps = 0 < window.number <= LARGEST - SMALLEST
    return overlaps and window.last not in [entry.get("id") for entry in listed]


def _advance(window: Window, listed: Sequence[Json], ended: bool) -> None:
    times = [when for entry in listed if (when := moment(entry.get("updated_at")))]
    window.newest = max([*times, *([window.newest] if window.newest else [])], default=None)
    window.etag = ""
    if ended:
        window.since = window.newest - SETTLING if window.newest else window.since
        window.number = window.last = 0
        return
    if times and (window.since is None or max(times) - STEP > window.since):
        window.since, window.number, window.last = max(times) - STEP, 0, 0
    else:
        last = listed[-1].get("id")
        window.number, window.last = window.number + 1, last if isinstance(last, int) else 0


def _objects(answer: Answer) -> list[Json]:
    """The list's objects; GitHub lists nothing else."""
    data = answer.data
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        said = "GitHub's answer was no list. It is tried again in a few minutes."
        raise SourceError("source_unreadable", said, retry_after=300.0)
    return data

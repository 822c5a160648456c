"""What the commits of a mirror say that they settle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clusters.forges import git

_COMMITS = 3_000
_MAX_BYTES = 8 << 20
# The words that close an issue on GitHub, with the number of one of the same repository.
_CLOSES = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\s*:?\s+((?:#\d{1,9}(?:\s*,\s*|\s+and\s+)?)+)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"#(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Closing:
    """A commit that says it closes the issue of this number."""

    number: int
    sha: str
    title: str
    at: datetime


def closings(repository: Path, since: datetime) -> Iterator[Closing]:
    """The newest commits' words on the default branch, newest first. Raises GitError."""
    found = git.run(
        [
            "log",
            "--no-show-signature",
            f"--max-count={_COMMITS}",
            f"--since={since.astimezone(UTC).isoformat()}",
            "--format=%H%x00%ct%x00%s%x00%b%x1e",
            "HEAD",
        ],
        repository=repository,
        limit=_MAX_BYTES,
        cut=True,
    )
    for entry in found.decode(errors="replace").split("\x1e"):
        parts = entry.strip("\n").split("\0")
        if len(parts) == 4 and parts[1].isdigit():
            yield from _closings(*parts)


def _closings(sha: str, seconds: str, title: str, body: str) -> Iterator[Closing]:
    at = datetime.fromtimestamp(int(seconds), UTC)
    for words in _CLOSES.finditer(f"{title}\n{body}"):
        for number in _NUMBER.findall(words[1]):
            yield Closing(int(number), sha, title[:200], at)

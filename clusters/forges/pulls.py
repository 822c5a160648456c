"""The local forge's records of pull requests: one JSON file, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from clusters.forges.base import Comment, Finding, ForgeError, Pull
from clusters.forges.mirrors import locked

MAX_TITLE = 250
MAX_TEXT = 65_000
MAX_COMMENTS = 1_000


@dataclass(frozen=True)
class _Records:
    next: int
    pulls: tuple[Pull, ...]


_FORMAT = TypeAdapter(_Records)


class Pulls:
    """All pull requests of one local repository, by number."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def all(self) -> list[Pull]:
        """Every record, newest first."""
        return sorted(self._read().pulls, key=lambda pull: pull.number, reverse=True)

    def get(self, number: int) -> Pull:
        """One record; raises ForgeError('pr_not_found')."""
        for pull in self._read().pulls:
            if pull.number == number:
                return pull
        raise ForgeError("pr_not_found", f"There is no pull request {number}.")

    def add(self, pull: Pull) -> Pull:
        """Keep a new record under the next number; the caller holds `lock`."""
        records = self._read()
        now = moment()
        kept = replace(pull, number=records.next, created_at=now, updated_at=now)
        self._write(_Records(records.next + 1, (*records.pulls, kept)))
        return kept

    def keep(self, pull: Pull) -> Pull:
        """Replace the record of the same number; the caller holds `lock`."""
        records = self._read()
        kept = replace(pull, updated_at=moment())
        others = (kept if old.number == kept.number else old for old in records.pulls)
        self._write(_Records(records.next, tuple(others)))
        return kept

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Nobody else writes meanwhile. Not to be held twice by the same caller."""
        with locked(self._file.with_suffix(".lock")):
            yield

    def _read(self) -> _Records:
        try:
            return _FORMAT.validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return _Records(1, ())
        except ValidationError:
            raise ForgeError(
                "forge_unavailable", f"The records in {self._file.name} are damaged: restore them."
            ) from None

    def _write(self, records: _Records) -> None:
        with tempfile.NamedTemporaryFile(dir=self._file.parent, delete=False) as new:
            new.write(_FORMAT.dump_json(records))
            new.flush()
            os.fsync(new.fileno())
        Path(new.name).replace(self._file)


def moment() -> str:
    """Now, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def one_line(text: str) -> str:
    """A title: one line of printable letters, cut visibly."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= MAX_TITLE else plain[: MAX_TITLE - 1] + "…"


def body_text(text: str) -> str:
    """A body or a comment, cut visibly; what no file or database can keep is replaced."""
    plain = text.replace("\0", "").encode(errors="replace").decode()
    return plain if len(plain) <= MAX_TEXT else plain[:MAX_TEXT] + "\n\n[The rest was cut.]"


def remark(author: str, text: str) -> Comment:
    """A comment of this moment."""
    return Comment(one_line(author), body_text(text), moment())


def branch_taken(pull: Pull) -> Finding:
    """Somebody else's pull request has the branch that a job needs."""
    said = (
        f"Pull request {pull.number} of {pull.author} uses the branch {pull.branch}, which this "
        "job needs. Close it, or rename its branch, and try again."
    )
    return Finding("branch_taken", "block", said, pull.url)

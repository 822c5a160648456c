"""The state folder: one folder holds everything, so that one folder is the backup."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]


class AlreadyRunning(Exception):
    """Another launcher holds this home. `address` is empty while that one is still starting."""

    def __init__(self, home: Path, address: str) -> None:
        self.address = address
        where = f"at {address}" if address else "and is still starting"
        super().__init__(
            f"Soulcaster runs already {where}, with its state in {home}. "
            "Use that one, stop it with Ctrl-C first, or choose another folder with --home."
        )


class HomeError(Exception):
    """The state folder cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Home:
    """The paths below the state folder."""

    path: Path

    @classmethod
    def chosen(cls, option: str | None = None) -> Home:
        """By `--home`, else SOULCASTER_HOME, else `var` beside the code."""
        path = option or os.environ.get("SOULCASTER_HOME") or CHECKOUT / "var"
        return cls(Path(path).expanduser().absolute())

    @property
    def database(self) -> Path:
        """The SQLite file of the embedded default."""
        return self.path / "db.sqlite3"

    @property
    def secret_key(self) -> Path:
        """The file with Django's secret key."""
        return self.path / "secret_key"

    @property
    def keys(self) -> Path:
        """The file with the keys that encrypt what people store."""
        return self.path / "keys"

    @property
    def valkey(self) -> Path:
        """The embedded Valkey's folder."""
        return self.path / "valkey"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.path / "logs"

    @property
    def forge(self) -> Path:
        """The local forge's bare repositories."""
        return self.path / "forge"

    @property
    def beat(self) -> Path:
        """Where beat remembers what ran last."""
        return self.path / "beat"

    def prepare(self) -> None:
        """Make the folders, for the owner's eyes only, and the secrets."""
        names = ("", "logs", "valkey", "beat", "sandboxes", "forge", "mirrors", "media", "static")
        try:
            for name in names:
                (self.path / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
            read_or_make_secret(self.secret_key, 50)
            read_or_make_secret(self.keys, 32, prefix="k1:")
        except OSError as error:
            raise HomeError(
                f"The state folder {self.path} cannot be written: {error.strerror}. "
                "Make it writable, or choose another with --home or SOULCASTER_HOME."
            ) from error

    @contextmanager
    def held(self) -> Iterator[Note]:
        """Hold this home alone until the end; raises AlreadyRunning."""
        descriptor = os.open(self.path / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise AlreadyRunning(self.path, self.facts().get("address", "")) from None
        note = Note(descriptor)
        try:
            note.write({})
            yield note
        finally:
            note.write({})
            os.close(descriptor)

    def facts(self) -> dict[str, Any]:
        """What the launcher that holds this home wrote down; {} when it is not ready yet."""
        lock = self.path / "run.lock"
        text = lock.read_text(encoding="utf-8") if lock.exists() else ""
        facts: dict[str, Any] = json.loads(text or "{}")
        return facts


@dataclass(frozen=True, slots=True)
class Note:
    """What the holder of a home tells those who come later, in the lock file itself."""

    descriptor: int

    def write(self, facts: dict[str, Any]) -> None:
        """Replace the facts."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, json.dumps(facts).encode(), 0)


def read_or_make_secret(path: Path, size: int, *, prefix: str = "") -> str:
    """The secret in a file that only its owner can read, made when it is not there.

    A new one is `prefix` and `size` random bytes as base64url.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        secret = prefix + secrets.token_urlsafe(size)
        file.write(secret)
    return secret

"""Throw-away databases: the operator's own data is neither read nor changed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import ProgrammingError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database that nobody else uses: a file, or a database of the same server."""

    name: str

    @contextmanager
    def used(self) -> Iterator[None]:
        """Within, this process works with it and with no other."""
        before, settings = connections[DEFAULT], connections.settings[DEFAULT]
        mine = _wrapper({**settings, "NAME": self.name})
        connections.settings[DEFAULT] = mine.settings_dict
        connections[DEFAULT] = mine
        try:
            yield
        finally:
            mine.close()
            connections.settings[DEFAULT] = settings
            connections[DEFAULT] = before

    def url(self, operators: str) -> str:
        """The same server's address with this name, for processes; `operators` is DATABASE_URL."""
        if connections[DEFAULT].vendor == "sqlite":
            return f"sqlite:///{self.name}"
        return urlunsplit(urlsplit(operators)._replace(path=f"/{self.name}"))


@contextmanager
def made(folder: Path, *, migrate: bool = True) -> Iterator[Database]:
    """A new database, gone afterwards. With SQLite it is a file in `folder`."""
    name = f"soulcaster_bench_{secrets.token_hex(4)}"
    if connections[DEFAULT].vendor == "sqlite":
        database = Database(str(folder / f"{name}.sqlite3"))
        try:
            yield _migrated(database) if migrate else database
        finally:
            for file in folder.glob(f"{name}.sqlite3*"):
                file.unlink()
        return
    database = Database(name)
    _on_server(f'CREATE DATABASE "{name}"')
    try:
        yield _migrated(database) if migrate else database
    finally:
        _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def _migrated(database: Database) -> Database:
    with database.used():
        call_command("migrate", verbosity=0, interactive=False)
    return database


def _on_server(statement: str) -> None:
    """A statement that may not stand in a transaction, on a connection of its own."""
    connection = _wrapper(connections.settings[DEFAULT])
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except ProgrammingError as error:
        raise CommandError(
            f"The server did not allow a throw-away database ({str(error).strip()}). "
            "Give the role CREATEDB, or leave DATABASE_URL out to measure with SQLite."
        ) from error
    finally:
        connection.close()


def _wrapper(settings: dict[str, Any]) -> BaseDatabaseWrapper:
    made: BaseDatabaseWrapper = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, DEFAULT)
    return made

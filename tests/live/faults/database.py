"""The product's rows, read past the product."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

Row = tuple[Any, ...]


class Rows:
    """Of a database by its address, or by the path of its file."""

    def __init__(self, address: str | Path) -> None:
        self._address = address

    def all(self, query: str, *values: object) -> list[Row]:
        """The rows of a query, in which each value is a `?`."""
        if isinstance(self._address, Path):
            uri = f"file:{self._address}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=20)) as connection:
                return connection.execute(query, values).fetchall()
        with psycopg.connect(self._address, connect_timeout=5) as connected:
            found: list[Row] = connected.execute(
                query.replace("?", "%s").encode(), values
            ).fetchall()
            return found

    def one(self, query: str, *values: object) -> Row:
        """The only row."""
        [row] = self.all(query, *values)
        return row

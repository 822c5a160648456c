"""Finding clusters by the words of their titles and summaries, with an index on both databases.

Every word that is typed has to begin a word of the cluster. PostgreSQL has an index over text search
vectors, SQLite an FTS5 table that triggers keep.
"""

# ruff: noqa: S608 - all of this SQL is written here; what people type is a parameter
from __future__ import annotations

import re
import string
from collections.abc import Sequence

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

LIMIT = 500  # clusters that one search finds
_TABLE = "clusters_cluster"
_INDEX = "clusters_cluster_words"
_MOST_WORDS = 8
_SUMMARY = 2_000  # characters of a summary that are searched

_MARKS = string.punctuation.replace("'", "''")
_BLANKS = " " * len(string.punctuation)
# PostgreSQL would keep some marks within words ("3.5", "a/b"), SQLite and people do not. The cost is
# far too high on purpose: without the index this takes minutes, and the planner must never try.
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {_INDEX}(title text, summary text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE COST 1000 AS $$
BEGIN
  RETURN to_tsvector('simple'::regconfig,
    translate(title || ' ' || left(summary, {_SUMMARY}), '{_MARKS}', '{_BLANKS}'));
END $$"""
_POSTGRES = (
    _FUNCTION,
    f"CREATE INDEX IF NOT EXISTS {_INDEX} ON {_TABLE} USING gin ({_INDEX}(title, summary))",
)

_DOCUMENT = f"{{0}}title || ' ' || substr({{0}}summary, 1, {_SUMMARY})"
_NEW, _OLD = _DOCUMENT.format("new."), _DOCUMENT.format("old.")
_ADD = f"INSERT INTO {_INDEX}(rowid, words) VALUES (new.id, {_NEW});"
_REMOVE = f"INSERT INTO {_INDEX}({_INDEX}, rowid, words) VALUES ('delete', old.id, {_OLD});"
_TRIGGERS = {
    f"{_INDEX}_insert": f"AFTER INSERT ON {_TABLE} BEGIN {_ADD} END",
    f"{_INDEX}_delete": f"AFTER DELETE ON {_TABLE} BEGIN {_REMOVE} END",
    f"{_INDEX}_update": f"AFTER UPDATE OF title, summary ON {_TABLE} BEGIN {_REMOVE} {_ADD} END",
}
_SQLITE = (
    *(f"DROP TRIGGER IF EXISTS {name}" for name in _TRIGGERS),
    f"DROP TABLE IF EXISTS {_INDEX}",
    f"CREATE VIRTUAL TABLE {_INDEX} USING fts5(words, content='', prefix='2 3', "
    "tokenize='unicode61 remove_diacritics 0')",
    f"INSERT INTO {_INDEX}(rowid, words) SELECT id, {_DOCUMENT.format('')} FROM {_TABLE}",
    *(f"CREATE TRIGGER {name} {does}" for name, does in _TRIGGERS.items()),
)


def matching(text: str, project_ids: Sequence[int]) -> list[int] | None:
    """The ids of clusters of these projects that have these words, at most LIMIT of them.

    None when there is no word in the text. The caller has checked that the projects may be seen.
    """
    words = re.findall(r"[^\W_]+", text)[:_MOST_WORDS]
    if not words:
        return None
    if not project_ids:
        return []
    among = ", ".join(["%s"] * len(project_ids))
    if connection.vendor == "sqlite":
        asked = " AND ".join(f'"{word}"*' for word in words)
        query = (
            f"SELECT c.id FROM {_INDEX} JOIN {_TABLE} c ON c.id = {_INDEX}.rowid "
            f"WHERE {_INDEX} MATCH %s AND c.project_id IN ({among}) LIMIT {LIMIT}"
        )
    else:
        asked = " & ".join(f"'{word}':*" for word in words)
        query = (
            f"SELECT id FROM {_TABLE} WHERE {_INDEX}(title, summary) @@ to_tsquery('simple', %s) "
            f"AND project_id + 0 IN ({among}) LIMIT {LIMIT}"  # 0: never by the projects' index
        )
    with connection.cursor() as cursor:
        cursor.execute(query, [asked, *project_ids])
        return [row[0] for row in cursor.fetchall()]


def install(connection: BaseDatabaseWrapper) -> None:
    """Make what searching needs, where it is not there yet."""
    if _TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        # With its triggers, which go when a migration makes SQLite's table anew, all is made anew.
        if connection.vendor == "sqlite" and _has_triggers(cursor):
            return
        for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRES:
            cursor.execute(statement)


def _has_triggers(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    return {row[0] for row in cursor.fetchall()} >= _TRIGGERS.keys()

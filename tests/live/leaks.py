"""Looks for secrets in what was kept, whoever wrote it down and in which encoding."""

from __future__ import annotations

import base64
import html
import json
import re
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from django.core import signing

Places = Mapping[str, bytes]
_SESSIONS = "django.contrib.sessions.SessionStore"


def forms(secret: str | bytes) -> set[bytes]:
    """As people and programs write it, and backwards, which no filter of logs knows."""
    data = secret.encode() if isinstance(secret, str) else secret
    text = data.decode("latin-1")
    words = {
        text,
        quote(data, safe=""),
        quote(data),
        quote_plus(data),
        quote(data, safe="").lower(),
    }
    words |= {json.dumps(text)[1:-1], json.dumps(text)[1:-1].replace("/", "\\/")}
    words |= {escape(text), html.escape(text), escape(text, {'"': "&quot;", "'": "&#39;"})}
    found = {data, *(word.encode("latin-1") for word in words)}
    found |= {data.hex().encode(), data.hex().upper().encode()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # Of a text that contains it, at each of the three places where it may begin.
        found |= {encode(b"\0" * n + data)[4:-4] for n in range(3)}
    return found | {form[::-1] for form in found}


def leaks(places: Places, secrets: Mapping[str, Iterable[str | bytes]]) -> list[str]:
    """A line for each place that holds a secret, with the name of the secret."""
    return sorted(
        f"{name} is in {place}"
        for name, values in secrets.items()
        for place, data in places.items()
        if any(form in data for value in values for form in forms(value))
    )


def database(path: Path, key: str) -> Iterator[tuple[str, bytes]]:
    """Every column of every row of every table; sessions also without their encoding."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        rows = connection.execute(f'SELECT * FROM "{table}"')
        columns = [column for column, *_ in rows.description]
        for number, row in enumerate(rows):
            for column, value in zip(columns, row, strict=True):
                yield f"{table}.{column} of row {number}", _bytes(value)
    for (data,) in connection.execute("SELECT session_data FROM django_session"):
        content = signing.loads(data, key=key, salt=_SESSIONS)
        yield "a session", json.dumps(content).encode()
    connection.close()


def files(folder: Path, but: Iterable[Path] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, as it is."""
    left_out = set(but)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path not in left_out:
            yield str(path.relative_to(folder)), path.read_bytes()


def git(repository: Path) -> tuple[str, bytes]:
    """Every object of a repository, read, with the names of its branches."""
    every = ["cat-file", "--batch-all-objects", "--batch", "--buffer"]
    said = [
        subprocess.run(
            ["git", f"--git-dir={repository}", *arguments], check=True, capture_output=True
        ).stdout
        for arguments in (["for-each-ref"], every)
    ]
    return f"git in {repository.name}", b"\n".join(said)


def unescaped(text: bytes) -> bytes:
    r"""Without the `\"` and `\x00` of a monitor's lines."""
    plain = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), text)
    return re.sub(rb"\\(.)", rb"\1", plain)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()

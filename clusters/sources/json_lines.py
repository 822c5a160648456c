"""Reports from JSON: one object a line, or one array of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from clusters.sources.base import ROW_LIMIT, Parsed
from clusters.sources.build import RawReport, build_report, once_each, refuse
from clusters.sources.decoding import decode, too_large
from clusters.sources.fields import NEEDED, as_text, field_columns, has_content_column


class JsonLinesSource:
    """One JSON object a line (or a whole file that is an array), keys under common names."""

    kind = "jsonl"
    label = "JSON file"

    def parse(self, payload: bytes) -> Iterator[Parsed]:
        """The reports of the file; a row is a line, or a place in the array."""
        large = too_large(payload)
        if large:
            yield large
            return
        text, notes = decode(payload)
        yield from once_each(_rows(text, notes))


def load_json(text: str) -> object:
    """The value; raises ValueError for anything that is not JSON, however it is built."""
    try:
        value: object = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def _rows(text: str, notes: dict[str, str]) -> Iterator[tuple[int, Parsed]]:
    for count, (row, value) in enumerate(_values(text)):
        if count >= ROW_LIMIT:
            reason = f"The file has more than {ROW_LIMIT:,} reports; the rest was not read."
            yield row, refuse(row, reason)
            return
        yield row, value if isinstance(value, Parsed) else _report(row, value, notes)


def _values(text: str) -> Iterator[tuple[int, object]]:
    if text.lstrip().startswith("["):
        try:
            whole = load_json(text)
        except ValueError:
            whole = None  # then its lines may still be JSON, each refused or read by itself
        if isinstance(whole, list):
            yield from enumerate(whole, start=1)
            return
    for row, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield row, _line(row, line)


def _line(row: int, line: str) -> object:
    try:
        return load_json(line)
    except ValueError as error:
        return refuse(row, f"The line is not valid JSON: {error}.", line)


def _report(row: int, value: object, notes: dict[str, str]) -> Parsed:
    if not isinstance(value, Mapping):
        return refuse(row, "A report has to be a JSON object with named fields.", as_text(value))
    columns = field_columns(value)
    if not has_content_column(columns):
        found = ", ".join(str(name) for name in value)[:300] or "none"
        return refuse(row, f"The fields found are: {found}. Needed is {NEEDED}.", as_text(value))
    known = {field: as_text(value[name]) for field, name in columns.items()}
    extra = {name: as_text(value[name]) for name in value if name not in columns.values()}
    return build_report(row, RawReport(**known, extra=extra), notes)

"""Reports from a CSV file with a header row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from clusters.sources.base import FILE_LIMIT, ROW_LIMIT, Parsed
from clusters.sources.build import RawReport, build_report, once_each, refuse
from clusters.sources.decoding import decode, too_large
from clusters.sources.fields import NEEDED, field_columns, has_content_column

# The default of 128 KiB would refuse a report of 1 MB, which is to be kept in part. The limit
# belongs to the process; the file's own limit bounds it.
csv.field_size_limit(FILE_LIMIT)

_DELIMITERS = ",;\t|"


class CsvSource:
    """A header row, then one report a row; columns in any order and under common names."""

    kind = "csv"
    label = "CSV file"

    def parse(self, payload: bytes) -> Iterator[Parsed]:
        """The reports of the file; row 1 is the header."""
        large = too_large(payload)
        if large:
            yield large
            return
        text, notes = decode(payload)
        yield from once_each(_rows(text.replace("\x00", ""), notes))


def _rows(text: str, notes: dict[str, str]) -> Iterator[tuple[int, Parsed]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    number = 0
    header: list[str] = []
    columns: dict[str, str] = {}
    try:
        for number, values in enumerate(reader, start=1):
            if number == 1:
                header, columns = values, field_columns(values)
                if not has_content_column(columns):
                    break
            elif number > ROW_LIMIT + 1:
                yield number, refuse(number, _TOO_MANY)
                return
            elif any(value.strip() for value in values):
                yield number, _report(number, header, columns, values, notes)
    except csv.Error as error:
        yield number + 1, refuse(number + 1, f"The file cannot be read from here on: {error}.")
        return
    if not has_content_column(columns):
        yield 1, _wrong_header(header)


def _report(
    number: int,
    header: list[str],
    columns: dict[str, str],
    values: list[str],
    notes: dict[str, str],
) -> Parsed:
    if any(value.strip() for value in values[len(header) :]):
        reason = (
            f"The row has {len(values)} values and the header {len(header)} columns. "
            "Text that contains the separator has to stand in quotes."
        )
        return refuse(number, reason, ", ".join(values))
    # Of two columns with the same name the first counts.
    row = dict(reversed(list(zip(header, values, strict=False))))
    known = {field: row.get(name, "") for field, name in columns.items()}
    extra = {name: row[name] for name in header if name in row and name not in columns.values()}
    return build_report(number, RawReport(**known, extra=extra), notes)


def _wrong_header(header: list[str]) -> Parsed:
    found = ", ".join(name.strip() for name in header if name.strip())[:300]
    said = f"The columns found are: {found}." if found else "The file has no header row."
    return refuse(1, f"{said} Needed is {NEEDED}. Nothing was kept.", found)


def _delimiter(text: str) -> str:
    """The separator that the header row uses most."""
    header = text.lstrip().split("\n", 1)[0]
    return max(_DELIMITERS, key=header.count)


_TOO_MANY = f"The file has more than {ROW_LIMIT:,} rows; those from here on were not read."

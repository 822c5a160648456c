"""Reads the CSV files that people bring to be scored."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from clusters.scoring.base import ScoringError

_FIELD = 4 << 20  # characters
_ROWS = 1_000_000


def read_table(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """The rows by column name, at least one; raises ScoringError."""
    csv.field_size_limit(_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in needed if name not in (reader.fieldnames or [])]
            if missing:
                raise ScoringError(f"{path} has no column {', '.join(missing)}.")
            rows = [{k: v or "" for k, v in row.items() if k} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScoringError(f"{path} cannot be read: {error}.") from error
    if not 0 < len(rows) <= _ROWS:
        raise ScoringError(f"{path} has {len(rows)} rows; from 1 to {_ROWS} can be scored.")
    return rows

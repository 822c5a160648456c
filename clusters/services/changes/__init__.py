"""What people changed about clusters: kept as rows, told in sentences."""

from __future__ import annotations

from clusters.services.changes.records import (
    Kind,
    attach,
    begin,
    facts_of,
    keep,
    listed,
    newest,
    record,
    record_fields,
    require_own,
    sentence,
    survivor,
)

__all__ = [
    "Kind",
    "attach",
    "begin",
    "facts_of",
    "keep",
    "listed",
    "newest",
    "record",
    "record_fields",
    "require_own",
    "sentence",
    "survivor",
]

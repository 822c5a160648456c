"""Taking reports in, from whatever source. The same report twice is one item."""

from __future__ import annotations

from clusters.services.feedback.storing import IngestResult
from clusters.services.feedback.taking import (
    add_item,
    import_file,
    ingest,
    issue_numbers,
    of_cluster,
    source_of,
    take_in,
)

__all__ = [
    "IngestResult",
    "add_item",
    "import_file",
    "ingest",
    "issue_numbers",
    "of_cluster",
    "source_of",
    "take_in",
]

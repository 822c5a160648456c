"""What is sent to sources: kept before it is answered, read by a worker, tidied away."""

from __future__ import annotations

from clusters.services.intake.keeping import (
    Message,
    forgotten,
    keep,
    note_error,
    remove_old,
    source_by_key,
)
from clusters.services.intake.limits import allow, sent_away, write_down
from clusters.services.intake.reading import read_waiting

__all__ = [
    "Message",
    "allow",
    "forgotten",
    "keep",
    "note_error",
    "read_waiting",
    "remove_old",
    "sent_away",
    "source_by_key",
    "write_down",
]

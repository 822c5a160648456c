"""What is sent to sources: kept before it is answered, read by a worker, tidied away."""

from __future__ import annotations

from clusters.services.intake.keeping import (
    Message,
    allow,
    forgotten,
    keep,
    note_error,
    read_waiting,
    remove_old,
    sent_away,
    source_by_key,
    write_down,
)

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

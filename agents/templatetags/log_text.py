"""What the log's template needs."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from agents.logs.plain import last_lines
from agents.logs.reading import ChunkMessage
from agents.models import LogChunk

register = template.Library()


@register.filter
def log_tail(chunks: Iterable[LogChunk | ChunkMessage]) -> str:
    """The last lines of chunks (rows or messages) as plain text."""
    texts = [chunk.text if isinstance(chunk, LogChunk) else chunk["text"] for chunk in chunks]
    return "\n".join(last_lines(texts))

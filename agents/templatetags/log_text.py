"""What the log's template needs."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.conf import settings

from agents.logs.messages import StepMessage
from agents.logs.plain import last_lines
from agents.logs.reading import ChunkMessage
from agents.logs.states import steps_of
from agents.models import Execution, LogChunk
from agents.views.timeline import TITLES

register = template.Library()


@register.filter
def log_tail(chunks: Iterable[LogChunk | ChunkMessage]) -> str:
    """The last lines of chunks (rows or messages) as plain text."""
    texts = [chunk.text if isinstance(chunk, LogChunk) else chunk["text"] for chunk in chunks]
    return "\n".join(last_lines(texts))


@register.filter
def log_steps(execution: Execution | None) -> list[StepMessage]:
    """The steps that the log folds by, as they are now."""
    return steps_of(execution) if execution else []


@register.simple_tag
def log_titles() -> dict[str, str]:
    """What people call the steps, by name."""
    return TITLES


@register.simple_tag
def log_beat() -> float:
    """Seconds between two signs of life of the live log."""
    return settings.LOG_BEAT_SECONDS

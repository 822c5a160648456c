"""How pages show why a report belongs to its cluster, and what people changed about it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from clusters.models import ClusterChange
from clusters.services import changes

register = template.Library()

_MARKED = 10_000  # characters in which words are looked for
_WIDTH = 48  # of a bar, in pixels


@register.filter
def sentence(change: ClusterChange) -> str:
    """What a change did: `Merged 3 clusters into “Export hangs”`."""
    return changes.sentence(change)


@register.filter
def marked(text: str, words: Sequence[str]) -> SafeString:
    """A stranger's text with these words marked; everything else as plain text."""
    known = [re.escape(word) for word in words if word]
    if not known:
        return escape(text)
    pattern = re.compile(rf"\b({'|'.join(known)})\b", re.IGNORECASE)
    parts = pattern.split(text[:_MARKED])
    pieces = (
        format_html("<mark>{}</mark>", part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )
    return mark_safe("".join(pieces) + escape(text[_MARKED:]))  # noqa: S308 - every part is escaped


@register.simple_tag
def score_bar(score: float, threshold: float | None = None) -> SafeString:
    """How alike, from 0 to 1, as a small bar; a line stands where it would be alike enough."""
    line = (
        ""
        if threshold is None
        else format_html('<path class="limit" d="M{} 0v8"/>', round(threshold * _WIDTH, 1))
    )
    words = f"alike by {score:.2f}" + ("" if threshold is None else f", {threshold:.2f} is enough")
    return format_html(
        '<svg class="score" width="{}" height="8" viewBox="0 0 {} 8" role="img" aria-label="{}">'
        '<rect class="all" width="{}" height="8" rx="2"/><rect class="part" width="{}" height="8" rx="2"/>{}</svg>',
        _WIDTH,
        _WIDTH,
        words,
        _WIDTH,
        round(score * _WIDTH, 1),
        line,
    )

"""Icons: 16 by 16, drawn with the text's colour. Inline, so that none arrives late."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_SHAPES = {
    # statuses
    "ring": '<circle cx="8" cy="8" r="5.25"/>',
    "dashed": '<circle cx="8" cy="8" r="5.25" stroke-dasharray="2.2 2.4"/>',
    "half": '<circle cx="8" cy="8" r="5.25"/><path d="M8 4.5a3.5 3.5 0 0 1 0 7z" fill="currentColor" stroke="none"/>',
    "busy": '<circle cx="8" cy="8" r="5.25"/><circle cx="8" cy="8" r="2.5" fill="currentColor" stroke="none"/>',
    "check": '<circle cx="8" cy="8" r="6" fill="currentColor" stroke="none"/><path d="m5.4 8.2 1.8 1.8 3.4-3.8" class="cut"/>',
    "cross": '<circle cx="8" cy="8" r="6" fill="currentColor" stroke="none"/><path d="m6 6 4 4m0-4-4 4" class="cut"/>',
    "alert": '<path d="M8 2.4 14 13H2z" fill="currentColor" stroke="currentColor"/><path d="M8 6.4v3m0 1.9v.1" class="cut"/>',
    "slash": '<circle cx="8" cy="8" r="5.25"/><path d="m4.5 11.5 7-7"/>',
    "pause": '<circle cx="8" cy="8" r="5.25"/><path d="M6.6 6v4m2.8-4v4"/>',
    "pull": '<circle cx="4.5" cy="4" r="1.75"/><circle cx="4.5" cy="12" r="1.75"/><circle cx="11.5" cy="12" r="1.75"/><path d="M4.5 5.75v4.5M11.5 10.25V7A2.5 2.5 0 0 0 9 4.5H7.5m1.75-2L7.25 4.5l2 2"/>',
    "draft": '<circle cx="4.5" cy="4" r="1.75"/><circle cx="4.5" cy="12" r="1.75"/><circle cx="11.5" cy="12" r="1.75"/><path d="M4.5 5.75v4.5M11.5 7.5V8m0-4.5V4"/>',
    "merged": '<circle cx="4.5" cy="4" r="1.75"/><circle cx="4.5" cy="12" r="1.75"/><circle cx="11.5" cy="8" r="1.75"/><path d="M4.5 5.75v4.5M4.5 5.75C4.8 7.2 6.4 8 9.75 8"/>',
    "closed": '<circle cx="4.5" cy="12" r="1.75"/><circle cx="11.5" cy="12" r="1.75"/><path d="M4.5 10.25V6m7 4.25V8m-8.6-5.6 3.2 3.2m0-3.2L2.9 5.6"/>',
    # things
    "inbox": '<path d="M2.5 9 4.4 3.5h7.2L13.5 9v3.5h-11zM2.5 9h3.2l.8 1.5h3L10.3 9h3.2"/>',
    "jobs": '<path d="m3 4.5 3 3-3 3M8 11.5h5"/>',
    "search": '<circle cx="7" cy="7" r="4"/><path d="m10 10 3.5 3.5"/>',
    "down": '<path d="m4.5 6.5 3.5 3.5 3.5-3.5"/>',
    "left": '<path d="M9.5 4.5 6 8l3.5 3.5"/>',
    "right": '<path d="M6.5 4.5 10 8l-3.5 3.5"/>',
    "up-trend": '<path d="M3 11.5 7 7.5l2 2 4-5M9.5 4.5H13V8"/>',
    "more": '<path d="M3.5 8v.1M8 8v.1m4.5-.1v.1" stroke-width="2"/>',
    "plus": '<path d="M8 3.5v9M3.5 8h9"/>',
    "close": '<path d="m4.5 4.5 7 7m0-7-7 7"/>',
    "info": '<circle cx="8" cy="8" r="5.5"/><path d="M8 7.4V11M8 5.1v.1"/>',
    "file": '<path d="M4 2.5h5L12.5 6v7.5H4zM9 2.5V6h3.5"/>',
    "link": '<path d="M6.8 9.2 9.2 6.8M7.5 5l1.4-1.4a2.5 2.5 0 0 1 3.5 3.5L11 8.5M8.5 11l-1.4 1.4a2.5 2.5 0 0 1-3.5-3.5L5 7.5"/>',
    "edit": '<path d="m3 13 .6-2.8 7-7 2.2 2.2-7 7zM9.2 4.6l2.2 2.2"/>',
    "branch": '<circle cx="4.5" cy="3.8" r="1.6"/><circle cx="4.5" cy="12.2" r="1.6"/><circle cx="11.5" cy="5.8" r="1.6"/><path d="M4.5 5.4v5.2M11.5 7.4c0 2.1-3.5 2-6.6 3.6"/>',
    "theme": '<circle cx="8" cy="8" r="5.25"/><path d="M8 2.75a5.25 5.25 0 0 1 0 10.5z" fill="currentColor" stroke="none"/>',
    "download": '<path d="M8 2.5v7m-3-3 3 3 3-3M3 12.5h10"/>',
    "quote": '<path d="M3 4.5h10v6H7.5L5 12.8v-2.3H3z"/>',
    "shield": '<path d="M8 2.2 13 4v4c0 2.9-2.1 4.9-5 5.8C5.1 12.9 3 10.9 3 8V4z"/>',
}


def icon(name: str, *, label: str = "") -> SafeString:
    """The drawing called `name`; decoration unless it has a label of its own."""
    shape = mark_safe(_SHAPES[name])  # noqa: S308 - a constant above
    role = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon icon-{}" width="16" height="16" viewBox="0 0 16 16" fill="none" '
        'stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        name,
        role,
        shape,
    )


def names() -> list[str]:
    """Every icon, for the style guide."""
    return list(_SHAPES)

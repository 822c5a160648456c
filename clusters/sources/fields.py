"""Which column or key means what, whatever an export calls it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

ALIASES: dict[str, tuple[str, ...]] = {
    "title": ("title", "subject", "summary", "headline"),
    "body": ("body", "description", "text", "message", "content", "comment", "feedback"),
    "author": ("author", "user", "username", "reporter", "email"),
    "external_id": ("external_id", "id", "key", "number"),
    "url": ("url", "link", "html_url", "permalink"),
    "occurred_at": ("occurred_at", "created_at", "date", "created", "timestamp"),
    "source": ("source", "source_kind"),
}
NEEDED = "a title (title, subject or summary) or a body (body, description, text or message)"


def normal_name(name: str) -> str:
    """A column name as it is compared and kept: lower case, words joined by `_`."""
    return re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_")[:50]


def field_columns(names: Iterable[str]) -> dict[str, str]:
    """Field -> the given name that holds it; the first alias in the table's order wins."""
    present: dict[str, str] = {}
    for name in names:
        present.setdefault(normal_name(name), name)
    return {
        field: present[next(alias for alias in aliases if alias in present)]
        for field, aliases in ALIASES.items()
        if any(alias in present for alias in aliases)
    }


def has_content_column(columns: Mapping[str, str]) -> bool:
    """Whether anything there can hold the text of a report."""
    return "title" in columns or "body" in columns


def as_text(value: object) -> str:
    """A JSON value as text. Of a person's record (`{"login": ...}`) the name is taken."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        for name in ("login", "username", "name", "email"):
            if isinstance(value.get(name), str):
                return str(value[name])
    if isinstance(value, Mapping | list):
        try:
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
        except RecursionError:  # nested more deeply than there is room for where we are
            return ""
    return str(value)

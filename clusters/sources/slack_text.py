"""Slack's way of writing links, people and channels, as plain text."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"<([@#!]?)([^<>|\n]{1,3000})(?:\|([^<>\n]{0,3000}))?>")


def plain(text: str) -> str:
    """The text as people see it, the addresses of links included."""
    shown = _SPECIAL.sub(_said, text)
    # In this order: `&amp;lt;` is what somebody wrote as `&lt;`.
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _said(match: re.Match[str]) -> str:
    sign, target, label = match[1], match[2], match[3] or ""
    if sign in {"@", "#"}:
        return sign + (label or target)
    if sign == "!":
        return label or "@" + target.split("^")[0]
    bare = target.removeprefix("mailto:")
    return f"{label} ({bare})" if label and label not in {bare, target} else bare

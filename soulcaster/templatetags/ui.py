"""The parts of the pages. Pure: no tag asks the database."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from soulcaster.ui import icons, markdown, statuses, words

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon; decoration unless it has a label."""
    return icons.icon(name, label=label)


@register.inclusion_tag("components/status.html")
def status_badge(kind: str, value: str, filled: bool = False, word: str = "") -> dict[str, Any]:
    """A status by shape, word and colour: `{% status_badge "cluster" cluster.status %}`.

    `word` says more than the status's own, such as how far something has come.
    """
    look = statuses.look(kind, value)
    return {"look": look._replace(label=word) if word else look, "filled": filled}


@register.inclusion_tag("components/status.html")
def job_badge(job: Any, filled: bool = False) -> dict[str, Any]:
    """A job's status; once it has ended, how."""
    return {"look": statuses.job_look(job.status, job.outcome), "filled": filled}


@register.inclusion_tag("components/status.html")
def pull_badge(pull: Any, filled: bool = False) -> dict[str, Any]:
    """A pull request's state; an open one is a draft or ready."""
    value = "draft" if pull.state == "open" and pull.draft else pull.state
    return {"look": statuses.look("pull", value), "filled": filled}


@register.filter
def job_tone(job: Any) -> str:
    """good | warn | bad | busy | idle: the favicon's colour."""
    return statuses.job_look(job.status, job.outcome).tone


@register.filter
def job_word(job: Any) -> str:
    """The word of a job's badge, for the page's title."""
    return statuses.job_look(job.status, job.outcome).label


@register.inclusion_tag("components/person.html")
def person(user: Any, machine: str = "Soulcaster") -> dict[str, Any]:
    """A person's avatar and name; `machine` names who acted when it was nobody."""
    return {"user": user, "machine": machine}


@register.simple_tag
def time_ago(value: datetime | None) -> SafeString | str:
    """How long ago, with the exact time on hover and for machines."""
    if value is None:
        return words.NOTHING
    return format_html(
        '<time datetime="{}" title="{}" data-relative>{}</time>',
        value.isoformat(timespec="seconds"),
        words.exact(value),
        words.ago(value),
    )


@register.simple_tag
def time_exact(value: datetime | None) -> SafeString | str:
    """The date, with the exact time on hover."""
    if value is None:
        return words.NOTHING
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(timespec="seconds"),
        words.exact(value),
        words.date(value),
    )


@register.simple_tag
def elapsed(start: datetime | None, end: datetime | None = None) -> SafeString | str:
    """How long something took; it counts on in the browser while there is no end."""
    if start is None:
        return words.NOTHING
    if end is not None:
        return words.duration(end - start)
    return format_html(
        '<span data-since="{}">{}</span>',
        start.isoformat(timespec="seconds"),
        words.duration(timezone.now() - start),
    )


@register.filter
def duration(value: timedelta | float | None) -> str:
    """`3 m 12 s`."""
    return words.duration(value)


@register.filter
def compact(value: int | None) -> str:
    """`12.4 k`."""
    return words.compact(value or 0)


@register.filter
def usd(value: Decimal | None) -> str:
    """`$3.20`."""
    return words.usd(value)


@register.simple_tag
def plural(count: int, one: str, many: str = "") -> str:
    """`12 reports`."""
    return words.plural(count, one, many)


@register.filter
def breakable(value: str) -> SafeString:
    """A path or a test's name that may break where people would break it."""
    parts = re.split(r"(?<=[/_])|(?<=::)", value)
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in parts))


@register.filter
def ticks(value: str) -> SafeString:
    """Words between backticks as code; everything else as plain text."""
    parts = re.split(r"`([^`\n]+)`", value)
    pairs = (("<code>{}</code>" if place % 2 else "{}", part) for place, part in enumerate(parts))
    return mark_safe("".join(format_html(shape, part) for shape, part in pairs))  # noqa: S308 - escaped


@register.filter
def short_sha(value: str) -> str:
    """The first ten characters of a commit's name."""
    return value[:10]


@register.filter(name="markdown")
def markdown_filter(value: str) -> SafeString:
    """A stranger's Markdown as safe HTML."""
    return markdown.render(value)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """This page's query string with changes; an empty value takes a part away.

    A change of the page drops the row that the page began at.
    """
    request: HttpRequest = context["request"]
    parameters = request.GET.copy()
    if "page" in changes:
        changes = {"after": "", "before": "", **changes}
    for name, value in changes.items():
        if value in ("", None):
            parameters.pop(name, None)
        else:
            parameters[name] = str(value)
    return f"?{parameters.urlencode()}" if parameters else request.path


@register.filter
def percent_of(part: int, whole: int) -> int:
    """A whole percentage, 0 when there is nothing to compare with."""
    return round(100 * part / whole) if whole else 0

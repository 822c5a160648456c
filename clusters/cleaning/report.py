"""A whole report, cleaned."""

from __future__ import annotations

from collections.abc import Collection

from clusters.cleaning import hidden_html, unseen
from clusters.cleaning.base import Cleaned
from clusters.cleaning.forms import without_form
from clusters.cleaning.language import language_of
from clusters.cleaning.mail import without_mail
from clusters.cleaning.screening import screen
from clusters.cleaning.traces import normal

_SCREENED = 100_000  # characters


def clean(title: str, body: str, shared: Collection[str] = ()) -> Cleaned:
    """Both readings of a report with what was removed and flagged.

    `shared` are marks of lines that most items of the project have (`forms.shared_lines`).
    """
    seen_title, from_title = unseen.take_out(title)
    seen_body, from_body = unseen.take_out(body)
    shown, from_html = hidden_html.take_out(seen_body)
    return Cleaned(
        comparing=_comparable(seen_title, shown, shared),
        people=shown.strip(),
        removals=(*from_title, *from_body, *from_html),
        flags=tuple(screen(f"{title}\n{body}"[:_SCREENED])),
        language=language_of(f"{seen_title}\n{shown}"),
    )


def for_comparing(title: str, body: str, shared: Collection[str] = ()) -> str:
    """What the reporter said about the matter, the title on the first line."""
    seen_title, _ = unseen.take_out(title)
    shown, _ = hidden_html.take_out(unseen.take_out(body)[0])
    return _comparable(seen_title, shown, shared)


def _comparable(title: str, body: str, shared: Collection[str]) -> str:
    own = without_form(without_mail(body), shared) if body else ""
    return normal(f"{title.strip()}\n{own}".strip())

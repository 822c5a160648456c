"""How the other side of a source is set up: addresses, and examples that work as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from pprint import pformat

from django.conf import settings

from clusters.models import Source
from clusters.services.sources.addresses import address_of
from clusters.services.sources.health import Health
from clusters.services.sources.kinds import info_for
from clusters.services.sources.samples import webhook_message

_SNIPPETS = Path(__file__).parent / "snippets"
# What stands where a secret belongs once nobody can see it any more.
PLACE_OF_SECRET = "the secret of this source"  # noqa: S105 - no secret, but its place


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of code to copy."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Setup:
    """What the page of a source says about the other side."""

    template: str
    address: str
    testable: bool
    form_url: str = ""
    snippets: tuple[Snippet, ...] = ()


def of(source: Source, secret: str = "") -> Setup:
    """The set-up of a source; `secret` stands in the examples when it may be seen this once."""
    info = info_for(source)
    address = address_of(source)
    return Setup(
        template=f"clusters/_source_setup_{_template(source)}.html",
        address=address,
        testable=info.way in {"pushed", "asked"},
        form_url=address if info.way == "form" else "",
        snippets=_snippets(source, address, secret or PLACE_OF_SECRET),
    )


def advice(source: Source, health: Health) -> str:
    """What to do about what went wrong last."""
    if not health.last_error:
        return ""
    if info_for(source).way == "asked":
        return "Sync now tries it again at once; the Test button says what the other side answers."
    if info_for(source).signs:
        return (
            "Compare the address and the secret on both sides. The Test button shows whether our "
            "side takes a message that is signed as it should be."
        )
    return "The messages below say what was wrong with each."


def _template(source: Source) -> str:
    if source.kind == Source.Kind.API:
        return "api"
    if info_for(source).way == "here":
        return "here"
    return source.kind if source.kind in Source.Kind.values else "installed"


def _snippets(source: Source, address: str, secret: str) -> tuple[Snippet, ...]:
    files = _SNIPPETS_OF.get(source.kind, ())
    if source.kind == Source.Kind.WEBHOOK and source.config.get("scheme") == "github":
        files = _PLAIN_WEBHOOK
    values = {
        "address": address,
        "secret": secret,
        "site": str(settings.SITE_URL),
        "id": str(source.pk),
        "key": source.public_key or "",
    }
    if source.kind == Source.Kind.WEBHOOK:
        values |= _messages(source)
    return tuple(
        Snippet(file.replace(".", "-"), title, _filled(file, values)) for file, title in files
    )


def _messages(source: Source) -> dict[str, str]:
    """A message that fits the settings, as JSON and as Python."""
    message = webhook_message(source.config, datetime(2026, 1, 1, 12, tzinfo=UTC))
    return {
        "message": json.dumps(message, indent=2),
        "python_message": pformat(message, width=96, sort_dicts=False),
    }


def _filled(file: str, values: Mapping[str, str]) -> str:
    return re.sub(r"<<(\w+)>>", lambda place: values[place[1]], _text(file)).strip()


_SNIPPETS_OF: dict[str, tuple[tuple[str, str], ...]] = {
    Source.Kind.WEBHOOK: (
        ("webhook.sh", "curl"),
        ("webhook.py.txt", "Python"),
        ("webhook.mjs", "JavaScript (Node.js)"),
    ),
    Source.Kind.SDK: (
        ("sdk.py.txt", "Python"),
        ("sdk.mjs", "JavaScript"),
        ("sdk.sh", "curl, without an SDK"),
    ),
    Source.Kind.FORM: (("form.html.txt", "On your site"),),
}
_PLAIN_WEBHOOK = (
    ("webhook_plain.sh", "curl"),
    ("webhook_plain.py.txt", "Python"),
    ("webhook_plain.mjs", "JavaScript (Node.js)"),
)


@cache
def _text(file: str) -> str:
    return (_SNIPPETS / file).read_text(encoding="utf-8")

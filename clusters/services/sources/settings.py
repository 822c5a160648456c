"""What may be set on a source of each kind. `tidied` is the only way into `Source.config`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from clusters.models import Project, Source
from clusters.services.feedback.storable import storable
from clusters.sources import webhook
from credentials.errors import Invalid

Rule = Callable[[Any], Any]  # what is stored; raises ValueError with a sentence

MOST_NAMES = 50
LARGEST_CONFIG = 20_000  # characters of JSON, of a kind that we do not know
LEVELS = ("debug", "info", "warning", "error", "fatal")
_LEFT_ALONE = frozenset({"removed_at", "deletes_reports"})
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_SUBREDDIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{1,20}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{5,20}")
_SITE = re.compile(r"(\*\.)?[a-z0-9.-]{1,253}(:[0-9]{1,5})?")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def tidied(
    kind: str,
    config: Mapping[str, Any],
    project: Project,
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The settings as they are stored. Raises Invalid, which names the fields.

    Of `before`, what is no setting of this kind is kept: other parts of the product put it there.
    """
    rules = _RULES.get(kind, {} if kind in Source.Kind.values else None)
    if rules is None:
        return _unknown_kind(config)
    if strange := sorted(set(config) - set(rules)):
        said = f"There is no such setting: {', '.join(strange)[:200]}."
        raise Invalid("setting_unknown", said, fields={"config": [said]})
    if kind == Source.Kind.GITHUB:
        _check_repository(config, project)
    kept = {name: value for name, value in (before or {}).items() if name not in rules}
    found: dict[str, Any] = storable(kept | _checked(rules, config))
    return found


def settings_of(kind: str) -> tuple[str, ...]:
    """The names of what can be set on a source of this kind."""
    return tuple(_RULES.get(kind, ()))


def _checked(rules: Mapping[str, Rule], config: Mapping[str, Any]) -> dict[str, Any]:
    found, wrong = {}, {}
    for name, rule in rules.items():
        try:
            value = rule(config.get(name))
        except ValueError as error:
            wrong[name] = [str(error)]
        else:
            if value not in (None, "", [], {}):
                found[name] = value
    if wrong:
        said = next(iter(wrong.values()))[0]
        raise Invalid("config_invalid", said, fields=wrong)
    return found


def _check_repository(config: Mapping[str, Any], project: Project) -> None:
    if not config.get("repository") and project.forge != Project.Forge.GITHUB:
        said = "Name a repository as owner/name: the project's own one is not on GitHub."
        raise Invalid("config_invalid", said, fields={"repository": [said]})


def _unknown_kind(config: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a kind from another package, which alone knows what they mean."""
    found = dict(config)
    if _LEFT_ALONE & found.keys() or len(json.dumps(found, default=str)) > LARGEST_CONFIG:
        said = (
            f"These settings are larger than {LARGEST_CONFIG:,} characters, or use a reserved name."
        )
        raise Invalid("config_invalid", said, fields={"config": [said]})
    kept: dict[str, Any] = storable(found)
    return kept


def _text(most: int, *, needed: str = "") -> Rule:
    def rule(value: Any) -> str:
        if value is not None and not isinstance(value, str):
            raise ValueError("This has to be a text.")
        text = (value or "").replace("\0", "").strip()
        if needed and not text:
            raise ValueError(needed)
        if len(text) > most:
            raise ValueError(f"This has at most {most:,} characters.")
        return text

    return rule


def _names(*, fits: re.Pattern[str] | None = None, hint: str = "", most: int = 100) -> Rule:
    """A list of names; of one text, its parts between commas and lines."""

    def rule(value: Any) -> list[str]:
        given = re.split(r"[,\n]", value) if isinstance(value, str) else (value or [])
        if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
            raise ValueError("This has to be a list of names.")
        names = list(dict.fromkeys(name.strip() for name in given if name.strip()))
        if len(names) > MOST_NAMES:
            raise ValueError(f"Give at most {MOST_NAMES} names.")
        for name in names:
            if len(name) > most or "\0" in name or (fits and not fits.fullmatch(name)):
                raise ValueError(f"“{name[:40]}” cannot be used here. {hint}".strip())
        return names

    return rule


def _one_of(choices: tuple[str, ...]) -> Rule:
    names = _names()

    def rule(value: Any) -> list[str]:
        found: list[str] = names(value)
        if strange := [name for name in found if name not in choices]:
            raise ValueError(f"“{strange[0][:40]}” is none of {', '.join(choices)}.")
        return [name for name in choices if name in found]

    return rule


def _flag(usual: bool) -> Rule:
    def rule(value: Any) -> bool:
        if value is None:
            return usual
        if not isinstance(value, bool):
            raise ValueError("This has to be true or false.")
        return value

    return rule


def _matching(fits: re.Pattern[str], hint: str, *, needed: bool = False) -> Rule:
    text = _text(200, needed=hint if needed else "")

    def rule(value: Any) -> str:
        found: str = text(value)
        if found and not fits.fullmatch(found):
            raise ValueError(hint)
        return found

    return rule


def _subreddit(value: Any) -> str:
    hint = "Give the name of a subreddit, such as r/selfhosted."
    bare = re.sub(r"\A(https?://(www\.|old\.)?reddit\.com)?/?r/|/+\Z", "", _text(200)(value))
    return str(_matching(_SUBREDDIT, hint, needed=True)(bare))


def _origins(value: Any) -> list[str]:
    """Addresses of sites, without anything after the host and its port."""
    found = []
    for text in _names(most=200)(value):
        parts = urlsplit(text)
        site = parts.netloc.lower()
        whole = parts.scheme in {"http", "https"} and not (parts.path.strip("/") or parts.query)
        # It becomes a part of a header, in which a semicolon would begin something else.
        if not whole or not _SITE.fullmatch(site):
            raise ValueError(f"“{text[:60]}” is no site: write it like https://example.org.")
        found.append(f"{parts.scheme}://{site}")
    return list(dict.fromkeys(found))


def _of_webhook(name: str) -> Rule:
    """A part of a webhook's settings, as its reader checks it."""

    def rule(value: Any) -> Any:
        if said := webhook.check_config({name: value or {}}).get(name):
            raise ValueError(said)
        return {key: path.strip() for key, path in (value or {}).items() if path.strip()}

    return rule


def _scheme(value: Any) -> str:
    given = value or webhook.SCHEMES[0]
    if said := webhook.check_config({"scheme": given}).get("scheme"):
        raise ValueError(said)
    return str(given)


_FILTERS: dict[str, Rule] = {"environments": _names(), "levels": _one_of(LEVELS)}
_RULES: dict[str, dict[str, Rule]] = {
    Source.Kind.GITHUB: {
        "repository": _matching(_REPOSITORY, "Write the repository as owner/name."),
        "labels": _names(),
        "labels_left_out": _names(),
        "only_open": _flag(False),
        "comments": _flag(True),
    },
    Source.Kind.SENTRY: _FILTERS | {"projects": _names()},
    Source.Kind.SDK: _FILTERS,
    Source.Kind.REDDIT: {
        "subreddit": _subreddit,
        "query": _text(200),
        "comments": _flag(False),
        "nsfw": _flag(False),
    },
    Source.Kind.SLACK: {
        "channels": _names(fits=_CHANNEL, hint="A channel's id begins with C, such as C024BE91L."),
        "domain": _matching(_DOMAIN, "Write only the name before .slack.com, in small letters."),
        "bots": _flag(False),
    },
    Source.Kind.WEBHOOK: {
        "mapping": _of_webhook("mapping"),
        "extra": _of_webhook("extra"),
        "scheme": _scheme,
    },
    Source.Kind.FORM: {
        "title": _text(100),
        "intro": _text(1000),
        "button": _text(40),
        "origins": _origins,
    },
}

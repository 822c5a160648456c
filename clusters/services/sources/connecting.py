"""Sources: connected, changed, paused, given another secret, removed, asked to fetch."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from clusters.models import Project, Source
from clusters.services.intake import keeping
from clusters.services.sources import removal as source_removal
from clusters.services.sources import settings as source_settings
from clusters.services.sources import syncing
from clusters.services.sources.kinds import KindInfo, connectable, info_for
from credentials import one_time
from credentials.errors import Conflict, Invalid, NotFound
from credentials.models import User
from credentials.services import audit, shared_secrets, teams

LONGEST_NAME = 200
SECRET_LENGTHS = (8, 500)  # characters
_SETTABLE = frozenset({"name", "config", "masks_personal_data", "enabled"})


def of_project(project: Project) -> QuerySet[Source]:
    """The sources that a project has now, in the order of their making."""
    return there(Source.objects.filter(project=project)).order_by("id")


def there(sources: QuerySet[Source]) -> QuerySet[Source]:
    """Without those that were removed and whose reports were kept."""
    return sources.filter(config__removed_at__isnull=True)


def new_secret() -> str:
    """A secret for the two sides to share; shown once by who asked for it."""
    return one_time.new_text("whsec_")


def create(
    user: User,
    project: Project,
    *,
    kind: str,
    name: str,
    config: Mapping[str, Any],
    secret: str = "",
    masks_personal_data: bool = False,
) -> Source:
    """Connect a source; one that is asked begins to fetch. Raises Invalid, Conflict.

    `secret`: what the two sides share. Where it is ours to make and empty, one is made that nobody
    sees; where it is theirs and empty, all that is sent is refused until `replace_secret` has it.
    """
    teams.require_writer(user, project.team)
    info = connectable(kind)
    source = Source(
        project=project,
        kind=kind,
        name=_name(name),
        config=source_settings.tidied(kind, config, project),
        masks_personal_data=masks_personal_data,
        public_key=secrets.token_hex(16) if info.has_address else None,
        connected_by=user,
        next_sync_at=timezone.now() if info.way == "asked" else None,
    )
    value = _secret(info, secret) if secret or info.signed_with == "ours" else ""
    with _free_name(source), transaction.atomic():
        if value:
            source.secret = shared_secrets.create(project.team, _purpose(source), value, user)
        source.save()
        audit.record(
            actor=user, team=project.team, verb="source.connected", target=source, **_facts(source)
        )
        if info.way == "asked":
            syncing.request(source)
    return source


def update(
    user: User,
    source: Source,
    *,
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    masks_personal_data: bool | None = None,
    enabled: bool | None = None,
) -> Source:
    """Change what is given. `config` replaces all settings of the source."""
    project = source.project
    teams.require_writer(user, project.team)
    changes: dict[str, Any] = {}
    if name is not None:
        changes["name"] = _name(name)
    if config is not None:
        kind = source.kind if info_for(source).way != "here" else Source.Kind.FILE
        changes["config"] = source_settings.tidied(kind, config, project, source.config)
    if masks_personal_data is not None:
        changes["masks_personal_data"] = masks_personal_data
    if enabled is not None:
        changes["enabled"] = enabled
    changes = {key: value for key, value in changes.items() if getattr(source, key) != value}
    if not changes:
        return source
    changes |= _from_the_beginning(source, changes.get("config"))
    if _names_another_repository(source, changes.get("config")):
        # Whose token opens it is the one who names it: nobody reads with somebody else's rights.
        changes["connected_by"] = user
    return _saved(user, source, changes)


def set_enabled(operator: User, source: Source, *, enabled: bool) -> Source:
    """By an operator, who need not be in the team: whoever calls this has checked that."""
    return _saved(operator, source, {"enabled": enabled})


def _saved(user: User, source: Source, changes: Mapping[str, Any]) -> Source:
    """Save and write down; what is asked is asked at once when it may be again."""
    if changes.get("enabled") is False:
        # Who fetches at this moment has lost it.
        changes = {**changes, "sync_owner": "", "sync_expires_at": None}
    for key, value in changes.items():
        setattr(source, key, value)
    with _free_name(source), transaction.atomic():
        _held(source)
        source.save(update_fields=[*changes])
        audit.record(
            actor=user,
            team=source.project.team,
            verb=_verb(source, _SETTABLE & changes.keys()),
            target=source,
            fields=sorted(_SETTABLE & changes.keys()),
            **_facts(source),
        )
        asked = info_for(source).way == "asked"
        if asked and source.enabled and {"config", "enabled"} & changes.keys():
            syncing.request(source)
    return source


def replace_secret(user: User, source: Source, value: str = "") -> str:
    """Another secret in the place of the one that is shared.

    The old one holds no more in this process, and for SOURCE_KNOWN_SECONDS in others. Empty: a new one is made where our side makes it. Gives the text, for this one answer.
    """
    team = source.project.team
    teams.require_writer(user, team)
    text = _secret(info_for(source), value)
    if not text:
        raise Invalid("secret_unused", "Sources of this kind need no secret.")
    with transaction.atomic():
        source.secret = _held(source).secret
        if source.secret is None:
            source.secret = shared_secrets.create(team, _purpose(source), text, user)
            source.save(update_fields=["secret"])
        else:
            shared_secrets.replace(source.secret, text)
        audit.record(
            actor=user, team=team, verb="source.secret_replaced", target=source, **_facts(source)
        )
    return text


def sync_now(user: User, source: Source) -> None:
    """Have a source asked soon; Invalid for one that is told, Conflict for one that is paused."""
    teams.require_writer(user, source.project.team)
    if info_for(source).way != "asked":
        said = "This source tells us by itself: there is nothing to fetch."
        raise Invalid("source_not_asked", said)
    if not source.enabled:
        raise Conflict("source_paused", "This source is paused: let it go on first.")
    with transaction.atomic():
        syncing.request(source)
        audit.record(
            actor=user,
            team=source.project.team,
            verb="source.sync_requested",
            target=source,
            **_facts(source),
        )


def remove(user: User, source: Source, *, keep_items: bool = True) -> None:
    """Take a source away with its address, secret and settings.

    Its reports stay, as evidence of the clusters that they are in, or a worker deletes them with
    their comments; clusters that lose reports are counted again.
    """
    team = source.project.team
    teams.require_writer(user, team)
    with transaction.atomic():
        _held(source)
        audit.record(
            actor=user,
            team=team,
            verb="source.removed",
            target=source,
            kept=keep_items,
            **_facts(source),
        )
        secret = source.secret
        if source.items.exists():
            source_removal.retire(source, deletes_reports=not keep_items)
        else:
            source.delete()
        if secret is not None:
            secret.delete()


def _held(source: Source) -> Source:
    """The row, which nobody else changes meanwhile; raises NotFound when it was just removed.

    At the end of the transaction this process remembers nothing older of it.
    """
    row = there(Source.objects.select_for_update(no_key=True)).filter(pk=source.pk).first()
    if row is None:
        raise NotFound("source_not_found", "This source was removed a moment ago.")
    transaction.on_commit(lambda: keeping.forget(row))
    return row


def _from_the_beginning(source: Source, config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Other settings mean other reports: all is read again, and who reads it now has lost it.

    How far a repository was read stays when another one is named: it tells whether it was only
    renamed, and no other one's issues may mix with its own.
    """
    if config is None or info_for(source).way != "asked":
        return {}
    if _names_another_repository(source, config):
        return {}
    return {"cursor": {}, "sync_owner": "", "sync_expires_at": None}


def _names_another_repository(source: Source, config: Mapping[str, Any] | None) -> bool:
    return config is not None and config.get("repository") != source.config.get("repository")


def _verb(source: Source, changed: frozenset[str]) -> str:
    if changed == {"enabled"}:
        return "source.resumed" if source.enabled else "source.paused"
    return "source.changed"


def _facts(source: Source) -> dict[str, Any]:
    return {"kind": source.kind, "name": source.name, "project": source.project_id}


def _purpose(source: Source) -> str:
    return f"source: {source.name}"[:64]


def _name(text: str) -> str:
    name = " ".join(text.replace("\0", "").split())
    if not 0 < len(name) <= LONGEST_NAME:
        said = f"A source's name has 1 to {LONGEST_NAME} characters."
        raise Invalid("name_invalid", said, fields={"name": [said]})
    return name


def _secret(info: KindInfo, given: str) -> str:
    """What is to be stored; empty for kinds that sign nothing. Raises Invalid."""
    if not info.takes_secret:
        return ""
    value = given.strip()
    if not value and info.signed_with == "ours":
        return new_secret()
    low, high = SECRET_LENGTHS
    if not low <= len(value) <= high or "\0" in value:
        said = f"Paste the {info.shares.lower()}: it has {low} to {high} characters."
        raise Invalid("secret_invalid", said, fields={"secret": [said]})
    return value


@contextmanager
def _free_name(source: Source) -> Iterator[None]:
    """Around a save: a name that is taken becomes a Conflict."""
    try:
        yield
    except IntegrityError as error:
        said = (
            f"There is a source called “{source.name}” of this kind already: choose another name."
        )
        raise Conflict("name_taken", said, fields={"name": [said]}) from error

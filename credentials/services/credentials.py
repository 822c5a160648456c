"""Keys of people and teams: stored, replaced, checked, revoked. Values only go in."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from credentials import outbound
from credentials.errors import Conflict, NotFound
from credentials.models import Credential, CredentialUse, Provider, Team, User
from credentials.probes import probe
from credentials.providers import PROVIDERS
from credentials.services import audit, key_forms, keys, teams

Owner = User | Team
USES_SHOWN = 5
# The purpose of what the platform does by itself every few minutes.
RECONCILE = "reconcile"
RECONCILE_KEPT = timedelta(days=7)


def of_owner(owner: Owner) -> QuerySet[Credential]:
    """The keys that a person or a team has now, with their newest uses in `newest_uses`."""
    # What happens every few minutes would hide what people did.
    uses = CredentialUse.objects.exclude(purpose=RECONCILE).order_by("-id")[:USES_SHOWN]
    return (
        Credential.objects.filter(**_owned_by(owner), revoked_at=None)
        .select_related("created_by")
        .prefetch_related(Prefetch("uses", queryset=uses, to_attr="newest_uses"))
        .order_by("provider")
    )


def managed(actor: User, credential_id: int) -> Credential:
    """An active key that this person may change; raises NotFound or Forbidden."""
    credential = (
        Credential.objects.select_related("team", "user")
        .filter(pk=credential_id, revoked_at=None)
        .first()
    )
    if credential is None:
        raise _not_found()
    _require_manager(actor, _owner(credential))
    return credential


def remove_old_uses() -> int:
    """Remove what was written down about reconciling a week ago and earlier; how much."""
    long_ago = timezone.now() - RECONCILE_KEPT
    return CredentialUse.objects.filter(purpose=RECONCILE, used_at__lt=long_ago).delete()[0]


@transaction.atomic
def add(
    actor: User,
    owner: Owner,
    provider: str,
    secret: str,
    *,
    base_url: str = "",
    scopes: str = "",
    expires_at: datetime | None = None,
) -> Credential:
    """Store the first key of a provider for a person or a team.

    Raises Conflict `credential_exists` when there is one: `replace` it.
    """
    _require_manager(actor, owner)
    credential = _store(actor, owner, provider, secret, base_url, scopes, expires_at)
    _record(actor, credential, "credential.added")
    return credential


@transaction.atomic
def replace(
    actor: User,
    credential_id: int,
    secret: str,
    *,
    base_url: str = "",
    scopes: str = "",
    expires_at: datetime | None = None,
) -> Credential:
    """Store another value in place of a key: a new row; the old one is revoked and emptied."""
    old = managed(actor, credential_id)
    if not _empty(old):
        raise _not_found()
    credential = _store(actor, _owner(old), old.provider, secret, base_url, scopes, expires_at)
    _record(actor, credential, "credential.replaced", replaces=old.pk)
    return credential


def put(
    actor: User,
    owner: Owner,
    provider: str,
    secret: str,
    *,
    scopes: str = "",
    expires_at: datetime | None = None,
) -> Credential:
    """Store a key whether or not there is one already, as a sign-in does."""
    old = Credential.objects.filter(**_owned_by(owner), provider=provider, revoked_at=None).first()
    if old is None:
        return add(actor, owner, provider, secret, scopes=scopes, expires_at=expires_at)
    return replace(actor, old.pk, secret, scopes=scopes, expires_at=expires_at)


@transaction.atomic
def revoke(actor: User, credential_id: int) -> Credential:
    """End a key here at once; its value is deleted. Revoked already is fine."""
    credential = Credential.objects.select_related("team", "user").filter(pk=credential_id).first()
    if credential is None:
        raise _not_found()
    if not (actor.is_staff and actor.has_perm("credentials.change_credential")):
        _require_manager(actor, _owner(credential))
    if _empty(credential):
        _record(actor, credential, "credential.revoked")
    return credential


def verify(actor: User, credential_id: int) -> Credential:
    """Ask the provider whether it takes the key, by a call that costs nothing.

    The answer is in `verified_at` and `verify_error`. Raises Conflict `not_verifiable`.
    """
    credential = managed(actor, credential_id)
    info = PROVIDERS[credential.provider]
    if not info.verifiable:
        raise Conflict(
            "not_verifiable",
            f"A key for {info.title} cannot be verified here: the first job that uses it shows.",
        )
    secret = keys.use(credential, keys.CHECK)
    typed = partial(outbound.get_checked, private=settings.PRIVATE_ADDRESSES)
    finding = probe(
        credential.provider,
        secret,
        credential.base_url or _usual_url(credential.provider),
        typed if credential.base_url else outbound.get,
    )
    found: dict[str, str] = {"scopes": finding.scopes} if finding.scopes else {}
    Credential.objects.filter(pk=credential.pk).update(
        verified_at=timezone.now(), verify_error=finding.error, **found
    )
    _record(actor, credential, "credential.checked", good=not finding.error)
    credential.refresh_from_db()
    return credential


@transaction.atomic
def refused(credential_id: int, sentence: str, *, revoked: bool = False) -> None:
    """Note that a provider refused a key while it was used; `revoked`: for good."""
    credential = Credential.objects.filter(pk=credential_id, revoked_at=None).first()
    if credential is None:
        return
    credential.verified_at, credential.verify_error = timezone.now(), sentence
    credential.save(update_fields=["verified_at", "verify_error"])
    if revoked and _empty(credential):
        _record(None, credential, "credential.revoked", by="provider")


def _store(
    actor: User,
    owner: Owner,
    provider: str,
    secret: str,
    base_url: str,
    scopes: str,
    expires_at: datetime | None,
) -> Credential:
    given = key_forms.checked(provider, secret, base_url)
    keys.ring()  # so that a missing ring is said before a row is made
    try:
        with transaction.atomic():
            credential = Credential.objects.create(
                **_owned_by(owner),
                provider=given.provider,
                last_four=given.last_four,
                base_url=given.base_url,
                scopes=scopes,
                created_by=actor,
                expires_at=expires_at,
            )
    except IntegrityError as error:
        title = Provider(given.provider).label
        raise Conflict(
            "credential_exists", f"There is a key for {title} already: replace it instead."
        ) from error
    # The row's id is part of what the value is bound to, so it comes first.
    keys.seal(credential, given.secret)
    credential.save(update_fields=["ciphertext", "key_id"])
    return credential


def _empty(credential: Credential) -> bool:
    """Revoke a row and delete its value; False when somebody did before."""
    credential.revoked_at, credential.ciphertext = timezone.now(), ""
    return bool(
        Credential.objects.filter(pk=credential.pk, revoked_at=None).update(
            revoked_at=credential.revoked_at, ciphertext=""
        )
    )


def _require_manager(actor: User, owner: Owner) -> None:
    """Own keys: the person; a team's: its owners. Whoever may not know of it gets NotFound."""
    if isinstance(owner, User):
        if owner != actor:
            raise _not_found()
        return
    if teams.role_of(actor, owner) is None:
        raise _not_found()
    teams.require_owner(actor, owner)


def _owner(credential: Credential) -> Owner:
    owner = credential.user or credential.team
    assert owner is not None  # a constraint
    return owner


def _owned_by(owner: Owner) -> dict[str, Owner]:
    return {"user" if isinstance(owner, User) else "team": owner}


def _usual_url(provider: str) -> str:
    if provider == Provider.GITHUB:
        return str(settings.GITHUB_API_URL)
    return settings.MODEL_BASE_URLS.get(provider) or PROVIDERS[provider].base_url


def _record(actor: User | None, credential: Credential, verb: str, **data: object) -> None:
    audit.record(
        actor=actor,
        team=credential.team,
        verb=verb,
        target=credential,
        provider=credential.provider,
        **data,
    )


def _not_found() -> NotFound:
    return NotFound("credential_not_found", "There is no such key of yours.")

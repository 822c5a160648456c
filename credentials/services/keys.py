"""Sealing and revealing keys: the only place, and revealed only to the two `wiring` modules."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from credentials.crypto import DecryptError, KeyRing, KeyRingError, Place, key_id_of
from credentials.errors import Conflict, NotFound
from credentials.models import Credential, CredentialUse, Team, User
from credentials.providers import PROVIDERS

CHECK = "check"


class KeyUnreadable(Conflict):
    """A stored key does not open; the sentence says whose and what to do."""


@dataclass(frozen=True, slots=True)
class Revealed:
    """A key that may be used now. It prints without its value.

    `credential_id` is None for the operator's own key. `base_url`: empty for the provider's own.
    """

    provider: str
    secret: str = field(repr=False)
    base_url: str = ""
    credential_id: int | None = None


@dataclass(frozen=True, slots=True)
class AtHand:
    """The providers that there are keys for: stored ones, and the operator's."""

    stored: frozenset[str]
    operators: frozenset[str]

    def __contains__(self, provider: object) -> bool:
        return provider in self.stored or provider in self.operators


def reveal(
    provider: str,
    *,
    user: User | None,
    team: Team | None,
    job: int | None = None,
    purpose: str = "",
    chosen: int | None = None,
) -> Revealed | None:
    """The key for a person's work in a team, its use written down; None when there is none.

    The chosen credential (its id) goes before the person's own, that before the team's, that
    before the operator's. `job` is a job's id. Raises NotFound `credential_not_found` when the
    chosen one cannot be used here, KeyUnreadable when the one to use does not open.
    """
    credential = _find(provider, user, team, chosen)
    if credential is None:
        return _operators(provider)
    secret = use(credential, purpose or ("job" if job is not None else "request"), job)
    return Revealed(provider, secret, _base_url(credential), credential.pk)


def is_there(
    provider: str, *, user: User | None, team: Team | None, operators: bool = True
) -> bool:
    """Whether `reveal` would find a key; nothing is opened and nothing written down.

    `operators`: the operator's own key counts too.
    """
    if _find(provider, user, team, None) is not None:
        return True
    return operators and _operators(provider) is not None


def at_hand(user: User | None, team: Team | None) -> AtHand:
    """Like `is_there`, of every provider at once."""
    stored = usable(PROVIDERS, user=user, team=team).values_list("provider", flat=True)
    return AtHand(frozenset(stored), frozenset(name for name in PROVIDERS if _operators(name)))


def usable(
    providers: Collection[str], *, user: User | None, team: Team | None
) -> QuerySet[Credential]:
    """The stored keys of these providers for a person's work in a team, the person's own first."""
    owners = Q(pk=None)
    if user is not None and user.is_active:
        owners |= Q(user=user)
    if team is not None:
        owners |= Q(team=team)
    return Credential.objects.filter(
        owners,
        Q(expires_at=None) | Q(expires_at__gt=timezone.now()),
        provider__in=providers,
        revoked_at=None,
    ).order_by(F("team").asc(nulls_first=True), "provider")


def use(credential: Credential, purpose: str, job: int | None = None) -> str:
    """Open a credential and write that down; raises KeyUnreadable."""
    secret = unseal(credential)
    now = timezone.now()
    CredentialUse.objects.create(credential=credential, job_id=job, purpose=purpose, used_at=now)
    if purpose != CHECK:
        Credential.objects.filter(pk=credential.pk).update(last_used_at=now)
    return secret


def all_secrets(revealed: Iterable[Revealed] = ()) -> list[str]:
    """Every secret that must never be shown, those revealed for this job included."""
    ring = [entry.partition(":")[2] for entry in settings.ENCRYPTION_KEYS.replace(",", " ").split()]
    operators = [
        *settings.MODEL_KEYS.values(),
        settings.E2B_API_KEY,
        settings.GITHUB_CLIENT_SECRET,
        settings.SECRET_KEY,
    ]
    # An address that stands in place of a key is no secret.
    own = [key.secret for key in revealed if key.secret != key.base_url]
    return [secret for secret in (*operators, *ring, *own) if secret]


def ring() -> KeyRing:
    """The keys that encrypt; raises Conflict `keys_not_set_up`."""
    try:
        return KeyRing.from_text(settings.ENCRYPTION_KEYS)
    except KeyRingError as error:
        raise Conflict(
            "keys_not_set_up",
            "Keys cannot be stored or read here until an operator sets SOULCASTER_KEYS.",
        ) from error


def seal(credential: Credential, secret: str) -> None:
    """Put a value into a saved row; the caller saves it again."""
    credential.ciphertext = ring().encrypt(secret, _place(credential))
    credential.key_id = key_id_of(credential.ciphertext)


def unseal(credential: Credential) -> str:
    """The value of a row; raises KeyUnreadable, or Conflict without a key ring."""
    try:
        return ring().decrypt(credential.ciphertext, _place(credential))
    except DecryptError as error:
        raise KeyUnreadable(
            "key_unreadable",
            f"The stored {credential.get_provider_display()} key (number {credential.pk}) cannot be "
            f"read. {error} Replace the key, or ask an operator.",
        ) from None


def _find(
    provider: str, user: User | None, team: Team | None, chosen: int | None
) -> Credential | None:
    found = usable([provider], user=user, team=team)
    if chosen is None:
        return found.first()
    credential = found.filter(pk=chosen).first()
    if credential is None:
        raise NotFound(
            "credential_not_found",
            "The chosen key is not there any more, or is not yours: choose another.",
        )
    return credential


def _operators(provider: str) -> Revealed | None:
    base_url = settings.MODEL_BASE_URLS.get(provider, "")
    # Whoever knows the address of an Ollama may use it.
    own = {**settings.MODEL_KEYS, "e2b": settings.E2B_API_KEY, "ollama": base_url}
    secret = own.get(provider, "")
    return Revealed(provider, secret, base_url) if secret else None


def _base_url(credential: Credential) -> str:
    """The key's own address, else the operator's gateway, which everybody goes through."""
    return credential.base_url or settings.MODEL_BASE_URLS.get(credential.provider, "")


def _place(credential: Credential) -> Place:
    if credential.user_id is not None:
        return Place("user", credential.user_id, credential.pk, credential.provider)
    assert credential.team_id is not None  # a constraint: one owner, and only one
    return Place("team", credential.team_id, credential.pk, credential.provider)

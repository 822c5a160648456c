"""Whether keys and runners are well, from what is known already: nothing is tried here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone

from agents import wiring
from agents.services import checkups, runners
from agents.services.findings import Line, State
from credentials.models import Credential, Team, User

SOON = timedelta(days=7)
MOST_KEYS = 100


class KeyState(StrEnum):
    """What is known about a stored key."""

    GOOD = "good"
    UNCHECKED = "unchecked"
    EXPIRES = "expires"  # soon
    EXPIRED = "expired"
    REFUSED = "refused"  # by its provider, when it was asked last


@dataclass(frozen=True, slots=True)
class KeyHealth:
    """A key of the viewer or of a team of theirs (`team` is None for their own)."""

    provider: str
    title: str
    team: Team | None
    state: KeyState
    sentence: str
    expires_at: datetime | None

    @property
    def is_good(self) -> bool:
        """Nothing is to be done."""
        return self.state in {KeyState.GOOD, KeyState.UNCHECKED}


def keys(user: User) -> list[KeyHealth]:
    """The keys that this person's work may use: their own, and their teams'."""
    mine = Q(user=user) | Q(team__memberships__user=user)
    found = Credential.objects.filter(mine, revoked_at=None).select_related("team")
    return [_key(key) for key in found.order_by("team__name", "provider", "pk")[:MOST_KEYS]]


def troubled_keys() -> list[KeyHealth]:
    """Keys of all teams that were refused or expire, for operators; nobody's own."""
    trouble = ~Q(verify_error="") | Q(expires_at__lte=timezone.now() + SOON)
    found = Credential.objects.filter(trouble, revoked_at=None, team__isnull=False)
    return [_key(key) for key in found.select_related("team").order_by("team__name")[:MOST_KEYS]]


def runner_lines(user: User, team: Team | None) -> list[Line]:
    """Every runner as this person would have it in this team, by what was found lately."""
    return [checkups.known_state(info, user, team) for info in wiring.runner_infos(user, team)]


def unfit(names: Iterable[str], user: User, team: Team) -> list[Line]:
    """Those of these runners that do not work, or not fully."""
    wanted = set(names)
    return [
        line
        for line in runner_lines(user, team)
        if line.name in wanted and line.state is not State.OK
    ]


def default_runner() -> str:
    """The platform's own choice."""
    return runners.default()


def _key(key: Credential) -> KeyHealth:
    state, sentence = _state(key)
    title = key.get_provider_display()
    return KeyHealth(key.provider, title, key.team, state, sentence, key.expires_at)


def _state(key: Credential) -> tuple[KeyState, str]:
    if key.is_expired:
        return KeyState.EXPIRED, "It has expired: store a new one."
    if key.verify_error:
        return KeyState.REFUSED, key.verify_error
    if key.expires_at is not None and key.expires_at - timezone.now() < SOON:
        return KeyState.EXPIRES, "It expires soon: store a new one before that."
    if key.verified_at is None:
        return KeyState.UNCHECKED, "It was never tried."
    return KeyState.GOOD, "It worked when it was tried last."

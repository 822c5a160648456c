"""Encrypting what is stored anew, after another key was put first in SOULCASTER_KEYS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from credentials.errors import AppError, Conflict
from credentials.models import Credential, SharedSecret
from credentials.services import keys, shared_secrets


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows were encrypted anew, and how many had the first key already."""

    rotated: int
    current: int


def rotate() -> Counts:
    """Encrypt every stored key and secret with the first key of the ring; what is done stays done.

    Raises Conflict `keys_not_set_up`, or `key_unreadable` with the numbers of the rows that do
    not open; then nothing was changed.
    """
    first = keys.ring().first_id
    _require_readable()
    current = sum(rows.filter(key_id=first).count() for rows in (_credentials(), _secrets()))
    waiting = [
        partial(turn, pk)
        for rows, turn in ((_credentials(), _turn_credential), (_secrets(), _turn_secret))
        for pk in rows.exclude(key_id=first).order_by("pk").values_list("pk", flat=True)
    ]
    return Counts(sum(turn() for turn in waiting), current)


def _credentials() -> QuerySet[Credential]:
    return Credential.objects.exclude(ciphertext="")


def _secrets() -> QuerySet[SharedSecret]:
    return SharedSecret.objects.exclude(ciphertext="")


@transaction.atomic
def _turn_credential(pk: int) -> bool:
    """One row in its own transaction; False when its value has gone in the meantime."""
    credential = _credentials().select_for_update().filter(pk=pk).first()
    if credential is None:
        return False
    keys.seal(credential, keys.unseal(credential))
    credential.save(update_fields=["ciphertext", "key_id"])
    return True


@transaction.atomic
def _turn_secret(pk: int) -> bool:
    """Like `_turn_credential`."""
    secret = _secrets().select_for_update().filter(pk=pk).first()
    if secret is None:
        return False
    shared_secrets.seal_again(secret)
    return True


def _require_readable() -> None:
    opened = [
        *((f"credential {row.pk}", partial(keys.unseal, row)) for row in _credentials()),
        *((f"shared secret {row.pk}", partial(shared_secrets.reveal, row)) for row in _secrets()),
    ]
    broken = [name for name, open_it in opened if not _opens(open_it)]
    if broken:
        raise Conflict(
            "key_unreadable",
            f"Nothing was changed: {', '.join(broken)} cannot be decrypted. Put the key it was "
            "encrypted with back into SOULCASTER_KEYS, or revoke it.",
        )


def _opens(open_it: Callable[[], str]) -> bool:
    try:
        open_it()
    except AppError:
        return False
    return True

"""Encrypting stored keys anew, after another key was put first in SOULCASTER_KEYS."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from credentials.errors import AppError, Conflict
from credentials.models import Credential
from credentials.services import keys


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows were encrypted anew, and how many had the first key already."""

    rotated: int
    current: int


def rotate() -> Counts:
    """Encrypt every stored key with the first key of the ring; what is done stays done.

    Raises Conflict `keys_not_set_up`, or `key_unreadable` with the numbers of the rows that do
    not open; then nothing was changed.
    """
    first = keys.ring().first_id
    _require_readable()
    stored = Credential.objects.exclude(ciphertext="")
    current = stored.filter(key_id=first).count()
    waiting = list(stored.exclude(key_id=first).order_by("pk").values_list("pk", flat=True))
    return Counts(sum(_rotate_one(pk) for pk in waiting), current)


@transaction.atomic
def _rotate_one(pk: int) -> bool:
    """One row in its own transaction; False when its value has gone in the meantime."""
    credential = Credential.objects.select_for_update().exclude(ciphertext="").filter(pk=pk).first()
    if credential is None:
        return False
    keys.seal(credential, keys.unseal(credential))
    credential.save(update_fields=["ciphertext", "key_id"])
    return True


def _require_readable() -> None:
    broken = []
    for credential in Credential.objects.exclude(ciphertext="").order_by("pk").iterator(500):
        try:
            keys.unseal(credential)
        except AppError:
            broken.append(credential.pk)
    if broken:
        numbers = ", ".join(map(str, broken))
        raise Conflict(
            "key_unreadable",
            f"Nothing was changed: credential {numbers} cannot be decrypted. Put the key it was "
            "encrypted with back into SOULCASTER_KEYS, or revoke it.",
        )

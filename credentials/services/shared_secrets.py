"""What other systems sign their messages to a team with: sealed like keys, opened by the wiring."""

from __future__ import annotations

from django.db import transaction

from credentials.crypto import DecryptError, Place, key_id_of
from credentials.errors import Invalid
from credentials.models import SharedSecret, Team, User
from credentials.services import keys
from credentials.services.keys import KeyUnreadable

LONGEST = 500  # characters
LONGEST_PURPOSE = 64
# Of a short secret its end would tell too much.
_SHOWN_FROM = 16


@transaction.atomic
def create(team: Team, purpose: str, value: str, by: User | None) -> SharedSecret:
    """Store a secret. The caller has checked the right, and writes the audit row of what it is for.

    Raises Invalid `secret_invalid`, or Conflict `keys_not_set_up` without a key ring.
    """
    _check(value)
    secret = SharedSecret(team=team, purpose=purpose[:LONGEST_PURPOSE], created_by=by)
    secret.save()  # it is sealed for its row, which needs a number first
    _seal(secret, value)
    return secret


@transaction.atomic
def replace(secret: SharedSecret, value: str) -> None:
    """Put another value in the place of a stored one, which is gone at once; raises like `create`."""
    _check(value)
    _seal(secret, value)


def reveal(secret: SharedSecret) -> str:
    """The value; raises KeyUnreadable, or Conflict `keys_not_set_up`."""
    try:
        return keys.ring().decrypt(secret.ciphertext, _place(secret))
    except DecryptError as error:
        raise KeyUnreadable(
            "key_unreadable",
            f"The stored secret “{secret.purpose}” (number {secret.pk}) cannot be read. {error} "
            "Replace the secret, or ask an operator.",
        ) from None


def seal_again(secret: SharedSecret) -> None:
    """Encrypt a stored value with the first key of the ring; raises like `reveal`."""
    _seal(secret, reveal(secret))


def _check(value: str) -> None:
    if not value or len(value) > LONGEST or "\0" in value:
        text = f"A secret has 1 to {LONGEST} characters."
        raise Invalid("secret_invalid", text, fields={"secret": [text]})


def _seal(secret: SharedSecret, value: str) -> None:
    secret.ciphertext = keys.ring().encrypt(value, _place(secret))
    secret.key_id = key_id_of(secret.ciphertext)
    secret.last_four = value[-4:] if len(value) >= _SHOWN_FROM else ""
    secret.save(update_fields=["ciphertext", "key_id", "last_four"])


def _place(secret: SharedSecret) -> Place:
    return Place("team", secret.team_id, secret.pk, "shared")
